"""Checkouts hold regular files below their own directory, and nothing else, whatever the tree says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors, Limits
from bot.errors import UserError
from tests.git.conftest import REPOSITORY, Files, Origin


def tree_of(directory: Path) -> dict[str, str]:
    written = [path for path in sorted(directory.rglob("*")) if not path.is_dir()]
    return {str(path.relative_to(directory)): path.read_text() for path in written}


def fetched(mirrors: GitMirrors, origin: Origin, commit: str) -> str:
    origin.git("update-ref", "refs/heads/main", commit)
    mirrors.fetch(REPOSITORY)
    return commit


def test_files_links_and_submodules(mirrors: GitMirrors, origin: Origin, tmp_path: Path) -> None:
    files: Files = {
        "a.yaml": "one", "bin/run": ("100755", "#!/bin/sh"), "link": ("120000", "/etc/passwd"),
        "up": ("120000", "../../../.."), "sub": ("160000", "a" * 40), "d/e/f": "deep",
        "-x": "dash", "empty": "",
    }  # fmt: skip
    fetched(mirrors, origin, origin.commit(files))
    found = mirrors.checkout(REPOSITORY, "main")
    assert found == tmp_path / "data" / "checkouts" / mirrors.tree(REPOSITORY, "main")
    assert tree_of(found) == {
        "a.yaml": "one", "bin/run": "#!/bin/sh", "link": "/etc/passwd", "up": "../../../..", "d/e/f": "deep",
        "-x": "dash", "empty": "",
    }  # fmt: skip
    assert not [
        path for path in found.rglob("*") if path.is_symlink() or (path.is_file() and path.stat().st_mode & 0o111)
    ]


def test_filters_and_attributes_do_nothing(mirrors: GitMirrors, origin: Origin) -> None:
    files: Files = {".gitattributes": "* filter=lfs eol=crlf ident\n", "a": "$Id$\nx\n"}
    fetched(mirrors, origin, origin.commit(files))
    assert tree_of(mirrors.checkout(REPOSITORY, "main"))["a"] == "$Id$\nx\n"


def test_a_second_time_costs_nothing(mirrors: GitMirrors, origin: Origin) -> None:
    one = fetched(mirrors, origin, origin.commit({"a": "1"}))
    first = mirrors.checkout(REPOSITORY, one)
    (first / "mark").touch()
    other = fetched(mirrors, origin, origin.commit({"a": "1"}, one, message="same tree"))
    assert mirrors.checkout(REPOSITORY, other) == first and (first / "mark").exists()
    assert [path.name for path in first.parent.iterdir()] == [first.name], "nothing temporary is left"


@pytest.mark.parametrize(
    "path",
    [b".git", b".GIT", b".git ", b".git.", b"git~1", b"..", b"."],
)
def test_names_no_honest_tree_has(path: bytes, mirrors: GitMirrors, origin: Origin, tmp_path: Path) -> None:
    blob = origin.blob("evil")
    inner = origin.raw_tree(("100644", b"evil", blob))
    commits = [origin.commit(origin.raw_tree(("40000", path, inner)))]
    commits.append(origin.commit(origin.raw_tree(("40000", b"deep", origin.raw_tree(("40000", path, inner))))))
    commits.append(origin.commit(origin.raw_tree(("100644", path, blob))))
    for commit in commits:
        fetched(mirrors, origin, commit)
        with pytest.raises(UserError, match=r"leads outside its directory or into \.git"):
            mirrors.checkout(REPOSITORY, commit)
    assert not [*tmp_path.rglob("evil")]


@pytest.mark.parametrize("name", [b"/evil", b"../evil", b"a/../../evil", b"/etc/evil"])
def test_names_with_slashes_in_one_entry(name: bytes, mirrors: GitMirrors, origin: Origin, tmp_path: Path) -> None:
    fetched(mirrors, origin, origin.commit(origin.raw_tree(("100644", name, origin.blob("evil")))))
    with pytest.raises(UserError, match="leads outside"):
        mirrors.checkout(REPOSITORY, "main")
    assert not [*tmp_path.rglob("evil")]


def test_a_name_given_twice(mirrors: GitMirrors, origin: Origin, tmp_path: Path) -> None:
    """A link and a directory of one name is how CVE-2024-32002 wrote elsewhere."""
    blob = origin.blob("/tmp")
    inner = origin.raw_tree(("100644", b"evil", blob))
    twice = [("120000", b"a", blob), ("40000", b"a", inner)]
    for entries in (twice, twice[::-1], [("100644", b"a", blob), ("100644", b"a", blob)]):
        commit = fetched(mirrors, origin, origin.commit(origin.raw_tree(*entries)))
        with pytest.raises(UserError, match="names a twice"):
            mirrors.checkout(REPOSITORY, commit)
    assert [*(tmp_path / "data" / "checkouts").iterdir()] == []


def test_a_name_too_long(mirrors: GitMirrors, origin: Origin) -> None:
    fetched(mirrors, origin, origin.commit(origin.raw_tree(("100644", b"x" * 300, origin.blob("")))))
    with pytest.raises(UserError, match="too long to be written"):
        mirrors.checkout(REPOSITORY, "main")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(files=2), "3 files of 12 bytes"),
        (Limits(bytes=11), "up to 50000 files and 11 bytes"),
        (Limits(file_bytes=5), "b has 6 bytes"),
    ],
)
def test_limits(limits: Limits, words: str, origin: Origin, tmp_path: Path) -> None:
    mirrors = GitMirrors(tmp_path / "data", lambda _: origin.path.as_uri(), lambda _: "", limits=limits)
    fetched(mirrors, origin, origin.commit({"a": "12345", "b": "123456", "c": "1"}))
    with pytest.raises(UserError, match=words):
        mirrors.checkout(REPOSITORY, "main")


def test_more_than_one_batch(mirrors: GitMirrors, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.git.checkout._BATCH", 10)
    files = {f"f{number}": "x" * number for number in range(12)}
    fetched(mirrors, origin, origin.commit(files))
    assert tree_of(mirrors.checkout(REPOSITORY, "main")) == files


def test_prune(mirrors: GitMirrors, origin: Origin, tmp_path: Path) -> None:
    old = mirrors_checkout(mirrors, origin, "old")
    kept = mirrors_checkout(mirrors, origin, "kept")
    left = tmp_path / "data" / "checkouts" / ".new-crashed"
    left.mkdir()
    hour_ago = time.time() - 3600
    for one in (old, kept, left):
        os.utime(one, (hour_ago, hour_ago))
    mirrors.checkout(REPOSITORY, "kept")  # asking for it keeps it
    assert mirrors.prune(max_age=1800) == 2
    assert kept.exists() and not old.exists() and not left.exists()
    mirrors.fetch(REPOSITORY)
    assert tree_of(mirrors.checkout(REPOSITORY, "old")) == {"a": "old"}


def mirrors_checkout(mirrors: GitMirrors, origin: Origin, name: str) -> Path:
    origin.commit({"a": name}, ref=f"refs/heads/{name}")
    mirrors.fetch(REPOSITORY)
    return mirrors.checkout(REPOSITORY, name)
