"""What was rendered before, from the same files, with the same engine and options?

Renders are kept as compressed JSON under a digest of everything they were made from: in memory within a budget, and
below a directory for the next process. They hold what Secrets hold, so only this user may read them.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.adapters.render.packs import Packs
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
        self._packs, self._budget = None if directory is None else Packs(directory), budget
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
        data = self._packs.find(key) if self._packs else None
        if data is None:
            return None
        self._remember(key, data)
        return Kept(data)

    def save(self, key: str, rendered: Rendered) -> None:
        """Keep an outcome."""
        data = zlib.compress(orjson.dumps(_encoded(rendered)), 1)
        self._remember(key, data)
        if self._packs:
            self._packs.save(key, data)

    def prune(self, max_age: float) -> int:
        """Remove from the directory what was written longer than `max_age` seconds ago; return how many packs."""
        return self._packs.prune(max_age) if self._packs else 0

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
        "problems": [[one.path, one.message, one.line, one.how, one.remote, one.passing] for one in rendered.problems],
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
