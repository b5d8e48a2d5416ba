"""A chart's archive is unpacked in memory, if it is an honest one."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable

import pytest

from bot.adapters.remote.archive import ArchiveError, ArchiveTree, unpacked
from tests.remote.archives import archive


def test_an_archive_without_its_top_directory() -> None:
    assert unpacked(archive(("web/Chart.yaml", b"a"), ("./web/templates/a.yaml", b"b"), link="/etc/passwd")) == {
        "Chart.yaml": b"a",
        "templates/a.yaml": b"b",
    }


HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("out of it", lambda: archive(("web/../../etc/passwd", b"x")), "names"),
    ("out of its top", lambda: archive(("../etc/passwd", b"x")), "names"),
    ("from the root", lambda: archive(("/etc/passwd", b"x")), "names"),
    ("no top directory", lambda: archive(("Chart.yaml", b"x")), "names"),
    ("into git", lambda: archive(("web/.git/config", b"x")), "names"),
    ("below a file", lambda: archive(("web/a", b"x"), ("web/a/b", b"x")), "below a file"),
    ("above a file", lambda: archive(("web/a/b", b"x"), ("web/a", b"x")), "below a file"),
    ("many files", lambda: archive(*((f"web/{number}", b"") for number in range(10_001))), "too much"),
    ("a bomb", lambda: archive(("web/bomb", bytes(140 * 1024 * 1024))), "too much"),
    ("many bombs", lambda: archive(*((f"web/{number}", bytes(1024 * 1024)) for number in range(70))), "too much"),
    ("a bomb that is no archive", lambda: gzip.compress(bytes(200 * 1024 * 1024)), "too much"),
    ("text", lambda: b"not an archive", "not a chart's archive"),
    ("nothing", lambda: b"", "not a chart's archive"),
    ("cut off", lambda: archive(("web/a", b"x" * 1000))[:60], "not a chart's archive"),
    ("other gzip", lambda: gzip.compress(b"x" * 1000), "not a chart's archive"),
]


@pytest.mark.parametrize(("about", "data", "words"), HOSTILE, ids=[one[0] for one in HOSTILE])
def test_archives_that_no_honest_person_makes(about: str, data: Callable[[], bytes], words: str) -> None:
    packed = data()
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match=words):
            unpacked(packed)
        assert tracemalloc.get_traced_memory()[1] < 200 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_the_tree_of_an_archive() -> None:
    tree = ArchiveTree("sha256:x", {"Chart.yaml": b"a", "templates/x/y.yaml": b"b"})
    assert tree.read("templates/x/y.yaml") == b"b" and tree.read("templates/x") is None and tree.read("..") is None
    assert [tree.is_directory(one) for one in ("", "templates", "templates/x", "Chart.yaml", "none")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert tree.names("") == ["Chart.yaml", "templates"] and tree.names("templates") == ["x"]
    assert tree.files("templates") == ["templates/x/y.yaml"] and len(tree.files()) == 2
    assert [tree.canonical(one) for one in ("", "a/../b", "../a", "a")] == ["", "b", None, "a"]
    assert tree.blob("Chart.yaml") != tree.blob("templates/x/y.yaml") and tree.blob("x") is None
