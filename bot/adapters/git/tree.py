"""Which files does a revision hold, seen through its symbolic links, without writing any of them?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.adapters.git.names import is_safe_path
from bot.adapters.git.objects import Item, LargeObjectError, Objects
from bot.errors import UserError
from bot.model.tree import Tree

MOST_LINKS = 40  # on the way to one file, as in Linux
LONGEST = 4096  # characters of a path, and of where a link points: no file system takes longer ones


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a path leads: `at` is where it really is (None: out of the tree, or nowhere), `id` the object there."""

    at: str | None
    kind: Literal["file", "directory", "nothing"] = "nothing"
    id: str = ""


_NOWHERE = _Spot(None)
_Below = tuple[str, _Spot, tuple[str | None, ...]]  # a directory: its path, its spot, where its parents really are


class GitTree:
    """`bot.model.tree.Tree` over the objects of a repository.

    `called` names the repository in messages. UserError for a file that is longer than the limits of `objects`, and
    for more files than they allow.
    """

    def __init__(self, objects: Objects, id: str, called: str = "") -> None:
        self._objects, self._id, self._called = objects, id, called
        self._spots: dict[str, _Spot] = {"": _Spot("", "directory", id)}

    @property
    def id(self) -> str:
        return self._id

    def blob(self, path: str) -> str | None:
        """Return the object id of a file's content, None when the path leads to no file."""
        spot = self._spot(path)
        return spot.id if spot.kind == "file" else None

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, None when the path leads to no file."""
        spot = self._spot(path)
        if spot.kind != "file":
            return None
        try:
            return self._objects.blob(spot.id)
        except LargeObjectError as error:
            raise UserError(
                f"{path} has {error.size} bytes; Lockkeeper reads files up to {self._objects.limits.file_bytes}",
                where=self._called,
            ) from error

    def is_directory(self, path: str) -> bool:
        """Say whether the path leads to a directory."""
        return self._spot(path).kind == "directory"

    def canonical(self, path: str) -> str | None:
        """Return where a path really is, or would be; None when it leads out of the tree, or round in circles."""
        return self._spot(path).at

    def names(self, directory: str) -> Sequence[str]:
        """Return the names of files and directories in a directory, sorted; () when it is none."""
        spot = self._spot(directory)
        if spot.kind != "directory":
            return ()
        items = self._objects.directory(spot.id).items
        return sorted(name for name, item in items.items() if self._is_there(_joined(directory, name), item))

    def files(self, directory: str = "") -> Sequence[str]:
        """Return the paths of all files at and below a directory, or just the path of a file, sorted.

        What links lead to is there under the link's path too; only a directory that is on its own way down is left
        out. UserError when there are more than the limits allow.
        """
        spot = self._spot(directory)
        if spot.kind == "file":
            return (directory,)
        found: list[str] = []
        level: list[_Below] = [(directory, spot, (spot.at,))] if spot.kind == "directory" else []
        seen = 0
        while level:
            self._objects.preload(below.id for _, below, _ in level)
            under: list[_Below] = []
            for path, here, trail in level:
                for inner, spot in self._inside(path, here):
                    if spot.kind == "file":
                        found.append(inner)
                    elif spot.kind == "directory" and spot.at not in trail:
                        under.append((inner, spot, (*trail, spot.at)))
                if seen + len(found) + len(under) > self._objects.limits.files:
                    raise self._too_many(directory)
            seen += len(under)
            level = under
        return sorted(found)

    def _inside(self, path: str, here: _Spot) -> Iterable[tuple[str, _Spot]]:
        for name, item in self._objects.directory(here.id).items.items():
            inner = _joined(path, name)
            if item.is_link:
                yield inner, self._spot(inner)
            elif len(inner) <= LONGEST:
                yield inner, _plain(_joined(here.at or "", name), item)

    def _is_there(self, path: str, item: Item) -> bool:
        if item.is_link:
            return self._spot(path).kind != "nothing"
        return item.is_file or item.is_directory

    def _spot(self, path: str) -> _Spot:
        """Return where a path leads, from memory if it was asked before."""
        found = self._spots.get(path)
        if found is None:
            found = self._spots[path] = self._found(path)
        return found

    def _found(self, path: str) -> _Spot:
        if not is_safe_path(path) or len(path) > LONGEST:
            return _NOWHERE
        parent, _, name = path.rpartition("/")
        above = self._spots.get(parent)
        if above is not None and above.at is not None and above.kind == "directory":
            item = self._objects.directory(above.id).items.get(name)
            if item is None or not item.is_link:
                return _plain(_joined(above.at, name), item)
        return self._walked(path)

    def _walked(self, path: str) -> _Spot:
        """Go down a path from the top, and where each link on the way points."""
        parts, links = deque(path.split("/")), 0
        names: list[str] = []
        ids = [self._id]
        while parts:
            part = parts.popleft()
            if part == "..":
                if not names:
                    return _NOWHERE
                names.pop()
                ids.pop()
            elif part not in ("", "."):
                item = self._objects.directory(ids[-1]).items.get(part)
                if item is not None and item.is_directory:
                    names.append(part)
                    ids.append(item.id)
                elif item is not None and item.is_link:
                    links += 1
                    target = self._target(item.id)
                    if target is None or links > MOST_LINKS:
                        return _NOWHERE
                    parts.extendleft(reversed(target))
                else:
                    return _end("/".join((*names, part)), item, parts)
        return _Spot("/".join(names), "directory", ids[-1])

    def _target(self, id: str) -> Sequence[str] | None:
        """Return where a link points, part by part; None for a place that is not in any tree."""
        try:
            target = self._objects.blob(id)
        except LargeObjectError:
            return None
        if not target or len(target) > LONGEST or target.startswith(b"/") or b"\0" in target:
            return None
        return target.decode(errors="surrogateescape").split("/")

    def _too_many(self, directory: str) -> UserError:
        return UserError(
            f"{directory or 'the tree'} holds more than {self._objects.limits.files} files and directories, "
            "and Lockkeeper reads no more",
            where=self._called,
            how="keep large and generated files in another repository",
        )


def as_model(tree: GitTree) -> Tree:
    """Return the tree as the core knows it; mypy checks here that it keeps that contract."""
    return tree


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _plain(at: str, item: Item | None) -> _Spot:
    """Return the spot of an entry that is no link."""
    if item is not None and item.is_file:
        return _Spot(at, "file", item.id)
    if item is not None and item.is_directory:
        return _Spot(at, "directory", item.id)
    return _Spot(at)


def _end(at: str, item: Item | None, rest: deque[str]) -> _Spot:
    """Return the spot of what is no directory, with what would have to come after it."""
    if not rest:
        return _plain(at, item)
    beyond = "/".join((at, *rest))
    return _Spot(beyond) if is_safe_path(beyond) else _NOWHERE
