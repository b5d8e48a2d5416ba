"""A tree of files that lies in memory, for tests of what reads trees."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence


class MemoryTree:
    """Implements `bot.model.tree.Tree` over a mapping of paths to contents; there are no symbolic links."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = {path: one.encode() if isinstance(one, str) else one for path, one in files.items()}
        self._names: dict[str, set[str]] = {"": set()}
        for path in self._files:
            here = path
            while here:
                above, name = posixpath.split(here)
                self._names.setdefault(above, set()).add(name)
                here = above

    @property
    def id(self) -> str:
        said = "\n".join(f"{self.blob(path)} {path}" for path in self.files())
        return hashlib.sha1(said.encode()).hexdigest()

    def blob(self, path: str) -> str | None:
        text = self._files.get(path)
        return None if text is None else hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest()

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
