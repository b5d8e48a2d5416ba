"""Which directories does a tree hold, which one does a declaration mean, and which may have been meant instead?"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.errors import UserError
from bot.model.tree import Tree

MOST_AGAIN = 3_000  # directories that were seen before, at another path
_MOST_LOOKED_AT = 2000

Below = Callable[[str, Sequence[str]], Iterable[str]]  # a directory and the names in it → paths to go on with


def inside(path: str, below: str = "") -> str:
    """Return a path from the top of the tree, which it never leaves: `..` at the top stays there.

    So does Flux join paths to a source's root (github.com/cyphar/filepath-securejoin).
    """
    joined = posixpath.normpath(posixpath.join("/", below, path.lstrip("/")))
    return joined.strip("/")


def walked(tree: Tree, top: str, below: Below) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield a directory and those in it that `below` wants to see, each with the names it holds.

    Links are followed; a directory that one of them puts into itself is left out. UserError where they show more than
    MOST_AGAIN directories once more: a few that lead to each other make more paths than anybody has time for.
    """
    pending: list[tuple[str, tuple[str | None, ...]]] = [(top, (tree.canonical(top),))]
    seen: set[str | None] = set()
    again = 0
    while pending:
        here, trail = pending.pop()
        again += trail[-1] in seen
        if again > MOST_AGAIN:
            raise UserError(f"{top or 'the tree'} shows more than {MOST_AGAIN} directories once more, through links")
        seen.add(trail[-1])
        names = tree.names(here)
        yield here, names
        inner = [place for place in below(here, names) if tree.is_directory(place)]
        places = [(place, tree.canonical(place)) for place in reversed(inner)]
        pending += [(place, (*trail, really)) for place, really in places if really not in trail]


def did_you_mean(tree: Tree, path: str) -> str:
    """Return words that name the directories most like one that is not there, '' when none is like it."""
    here, missing = path, []
    while here and not tree.is_directory(here):
        here, name = posixpath.split(here)
        missing.append(name)
    if not missing:
        return ""
    names = [one for one in tree.names(here)[:_MOST_LOOKED_AT] if tree.is_directory(posixpath.join(here, one))]
    like = difflib.get_close_matches(missing[-1], names, 2, 0.6)
    if not like:
        return f"{here or 'the repository'} holds {_some(names)}" if names else ""
    return "did you mean " + " or ".join(posixpath.join(here, one) for one in like) + "?"


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
