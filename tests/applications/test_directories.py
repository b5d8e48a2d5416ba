"""A walk through a tree ends, whatever its links say; and it sees each directory that is asked for."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

import pytest

from bot.adapters.git import GitMirrors
from bot.checks.applications.directories import MOST_AGAIN, walked
from bot.errors import UserError
from bot.model.tree import Tree
from tests.git.conftest import REPOSITORY, Files, Origin, mirrors, origin

__all__ = ["mirrors", "origin"]  # fixtures
LINK = "120000"
Grow = Callable[[Files], Tree]


@pytest.fixture
def grow(mirrors: GitMirrors, origin: Origin) -> Iterator[Grow]:
    """Yield what makes a tree of files and links, in git."""

    def grow(files: Files) -> Tree:
        made = origin.commit(files, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        return mirrors.open(REPOSITORY, made)

    yield grow
    mirrors.close()


def all_below(here: str, names: Sequence[str]) -> Iterator[str]:
    yield from (posixpath.join(here, name) for name in names)


CASES: dict[str, tuple[Files, str, list[str]]] = {
    "directories in order": ({"b/x": "", "a/c/x": "", "a/x": ""}, "", ["", "a", "a/c", "b"]),
    "below one of them": ({"b/x": "", "a/c/x": ""}, "a", ["a", "a/c"]),
    "a link to another one": ({"a/x": "", "b": (LINK, "a")}, "", ["", "a", "b"]),
    "a link to itself": ({"a/x": "", "a/b": (LINK, ".")}, "", ["", "a"]),
    "a link to all above": ({"a/b/x": "", "a/b/c": (LINK, "../..")}, "", ["", "a", "a/b"]),
    "seen from within, the top is another one": (
        {"a/b/x": "", "a/b/c": (LINK, "../.."), "x/y": ""},
        "a/b",
        ["a/b", "a/b/c", "a/b/c/a", "a/b/c/x"],
    ),
    "two that lead to each other": (
        {"a/x": "", "b/x": "", "a/l": (LINK, "../b"), "b/l": (LINK, "../a")},
        "",
        ["", "a", "a/l", "b", "b/l"],
    ),
    "a link out of the tree": ({"a/x": "", "a/b": (LINK, "../../elsewhere")}, "", ["", "a"]),
    "no directory": ({"a/x": ""}, "a/x", ["a/x"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_walked(grow: Grow, name: str) -> None:
    files, top, expected = CASES[name]
    assert [here for here, _ in walked(grow(files), top, all_below)] == expected


def test_only_what_is_asked_for(grow: Grow) -> None:
    tree = grow({"a/x": "", "b/x": "", "b/c/x": ""})
    seen = dict(walked(tree, "", lambda here, names: [one for one in all_below(here, names) if one != "b/c"]))
    assert {here: list(names) for here, names in seen.items()} == {"": ["a", "b"], "a": ["x"], "b": ["c", "x"]}


def test_links_that_make_more_paths_than_anybody_has_time_for(grow: Grow) -> None:
    """Nine directories with links to each other have a million paths: the walk says so, and ends."""
    files = {f"d{n}/l{m}": (LINK, f"../d{m}") for n in range(9) for m in range(9) if n != m}
    tree = grow({**{f"d{n}/x": "" for n in range(9)}, **files})
    count = 0
    with pytest.raises(UserError, match=f"the tree shows more than {MOST_AGAIN} directories"):
        for _ in walked(tree, "", all_below):
            count += 1
    assert count <= MOST_AGAIN + 10  # the top, the nine, and each of them again
