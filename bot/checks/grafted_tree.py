"""Which files does a tree hold with other trees below some directories of their own?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bot.checks.remote import ROOT
from bot.model.tree import Tree


class GraftedTree:
    """A tree with other trees at places of the form `.lockkeeper-remote/<name>`. Implements `bot.model.tree.Tree`."""

    def __init__(self, tree: Tree, grafts: Mapping[str, Tree]) -> None:
        self._tree, self._grafts = tree, dict(grafts)
        grafted = "".join(f"\0{place}\0{one.id}" for place, one in sorted(grafts.items()))
        self._id = hashlib.sha256((tree.id + grafted).encode()).hexdigest()[:40]

    @property
    def id(self) -> str:
        return self._id

    def blob(self, path: str) -> str | None:
        tree, _, inner = self._at(path)
        return tree.blob(inner)

    def read(self, path: str) -> bytes | None:
        tree, _, inner = self._at(path)
        return tree.read(inner)

    def is_directory(self, path: str) -> bool:
        tree, _, inner = self._at(path)
        return path == ROOT or tree.is_directory(inner)

    def names(self, directory: str) -> Sequence[str]:
        if directory == ROOT:
            return sorted(place.rpartition("/")[2] for place in self._grafts)
        tree, _, inner = self._at(directory)
        return tree.names(inner)

    def files(self, directory: str = "") -> Sequence[str]:
        tree, place, inner = self._at(directory)
        return [f"{place}/{one}" for one in tree.files(inner)] if place else tree.files(inner)

    def canonical(self, path: str) -> str | None:
        tree, place, inner = self._at(path)
        found = tree.canonical(inner)
        if not place or found is None:
            return found
        return f"{place}/{found}" if found else place

    def _at(self, path: str) -> tuple[Tree, str, str]:
        """Return the tree a path leads into, where that stands ('' for the one grafted into), and the path in it."""
        root, _, below = path.partition("/")
        if root == ROOT and below:
            name, _, inner = below.partition("/")
            place = f"{ROOT}/{name}"
            if place in self._grafts:
                return self._grafts[place], place, inner
        return self._tree, "", path
