"""Where do outcomes lie on disk, so that keeping one costs one write?

Each process appends to a pack of its own: key, length and checksum before each outcome. What another process wrote is
found by reading the heads of its packs. A record that was cut short, or does not add up, is as if it were not there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct(">4s32sII")  # a mark, the key, length and CRC-32 of what follows
_MARK = b"LKP1"
_LARGEST = 64 * 1024 * 1024
_PACK = 256 * 1024 * 1024  # bytes after which another pack is begun


class Packs:
    """Outcomes by key (64 hexadecimal digits) below a directory. Safe for several threads and processes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._index: dict[bytes, tuple[str, int, int, int]] = {}  # pack, offset, length, checksum
        self._read_to: dict[str, int] = {}
        self._own: tuple[int, int, str] | None = None  # process id, descriptor, name
        self._looked = -1.0

    def find(self, key: str) -> bytes | None:
        """Return what is kept under a key, None when there is nothing that can be read."""
        digest = bytes.fromhex(key)
        with self._lock:
            if digest not in self._index:
                self._look()
            place = self._index.get(digest)
        if place is None:
            return None
        name, offset, length, checksum = place
        with contextlib.suppress(OSError), (self._directory / name).open("rb") as file:
            data = os.pread(file.fileno(), length, offset)
            if len(data) == length and zlib.crc32(data) == checksum:
                return data
        with self._lock:
            self._index.pop(digest, None)
        return None

    def save(self, key: str, data: bytes) -> None:
        """Keep something; where the disk refuses, nothing is kept."""
        if len(data) > _LARGEST:
            return
        digest, checksum = bytes.fromhex(key), zlib.crc32(data)
        record = _HEAD.pack(_MARK, digest, len(data), checksum) + data
        with self._lock, contextlib.suppress(OSError):
            descriptor, name = self._pack()
            offset = os.lseek(descriptor, 0, os.SEEK_END)
            if os.write(descriptor, record) == len(record):
                self._index[digest] = (name, offset + _HEAD.size, len(data), checksum)
                self._read_to[name] = offset + len(record)

    def prune(self, max_age: float) -> int:
        """Remove packs that nothing was written to in `max_age` seconds; return how many."""
        removed = 0
        for path in [*self._directory.glob("*.pack")]:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > max_age:
                    path.unlink()
                    removed += 1
        if removed:
            with self._lock:
                self._index.clear()
                self._read_to.clear()
        return removed

    def _pack(self) -> tuple[int, str]:
        """Return this process's own pack, begun anew after a fork, when it has grown large, or when it was removed."""
        if self._own is not None:
            process, descriptor, name = self._own
            found = os.fstat(descriptor)
            if process == os.getpid() and found.st_nlink and found.st_size < _PACK:
                return descriptor, name
            os.close(descriptor)
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = self._left() or self._begun()
        self._own = (os.getpid(), descriptor, name)
        return descriptor, name

    def _begun(self) -> tuple[int, str]:
        name = f"{secrets.token_hex(8)}.pack"
        descriptor = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor, name

    def _left(self) -> tuple[int, str] | None:
        """Take over a pack whose process has ended, without what it did not write to the end; None if there is none."""
        for path in sorted(self._directory.glob("*.pack")):
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    for digest, offset, length, checksum in self._records(descriptor, path.name):
                        self._index.setdefault(digest, (path.name, offset, length, checksum))
                    end = self._read_to.get(path.name, 0)
                    if end < _PACK:
                        os.ftruncate(descriptor, end)
                        return descriptor, path.name
                except OSError:
                    pass
                os.close(descriptor)
        return None

    def _look(self) -> None:
        """Read on in the packs of others, at most once a second."""
        now = time.monotonic()
        if now - self._looked < 1.0 and self._looked >= 0:
            return
        self._looked = now
        for path in sorted(self._directory.glob("*.pack")) if self._directory.is_dir() else ():
            with contextlib.suppress(OSError), path.open("rb") as file:
                for digest, offset, length, checksum in self._records(file.fileno(), path.name):
                    self._index.setdefault(digest, (path.name, offset, length, checksum))

    def _records(self, descriptor: int, name: str) -> Iterator[tuple[bytes, int, int, int]]:
        """Yield the records behind what was read before: key, offset, length, checksum."""
        size = os.fstat(descriptor).st_size
        at = self._read_to.get(name, 0)
        while at + _HEAD.size <= size:
            mark, digest, length, checksum = _HEAD.unpack(os.pread(descriptor, _HEAD.size, at))
            if mark != _MARK or at + _HEAD.size + length > size:
                return  # still being written, or cut short
            yield digest, at + _HEAD.size, length, checksum
            at += _HEAD.size + length
            self._read_to[name] = at
