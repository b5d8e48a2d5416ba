"""Which files does a chart's archive hold, if it is an honest one?"""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence

from bot.adapters.git.names import is_safe_path

_MOST_FILES = 10_000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_TAR = _MOST_BYTES + 16 * 1024 * 1024  # with what a tar archive says of each file


class ArchiveError(Exception):
    """The archive is none, or not an honest one."""


def unpacked(data: bytes) -> Mapping[str, bytes]:
    """Return the files of a gzipped tar archive without its one top directory. Links and devices are left out.

    Raises ArchiveError for names that lead out, and for what unpacks to too much.
    """
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflated(data)), mode="r:") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                _, _, path = posixpath.normpath(member.name).partition("/")
                total += member.size
                if len(found) >= _MOST_FILES or total > _MOST_BYTES:
                    raise ArchiveError("the archive holds too much")
                if not path or member.name.startswith("/") or ".." in member.name.split("/") or not is_safe_path(path):
                    raise ArchiveError(f"the archive names {member.name[:100]!r}")
                file = archive.extractfile(member)
                found[path] = file.read() if file else b""
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise ArchiveError(f"not a chart's archive: {error}") from error
    for path in found:
        if any(above in found for above in _above(path)):
            raise ArchiveError(f"the archive names {path[:100]!r} below a file")
    return found


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _inflated(data: bytes) -> bytes:
    """Gunzip within the limit."""
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(data, _MOST_TAR)
    except zlib.error as error:
        raise ArchiveError(f"not a chart's archive: {error}") from error
    if engine.unconsumed_tail:
        raise ArchiveError("the archive holds too much")
    return plain


class ArchiveTree:
    """`bot.model.tree.Tree` over files in memory; there are no links among them."""

    def __init__(self, id: str, files: Mapping[str, bytes]) -> None:
        self._id, self._files = id, files
        self._names: dict[str, set[str]] = {"": set()}
        for path in files:
            here = path
            while here:
                above, name = posixpath.split(here)
                self._names.setdefault(above, set()).add(name)
                here = above

    @property
    def id(self) -> str:
        return hashlib.sha256(self._id.encode()).hexdigest()[:40]

    def blob(self, path: str) -> str | None:
        text = self._files.get(path)
        return None if text is None else hashlib.sha256(text).hexdigest()[:40]

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def is_directory(self, path: str) -> bool:
        return path in self._names

    def names(self, directory: str) -> Sequence[str]:
        return sorted(self._names.get(directory, ()))

    def files(self, directory: str = "") -> Sequence[str]:
        below = f"{directory}/" if directory else ""
        return sorted(path for path in self._files if path.startswith(below))

    def canonical(self, path: str) -> str | None:
        clean = posixpath.normpath(path or ".")
        if clean == ".." or clean.startswith(("../", "/")):
            return None
        return "" if clean == "." else clean
