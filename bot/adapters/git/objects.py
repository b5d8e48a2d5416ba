"""What do the trees and files of a repository hold, by object id, when most of it was read before?

An id never changes what it names, so directories and short files are kept, and an unchanged directory costs nothing
in the next revision.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from bot.adapters.git.channel import Answer, Channel, PerProcess
from bot.adapters.git.command import GitError, GitProgram
from bot.adapters.git.limits import LIMITS, Limits
from bot.adapters.git.names import is_safe_path
from bot.errors import UserError

T = TypeVar("T")
SMALL = 64 * 1024  # bytes of a file worth keeping
_BLOBS = 32 * 1024 * 1024  # bytes
_NAMES = 200_000
_LONGEST_DIRECTORY = 16 * 1024 * 1024  # bytes of a tree object, some 400,000 names
_OVERHEAD = 200  # bytes that a kept file costs beside its content
_TREE, _FILE, _PROGRAM, _LINK, _SUBMODULE = 0o040000, 0o100644, 0o100755, 0o120000, 0o160000


class Item(NamedTuple):
    """What stands under one name in a directory: git's mode, brought to one of the five it knows, and object id."""

    mode: int
    id: str

    @property
    def is_directory(self) -> bool:
        return self.mode == _TREE

    @property
    def is_file(self) -> bool:
        return self.mode in (_FILE, _PROGRAM)

    @property
    def is_link(self) -> bool:
        return self.mode == _LINK


@dataclass(frozen=True, slots=True)
class Directory:
    """One tree object. `odd` are entries no honest tree holds: unsafe names, and names that stand there twice."""

    items: Mapping[str, Item] = field(default_factory=dict)
    odd: frozenset[tuple[str, Item]] = frozenset()

    def all(self) -> set[tuple[str, Item]]:
        return {*self.items.items(), *self.odd}


class Cache(Generic[T]):
    """Keeps what was asked for last, by repository and object id, up to a total weight."""

    def __init__(self, budget: int) -> None:
        self._budget, self._weight = budget, 0
        self._kept: OrderedDict[tuple[Path, str], tuple[T, int]] = OrderedDict()
        self._lock = PerProcess(threading.Lock)

    def get(self, key: tuple[Path, str]) -> T | None:
        with self._lock.get():
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: tuple[Path, str], value: T, weight: int) -> None:
        with self._lock.get():
            self._weight += weight - self._kept.pop(key, (value, 0))[1]
            self._kept[key] = (value, weight)
            while self._weight > self._budget:
                self._weight -= self._kept.popitem(last=False)[1][1]


class Caches:
    """What is kept for all repositories of a process: about 32 MB of files and 200,000 names of directories."""

    def __init__(self, *, blob_bytes: int = _BLOBS, names: int = _NAMES) -> None:
        self.blobs: Cache[bytes] = Cache(blob_bytes)
        self.directories: Cache[Directory] = Cache(names)


class LargeObjectError(Exception):
    """An object is longer than the limits allow; `size` in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def _unchanged(error: GitError) -> Exception:
    return error


class Objects:
    """The objects of one repository. Safe to use from several threads, and after a fork.

    `explain` turns what git could not read into the exception that is raised instead. `asked` counts the objects
    that were not kept, and had to be asked for.
    """

    def __init__(
        self,
        program: GitProgram,
        caches: Caches | None = None,
        *,
        limits: Limits = LIMITS,
        explain: Callable[[GitError], Exception] = _unchanged,
    ) -> None:
        self._place, self.limits, self._explain = program.git_dir, limits, explain
        self._caches = caches or Caches()
        self._channel = PerProcess(lambda: Channel(program))
        self.asked = 0

    def find(self, name: str, kind: str) -> str | None:
        """Return the id of the object of that type a safe name leads to ("commit", "tree"), None without one.

        Tags and commits are followed. None as well where git cannot tell because an object on the way is damaged.
        """
        try:
            (answer,) = self._ask([f"info {name}^{{{kind}}}"], kind)
        except GitError:
            return None
        return answer.id if answer and answer.type == kind else None

    def blob(self, id: str) -> bytes:
        """Return the content of a file. LargeObjectError when it is longer than the limits allow."""
        key = (self._place, id)
        kept = self._caches.blobs.get(key)
        if kept is None:
            kept = self._contents(id, "blob")
            if len(kept) <= SMALL:
                self._caches.blobs.put(key, kept, len(kept) + _OVERHEAD)
        return kept

    def directory(self, id: str) -> Directory:
        """Return the entries of a tree object; '' is an empty one."""
        if not id:
            return Directory()
        return self._caches.directories.get((self._place, id)) or self._keep(id, self._contents(id, "tree"))

    def raw(self, id: str) -> bytes:
        """Return a tree object as git keeps it."""
        return self._contents(id, "tree")

    def preload(self, ids: Iterable[str]) -> None:
        """Read tree objects that will be asked for, all at once."""
        wanted = [one for one in dict.fromkeys(ids) if one and not self._caches.directories.get((self._place, one))]
        if len(wanted) < 2:
            return
        try:
            answers = self._ask([f"contents {one}" for one in wanted], "tree")
        except GitError as error:
            raise self._explain(error) from error
        for answer in answers:
            if answer and answer.type == "tree" and answer.data is not None:
                self._keep(answer.id, answer.data)

    def close(self) -> None:
        """End the process that reads; it starts again when something is asked."""
        self._channel.get().close()

    def _contents(self, id: str, kind: str) -> bytes:
        try:
            (answer,) = self._ask([f"contents {id}"], kind)
            if answer is None:  # a git that started before the mirror was made anew may not see it
                self.close()
                (answer,) = self._ask([f"contents {id}"], kind)
            if answer is None or answer.type != kind or answer.id != id:
                raise GitError("cat-file", 128, f"missing {kind} {id}")
        except GitError as error:
            raise self._explain(error) from error
        if answer.data is None and kind == "tree":
            raise UserError(f"a directory has {answer.size} bytes of names, and Lockkeeper does not read it")
        if answer.data is None:
            raise LargeObjectError(answer.size)
        return answer.data

    def _ask(self, commands: Sequence[str], kind: str) -> Sequence[Answer | None]:
        self.asked += len(commands)
        return self._channel.get().ask(commands, self.limits.file_bytes if kind == "blob" else _LONGEST_DIRECTORY)

    def _keep(self, id: str, raw: bytes) -> Directory:
        try:
            parsed = _parsed(raw, len(id) // 2)
        except ValueError:
            error = GitError("cat-file", 128, f"bad tree {id}")
            raise self._explain(error) from None
        self._caches.directories.put((self._place, id), parsed, len(parsed.items) + len(parsed.odd) + 1)
        return parsed


def _parsed(raw: bytes, length: int) -> Directory:
    """Read a tree object: mode, space, name, NUL and the `length` bytes of an id, again and again."""
    items: dict[str, Item] = {}
    odd: set[tuple[str, Item]] = set()
    at = 0
    while at < len(raw):
        nul = raw.index(b"\0", at)
        space = raw.index(b" ", at, nul)
        mode = _mode(int(raw[at:space], 8))
        name = os.fsdecode(raw[space + 1 : nul])
        at = nul + 1 + length
        if at > len(raw):
            raise ValueError("a tree object is cut off")
        item = Item(mode, raw[nul + 1 : at].hex())
        if "/" in name or not is_safe_path(name):
            odd.add((name, item))
        elif name in items:
            odd |= {(name, item), (name, items[name])}
        else:
            items[name] = item
    for name, _ in odd:
        items.pop(name, None)
    return Directory(items, frozenset(odd))


def _mode(mode: int) -> int:
    """Return what git makes of a mode: anything it does not know is a submodule (canon_mode in git's cache.h)."""
    if stat.S_ISREG(mode):
        return _PROGRAM if mode & 0o100 else _FILE
    return {stat.S_IFLNK: _LINK, stat.S_IFDIR: _TREE}.get(stat.S_IFMT(mode), _SUBMODULE)
