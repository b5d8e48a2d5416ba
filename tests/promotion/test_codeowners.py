"""Whom does GitHub's CODEOWNERS name? Tables of what docs.github.com ("About code owners") and gitignore(5) say."""

from __future__ import annotations

import time

import pytest

from bot.model.environment import People
from bot.promotion.codeowners import LARGEST, CodeOwners, people_of, read_codeowners


def fits(pattern: str, path: str) -> bool:
    found = read_codeowners(f"{pattern} @ann\n".encode())
    assert found.skipped == ()
    return found.owners(path) == ("@ann",)


@pytest.mark.parametrize(
    ("pattern", "paths", "others"),
    [
        ("*", ["a", "a/b/c", ".github/x"], []),
        ("*.js", ["a.js", "b/c.js", "lib.js/readme"], ["a.jsx", "js", "a.JS"]),
        ("/build/logs/", ["build/logs/a", "build/logs/b/c"], ["build/logs", "x/build/logs/a", "build/log/a"]),
        ("docs/*", ["docs/getting-started.md"], ["docs/build-app/troubleshooting.md", "x/docs/a.md", "docs"]),
        ("/docs/*.md", ["docs/a.md"], ["docs/a/b.md", "docs/a.txt"]),
        ("apps/", ["apps/a", "x/apps/b/c", "x/y/apps/d"], ["apps", "myapps/a", "apps.yaml"]),
        ("/docs/", ["docs/a", "docs/a/b"], ["x/docs/a"]),
        ("/apps/github", ["apps/github", "apps/github/x", "apps/github/x/y"], ["apps/githubs", "x/apps/github"]),
        ("apps/github", ["apps/github/x"], ["x/apps/github/x"]),
        ("**/logs", ["logs", "build/logs", "build/logs/a", "deeply/nested/logs/b/c"], ["catalogs/a", "logs.txt"]),
        ("logs/**", ["logs/a", "logs/a/b"], ["logs", "x/logs/a"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b/c"], ["a/xb", "b", "x/a/b"]),
        ("overlays/*/kustomization.yaml", ["overlays/staging/kustomization.yaml"],
         ["overlays/kustomization.yaml", "overlays/eu/staging/kustomization.yaml"]),
        ("overlays/prod-?/", ["overlays/prod-1/a"], ["overlays/prod-12/a", "overlays/prod-/a"]),
        ("/README.md", ["README.md"], ["docs/README.md"]),
        ("README.md", ["README.md", "docs/README.md"], ["readme.md", "xREADME.md"]),
        ("with\\ space/a", ["with space/a"], ["with", "with\\ space/a"]),
        ("a.b+c", ["a.b+c", "x/a.b+c/d"], ["axb+c", "a.bbc"]),
        ("*/deploy", ["x/deploy", "x/deploy/y"], ["deploy", "x/y/deploy"]),
        ("foo/*/", ["foo/bar/a"], ["foo/a", "foo/bar"]),
        ("/*", ["a"], ["a/b"]),
        ("ü*", ["über/x"], ["uber/x"]),
    ],
)  # fmt: skip
def test_patterns(pattern: str, paths: list[str], others: list[str]) -> None:
    assert {path: fits(pattern, path) for path in paths} == dict.fromkeys(paths, True)
    assert {path: fits(pattern, path) for path in others} == dict.fromkeys(others, False)


FILE = b"""\
# everything else
*       @global-owner1 @global-owner2
*.js    @js-owner #inline
*.go\tdocs@example.com
*.txt @acme/octocats
/build/logs/ @doctocat

/apps/ @octocat
/apps/github
/apps/github/keep   @lena   # kept
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("@global-owner1", "@global-owner2")),
        ("src/a.js", ("@js-owner",)),
        ("a.go", ("docs@example.com",)),
        ("notes/a.txt", ("@acme/octocats",)),
        ("build/logs/a.js", ("@doctocat",)),
        ("apps/web/a.js", ("@octocat",)),
        ("apps/github/a.js", ()),
        ("apps/github/keep/a.js", ("@lena",)),
    ],
)
def test_the_last_line_that_fits_counts(path: str, owners: tuple[str, ...]) -> None:
    assert read_codeowners(FILE).owners(path) == owners


def test_what_no_line_fits_has_no_owner() -> None:
    assert read_codeowners(b"/a/ @ann\n").owners("b/c") is None
    assert read_codeowners(b"").owners("b") is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("!a @ann", "`!` does not work here"),
        ("\\#a @ann", "`\\#` does not work here"),
        ("[Backend] @ann", "`[ ]` does not work here, neither for ranges nor for sections"),
        ("[Backend][2]", "`[ ]` does not work here, neither for ranges nor for sections"),
        ("a[bc] @ann", "`[ ]` does not work here, neither for ranges nor for sections"),
        ("^[Backend]", "`[ ]` does not work here, neither for ranges nor for sections"),
        ("*** @ann", "three stars in a row mean nothing"),
        ("/ @ann", "`/` fits nothing; `*` fits everything"),
        ("*.js ann", "`ann` is no owner"),
        ("*.js @ann @", "`@` is no owner"),
        ("*.js @acme/qa/x", "`@acme/qa/x` is no owner"),
        ("*.js ann@localhost", "`ann@localhost` is no owner"),
    ],
)
def test_a_line_that_cannot_be_read_is_passed_over_and_said(line: str, why: str) -> None:
    found = read_codeowners(f"* @ben\n{line}\n".encode())
    assert found.skipped == ((2, why),)
    assert found.owners("a.js") == ("@ben",)


def test_windows_line_ends_a_byte_order_mark_and_spaces() -> None:
    assert read_codeowners(b"\xef\xbb\xbf  *.js   @ann\r\n\r\n# @ben\r\n").owners("a.js") == ("@ann",)


@pytest.mark.parametrize("data", [b"* @ann\n" + b"#" * LARGEST, b"* @ann \xff\n"])
def test_what_is_too_large_or_no_text_names_nobody(data: bytes) -> None:
    found = read_codeowners(data)
    assert found.owners("a") is None
    assert found.skipped[0][0] == 0


def test_just_under_the_limit_is_read() -> None:
    assert read_codeowners(b"* @ann\n" + b"#" * (LARGEST - 8)).owners("a") == ("@ann",)


def test_owners_of_many_paths_come_once_each_in_the_order_of_the_paths() -> None:
    found = read_codeowners(b"* @ann\n/b/ @ben @ann\n/c/\n")
    assert found.owners_of(["b/x", "a", "c/x", "b/y"]) == ("@ben", "@ann")


def test_users_teams_and_those_who_cannot_be_asked() -> None:
    owners = ["@ann", "@acme/qa", "@ACME/leads", "@umbrella/ops", "ann@example.com", "@ann"]
    assert people_of(owners, "acme") == (People(("ann",), ("qa", "leads")), ("@umbrella/ops", "ann@example.com"))


def test_a_hostile_file_takes_no_time() -> None:
    """Patterns that would make a backtracking engine try for ever, and more lines than anybody reads."""
    lines = [*("*a" * 40 + f"{n} @ann" for n in range(500)), *(f"/team{n}/ @ben" for n in range(60_000))]
    found = read_codeowners("\n".join(lines).encode())
    started = time.process_time()
    assert found.owners("a" * 200) is None
    assert found.owners_of([f"team{n}/x" for n in range(3_000)]) == ("@ben",)
    assert CodeOwners(found.lines).owners_of("b" * 5_000 for _ in range(5_000)) == ()
    assert time.process_time() - started < 15
