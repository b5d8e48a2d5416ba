"""How does an engine, which reads files from a disk, get those of a tree that it needs, and no others?

Each tree has a directory, in which its files appear as they are needed, complete or not at all. Several processes may
write there at once: all of them write the same.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import posixpath
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.adapters.git.channel import PerProcess
from bot.adapters.git.names import is_safe_path
from bot.errors import TransientError, UserError
from bot.model.tree import Tree

_T = TypeVar("_T")
_TRIES = 3
_MOST_KNOWN = 128  # directories; each holds a file descriptor
_MOST_BYTES = 512 * 1024 * 1024  # in one call


class _GoneError(Exception):
    """The directory was pruned while we wrote."""


class SparseCheckouts:
    """Directories below `directory`, one for each tree and the overrides laid over it. Safe for several threads.

    They are touched at each use, and may be removed at any time by their age (`bot.adapters.pruning`).
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: OrderedDict[str, _Checkout] = OrderedDict()
        self._lock = PerProcess(threading.Lock)

    def place(
        self,
        tree: Tree,
        files: Iterable[str],
        overrides: Sequence[tuple[str, str]] = (),
        directories: Iterable[str] = (),
    ) -> Path:
        """Return a directory that holds at least these files and directories of a tree, at their paths.

        `overrides` (path, text) are laid over the tree. Where a path goes through a symbolic link that stays in the
        tree, the link is there, and leads to the real file. What the tree does not have is not there. UserError when
        an override cannot be laid there, or a name is too long for the file system.
        """
        name = _name(tree, overrides)
        path = self._directory / name
        wanted, below = [*files], [*directories]
        for _ in range(_TRIES):
            with contextlib.suppress(_GoneError):
                with _names_explained():
                    self._checkout(name, path).write(tree, wanted, overrides, below)
                return path
        raise TransientError("the directory of a tree went away as often as it was written")

    def _checkout(self, name: str, path: Path) -> _Checkout:
        """Return the directory as we remember it, if it still is that one, or afresh."""
        with self._lock.get():
            found = self._known.get(name)
            if found is None or not found.is_at(path):
                path.mkdir(parents=True, exist_ok=True, mode=0o700)
                found = self._known[name] = _Checkout.open(path)
            self._known.move_to_end(name)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found


@dataclass(eq=False, slots=True, weakref_slot=True)
class _Checkout:
    """One directory, held open so that another that takes its place is told from it; and what is known to be in it."""

    path: Path
    descriptor: int
    inode: tuple[int, int]
    here: set[str] = field(default_factory=set)  # paths as they were asked for
    directories: set[str] = field(default_factory=lambda: {""})  # where they really are

    @classmethod
    def open(cls, path: Path) -> _Checkout:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise _GoneError from None
        found = os.fstat(descriptor)
        made = cls(path, descriptor, (found.st_dev, found.st_ino))
        weakref.finalize(made, os.close, descriptor)
        return made

    def is_at(self, path: Path) -> bool:
        """Say whether the directory is still where it was, and touch it."""
        try:
            os.utime(path)
            found = path.stat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self.inode

    def write(
        self, tree: Tree, files: Sequence[str], overrides: Sequence[tuple[str, str]], directories: Sequence[str]
    ) -> None:
        """Write what is not there yet."""
        missing = [path for path in files if path not in self.here]
        empty = [path for path in directories if f"{path}/" not in self.here]
        laid = overrides if any(path not in self.here for path, _ in overrides) else ()
        if not missing and not empty and not laid:
            return
        over = dict(_laid(tree, overrides))
        with _Staging(self) as staging:
            for at, text in over.items():
                staging.file(at, text)
            for path, _ in overrides:
                self._write_links(tree, path, over, staging)
            for path in missing:
                self._write_file(tree, path, over, staging)
            for path in empty:
                if tree.is_directory(path):
                    self._write_links(tree, path, over, staging)
                    staging.directory(tree.canonical(path) or "")
        if not self.is_at(self.path):
            raise _GoneError
        self.here.update(missing, (f"{path}/" for path in empty), (path for path, _ in overrides))

    def _write_file(self, tree: Tree, path: str, over: Mapping[str, bytes], staging: _Staging) -> None:
        content, at = tree.read(path), tree.canonical(path)
        if content is None or at is None:
            return
        if at not in over:
            staging.file(at, content)
        self._write_links(tree, path, over, staging)

    def _write_links(self, tree: Tree, path: str, over: Mapping[str, bytes], staging: _Staging) -> None:
        """Write each link on the way down a path; where it is, and where it leads, is below this directory."""
        parent = ""
        parts = path.split("/")
        for number, part in enumerate(parts, start=1):
            stands, leads = _joined(parent, part), tree.canonical("/".join(parts[:number]))
            if leads is None or (stands != leads and stands in over):
                return
            if stands != leads:
                staging.link(stands, posixpath.relpath(f"/{leads}", f"/{parent}"))
            parent = leads


class _Staging:
    """Files on their way into a checkout: written beside all checkouts, then moved in at once."""

    def __init__(self, checkout: _Checkout) -> None:
        self._checkout = checkout
        self._beside = checkout.path.parent / ".staged"
        self._staged: Path | None = None
        self._bytes = 0

    def __enter__(self) -> _Staging:
        return self

    def __exit__(self, *_: object) -> None:
        if self._staged is not None:
            self._staged.unlink(missing_ok=True)

    def file(self, at: str, content: bytes) -> None:
        """Have a file with that content there. One of another length, from before a power cut, is replaced."""
        found = self._stat(at)
        if found is not None and found.st_size == len(content):
            return
        self._bytes += len(content)
        if self._bytes > _MOST_BYTES:
            raise UserError(f"what is rendered here reads more than {_MOST_BYTES} bytes", where=at)
        self.directory(at.rpartition("/")[0])
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = self._made(lambda path: os.open(path, flags, 0o600))
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        self._move(at)

    def link(self, at: str, to: str) -> None:
        """Have a symbolic link there."""
        if self._stat(at) is not None:
            return
        self.directory(at.rpartition("/")[0])
        self._made(lambda path: path.symlink_to(to))
        self._move(at)

    def directory(self, at: str) -> None:
        """Have a directory there, and all above it."""
        made, missing = self._checkout.directories, []
        while at not in made:
            missing.append(at)
            at = at.rpartition("/")[0]
        for one in reversed(missing):
            try:
                os.mkdir(one, 0o700, dir_fd=self._checkout.descriptor)
            except FileExistsError:
                pass
            except FileNotFoundError:
                raise _GoneError from None
            made.add(one)

    def _stat(self, at: str) -> os.stat_result | None:
        try:
            return os.stat(at, dir_fd=self._checkout.descriptor, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _made(self, make: Callable[[Path], _T]) -> _T:
        """Make something beside the checkouts, under a name of its own."""
        self._staged = self._beside / secrets.token_hex(12)
        try:
            return make(self._staged)
        except FileNotFoundError:
            self._beside.mkdir(exist_ok=True, mode=0o700)
            return make(self._staged)

    def _move(self, at: str) -> None:
        assert self._staged is not None
        try:
            os.rename(self._staged, at, dst_dir_fd=self._checkout.descriptor)
        except FileNotFoundError:
            raise _GoneError from None
        self._staged = None


def _name(tree: Tree, overrides: Sequence[tuple[str, str]]) -> str:
    """Return a name of its own for a tree with these overrides; complete checkouts are named by the id alone."""
    if not overrides:
        return f"{tree.id}.sparse"
    laid = json.dumps([*overrides], separators=(",", ":")).encode()
    return f"{tree.id}.{hashlib.sha256(laid).hexdigest()[:32]}"


def _laid(tree: Tree, overrides: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Yield where each override really goes: what stands there is replaced, what a link there leads to is not."""
    for path, text in overrides:
        directory, _, name = path.rpartition("/")
        above = tree.canonical(directory) if is_safe_path(path) else None
        if above is None:
            raise UserError(f"{path} leads out of the repository", where=path)
        at = _joined(above, name)
        if tree.is_directory(at) and tree.canonical(at) == at:
            raise UserError(f"{path} is a directory where a file is expected", where=path)
        if any(tree.blob("/".join(above.split("/")[:number])) for number in range(1, above.count("/") + 2)):
            raise UserError(f"{path} lies below a file", where=path)
        yield at, text.encode()


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


@contextlib.contextmanager
def _names_explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        name = Path(os.fsdecode(error.filename2 or error.filename or "")).name
        raise UserError(f"the name {name[:100]}… is too long to be written") from error
