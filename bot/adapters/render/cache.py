"""What was rendered before, from the same files, with the same engine and options?

Renders are kept as compressed JSON under a digest of everything they were made from: in memory within a budget, and
below a directory for the next process. They hold what Secrets hold, so only this user may read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Source

_BUDGET = 48 * 1024 * 1024
_FORMAT = b"1"  # of what is kept; another one misses


def key_of(engine: str, source: Source, contents: Iterable[tuple[str, str]]) -> str:
    """Return the digest of all that decides an outcome: engine and version, the source, paths and blob ids it reads.

    The tree at hand is not part of it: the same files in another commit render to the same.
    """
    digest = hashlib.sha256(_FORMAT)
    for text in (engine, repr((source.path, source.engine, source.helm, source.plain, source.overrides))):
        digest.update(text.encode("utf-8", "surrogateescape") + b"\0")
    for path, blob in contents:
        digest.update(f"{path}\0{blob}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome as it is kept: small, until it is opened."""

    data: bytes

    def rendered(self) -> Rendered:
        """Return the outcome."""
        return _decoded(orjson.loads(zlib.decompress(self.data)))


class RenderCache:
    """Renders by key. Safe to use from several threads and processes; what cannot be kept is rendered again."""

    def __init__(self, directory: Path | None = None, *, budget: int = _BUDGET) -> None:
        """Keep up to `budget` bytes in memory and, with a directory, everything there until it is pruned."""
        self._directory, self._budget = directory, budget
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, key: str) -> Kept | None:
        """Return what is kept under a key, None when there is nothing that can be read."""
        with self._lock:
            data = self._kept.get(key)
            if data is not None:
                self._kept.move_to_end(key)
                return Kept(data)
        if self._directory is None:
            return None
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)  # for prune: in use
            zlib.decompress(data)
        except (OSError, zlib.error):
            return None  # not there, or cut short: as if it were not there
        self._remember(key, data)
        return Kept(data)

    def save(self, key: str, rendered: Rendered) -> None:
        """Keep an outcome."""
        data = zlib.compress(orjson.dumps(_encoded(rendered)), 1)
        self._remember(key, data)
        if self._directory is None:
            return
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(path)

    def prune(self, max_age: float) -> int:
        """Remove from the directory what was not asked for in `max_age` seconds; return how many files."""
        removed = 0
        for path in [*self._directory.glob("*/*")] if self._directory else []:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > max_age:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, key: str) -> Path:
        assert self._directory is not None
        return self._directory / key[:2] / key[2:]

    def _remember(self, key: str, data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._kept.pop(key, b""))
            self._kept[key] = data
            while self._size > self._budget and self._kept:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone)


def _encoded(rendered: Rendered) -> dict[str, Any]:
    return {
        "root": rendered.root,
        "kind": rendered.kind,
        "files": rendered.files,
        "seconds": rendered.seconds,
        "notes": rendered.notes,
        "resources": [[one.body, one.path, one.line] for one in rendered.resources],
        "problems": [[one.path, one.message, one.line, one.how, one.remote] for one in rendered.problems],
    }


def _decoded(kept: dict[str, Any]) -> Rendered:
    return Rendered(
        root=kept["root"],
        resources=tuple(Resource(*one) for one in kept["resources"]),
        problems=tuple(RenderProblem(*one) for one in kept["problems"]),
        files=tuple(kept["files"]),
        kind=kept["kind"],
        seconds=kept["seconds"],
        notes=tuple(kept["notes"]),
    )
