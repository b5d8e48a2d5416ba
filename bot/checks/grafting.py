"""What does a kustomization build on once its remote bases have been fetched?

Each is grafted into the tree below a directory of its own, and the kustomization names that directory in the place of
the address, on the same line.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.checks.closure import KUSTOMIZATION_FILES
from bot.checks.inputs import read_closure
from bot.checks.references import parsed, references
from bot.checks.remote import RemoteBase, remote_base
from bot.checks.scalars import DocumentError
from bot.model.source import Source
from bot.model.tree import Tree

ROOT = ".lockkeeper-remote"
DEEPEST = 5  # remote bases that build on remote bases

Fetch = Callable[[RemoteBase], Tree | None]  # None for what may not be, or cannot be, had


class GraftedTree:
    """A tree with other trees below directories of their own. Implements `bot.model.tree.Tree`."""

    def __init__(self, tree: Tree, grafts: Mapping[str, Tree]) -> None:
        self._tree, self._grafts = tree, dict(grafts)

    @property
    def id(self) -> str:
        grafts = "".join(f"\0{place}\0{one.id}" for place, one in sorted(self._grafts.items()))
        return hashlib.sha256((self._tree.id + grafts).encode()).hexdigest()[:40]

    def blob(self, path: str) -> str | None:
        tree, inner = self._at(path)
        return tree.blob(inner)

    def read(self, path: str) -> bytes | None:
        tree, inner = self._at(path)
        return tree.read(inner)

    def is_directory(self, path: str) -> bool:
        tree, inner = self._at(path)
        return path == ROOT or tree.is_directory(inner)

    def names(self, directory: str) -> Sequence[str]:
        if directory == ROOT:
            return sorted(place[len(ROOT) + 1 :] for place in self._grafts)
        tree, inner = self._at(directory)
        return tree.names(inner)

    def files(self, directory: str = "") -> Sequence[str]:
        tree, inner = self._at(directory)
        if tree is self._tree:
            return tree.files(directory)
        place = directory[: len(directory) - len(inner)].rstrip("/") if inner else directory
        return [f"{place}/{one}" for one in tree.files(inner)]

    def canonical(self, path: str) -> str | None:
        tree, inner = self._at(path)
        found = tree.canonical(inner)
        if tree is self._tree or found is None:
            return found
        place = path[: len(path) - len(inner)].rstrip("/") if inner else path
        return f"{place}/{found}" if found else place

    def _at(self, path: str) -> tuple[Tree, str]:
        if path.startswith(f"{ROOT}/"):
            place = "/".join(path.split("/")[:2])
            if place in self._grafts:
                return self._grafts[place], path[len(place) + 1 :]
        return self._tree, path


@dataclass(frozen=True, slots=True)
class Grafted:
    """A source whose remote bases are in its tree. `origin` says which address each graft came from."""

    tree: Tree
    source: Source
    origin: Mapping[str, str]


def grafted(source: Source, tree: Tree, fetch: Fetch) -> Grafted | None:
    """Return a kustomization with every remote base that can be had grafted; None when there is none."""
    grafts: dict[str, Tree] = {}
    origin: dict[str, str] = {}
    overrides = dict(source.overrides)
    whole: Tree = tree
    for _ in range(DEEPEST):
        found = _addresses(source.path, whole, overrides)
        news = False
        for path, target in found:
            base = remote_base(target)
            other = fetch(base) if isinstance(base, RemoteBase) else None
            if other is None or not isinstance(base, RemoteBase):
                continue
            place = f"{ROOT}/{hashlib.sha256(f'{base.url}@{base.commit}'.encode()).hexdigest()[:12]}"
            grafts[place], origin[place] = other, f"{base.url} at {base.commit[:12]}"
            text = overrides.get(path) or (whole.read(path) or b"").decode("utf-8", "surrogateescape")
            there = posixpath.join(place, base.path) if base.path else place
            overrides[path] = text.replace(target, posixpath.relpath(f"/{there}", f"/{posixpath.dirname(path)}"))
            news = True
        whole = GraftedTree(tree, grafts)
        if not news:
            break
    if not grafts:
        return None
    return Grafted(whole, replace(source, overrides=tuple(overrides.items())), origin)


def _addresses(root: str, tree: Tree, overrides: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the remote bases that are named anywhere in a closure, with the file that names each."""
    found = []
    for path in read_closure(root, tree, overrides).files:
        if posixpath.basename(path) not in KUSTOMIZATION_FILES:
            continue
        text = overrides[path].encode("utf-8", "surrogateescape") if path in overrides else tree.read(path) or b""
        try:
            documents = parsed(text)
        except DocumentError:
            continue
        found += [(path, one.target) for each in documents for one in references(each) if one.remote]
    return found
