"""Are files left out as Flux leaves them out?"""

from __future__ import annotations

import time

import pytest

from bot.checks.applications.sourceignore import ignored
from tests.applications.trees import MemoryTree

TABLE = [
    ("*.md", ["README.md", "a/b/x.md"], ["a.mdx", "md/x"]),
    ("/docs", ["docs/a", "docs/b/c"], ["a/docs/b"]),
    ("docs/", ["docs/a", "a/docs/b"], ["docs", "a/docs"]),
    ("a/b", ["a/b", "a/b/c"], ["x/a/b"]),
    ("a/*/c", ["a/b/c", "a/x/c/d"], ["a/c", "a/b/b/c"]),
    ("a/**/c", ["a/c", "a/b/b/c"], ["x/a/c"]),
    ("**/c", ["c", "a/b/c", "a/c/d"], ["a/cc"]),
    ("a/**", ["a/b", "a/b/c"], ["b/a"]),
    ("[^a]?.yaml", ["bx.yaml"], ["ax.yaml", "b.yaml"]),
    ("*.yaml\n!keep.yaml", ["a.yaml"], ["keep.yaml", "a/keep.yaml"]),
    ("a/\n!a/keep.yaml", ["a/b.yaml"], ["a/keep.yaml"]),
    ("# a comment\n\n   \n", [], ["# a comment", "x"]),
    ("", [".git/config", "a/x.png", ".github/w.yaml", "a/.sops.yaml", "cloudbuild.yaml"], ["a/sops.yaml", "x.yaml"]),
    ("!cloudbuild.yaml", [], ["cloudbuild.yaml"]),
]


@pytest.mark.parametrize(("patterns", "out", "kept"), TABLE)
def test_patterns(patterns: str, out: list[str], kept: list[str]) -> None:
    found = ignored(MemoryTree({".sourceignore": patterns}), "")
    assert [one for one in [*out, *kept] if one in found] == out


def test_files_above_and_below_count_for_their_directories() -> None:
    files = {
        ".sourceignore": "/a/top.yaml",
        "a/.sourceignore": "b/mid.yaml",
        "a/b/.sourceignore": "low.yaml",
        "x/.sourceignore": "*",
    }
    found = ignored(MemoryTree(files), "a")
    paths = ["a/top.yaml", "a/b/mid.yaml", "a/b/low.yaml", "a/b/c/low.yaml", "a/low.yaml", "a/x.yaml"]
    assert [one for one in paths if one in found] == paths[:4]


def test_hostile_patterns_take_no_long_time() -> None:
    patterns = "\n".join(["**/" * 100 + "*a" * 50 + "b"] * 2000)
    found = ignored(MemoryTree({".sourceignore": patterns}), "")
    start = time.monotonic()
    assert "/".join(["a" * 50] * 40) not in found
    assert time.monotonic() - start < 5
