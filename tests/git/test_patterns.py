"""Which paths do the patterns of `protect` name? git itself is the judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.adapters.git import matches

CASES: list[tuple[str, str, bool]] = [
    ("secret.yaml", "secret.yaml", True),
    ("secret.yaml", "a/b/secret.yaml", True),
    ("secret.yaml", "a/secret.yaml.bak", False),
    ("/secret.yaml", "secret.yaml", True),
    ("/secret.yaml", "a/secret.yaml", False),
    ("overlays/*/sealed-secret.yaml", "overlays/staging/sealed-secret.yaml", True),
    ("overlays/*/sealed-secret.yaml", "overlays/a/b/sealed-secret.yaml", False),
    ("overlays/*/sealed-secret.yaml", "x/overlays/a/sealed-secret.yaml", False),
    ("overlays/**/x.yaml", "overlays/x.yaml", True),
    ("overlays/**/x.yaml", "overlays/a/b/x.yaml", True),
    ("overlays/**", "overlays/a/b", True),
    ("overlays/**", "overlays", False),
    ("**/keys", "keys/a", True),
    ("**/keys", "a/b/keys", True),
    ("keys/", "keys/a", True),
    ("keys/", "keys", False),
    ("keys/", "deep/keys/a", True),
    ("keys", "keys/deep/a", True),
    ("*.enc", "a/b.enc", True),
    ("*.enc", "a.enc/b", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[ab].yaml", "b.yaml", True),
    ("[!ab].yaml", "b.yaml", False),
    ("[!ab].yaml", "c.yaml", True),
    ("v[0-9]", "v7", True),
    ("a.b", "axb", False),
    (r"\*.yaml", "*.yaml", True),
    (r"\*.yaml", "x.yaml", False),
    ("", "a", False),
    ("/", "a", False),
    ("Secret.yaml", "secret.yaml", False),
]


@pytest.mark.parametrize(("pattern", "path", "named"), CASES)
def test_a_pattern(pattern: str, path: str, named: bool) -> None:
    assert matches([pattern], path) is named


@pytest.mark.parametrize(("pattern", "path", "named"), CASES)
def test_git_agrees(pattern: str, path: str, named: bool, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git" / "info" / "exclude").write_text(f"{pattern}\n")
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=tmp_path, check=False)
    assert (done.returncode == 0) is named


@pytest.mark.parametrize(
    ("patterns", "path", "named"),
    [
        ([], "a", False),
        (["*.yaml", "!public.yaml"], "public.yaml", False),
        (["*.yaml", "!public.yaml"], "secret.yaml", True),
        (["!public.yaml", "*.yaml"], "public.yaml", True),
        (["keys/", "!keys/public"], "keys/public", False),
    ],
)
def test_the_last_pattern_decides(patterns: list[str], path: str, named: bool) -> None:
    assert matches(patterns, path) is named


@pytest.mark.timeout(5)
def test_a_hostile_pattern_is_not_slow() -> None:
    """Patterns come from a repository's configuration."""
    assert matches(["*a" * 30 + "b"], "a" * 200) is False
    assert matches(["**/" * 20 + "b"], "a/" * 100 + "c") is False


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pattern=st.text("ab*?/", min_size=1, max_size=7),
    path=st.text("ab/", min_size=1, max_size=7).filter(lambda one: "//" not in f"/{one}/"),
)
def test_git_agrees_on_any_pattern(pattern: str, path: str, tmp_path: Path) -> None:
    """`***` and `a**b` are left out: gitignore(5) calls other runs of stars invalid or plain stars."""
    assume("//" not in pattern and not any(part != "**" and "**" in part for part in pattern.split("/")))
    test_git_agrees(pattern, path, matches([pattern], path), tmp_path)
