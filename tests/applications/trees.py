"""A tree of files that lies in memory, for tests of what reads trees."""

from __future__ import annotations

from collections.abc import Mapping

from bot.adapters.remote.archive import ArchiveTree


class MemoryTree(ArchiveTree):
    """A tree of any texts, known by what it holds; there are no symbolic links."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        held = {path: one.encode() if isinstance(one, str) else one for path, one in files.items()}
        super().__init__(repr(sorted(held.items())), held)
