"""Which directory of a tree does a declaration mean, and which one may have been meant where it is not there?"""

from __future__ import annotations

import difflib
import posixpath

from bot.model.tree import Tree

_MOST_LOOKED_AT = 2000


def inside(path: str, below: str = "") -> str:
    """Return a path from the top of the tree, which it never leaves: `..` at the top stays there.

    So does Flux join paths to a source's root (github.com/cyphar/filepath-securejoin).
    """
    joined = posixpath.normpath(posixpath.join("/", below, path.lstrip("/")))
    return joined.strip("/")


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
