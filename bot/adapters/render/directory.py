"""What lies in a directory on disk, and never what a symbolic link leads to outside of it?"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bot.checks.closure import OutsideError
from bot.checks.documents import MAX_SIZE

_MAX_WORDS = 4000


class Checkout:
    """Reads files of one checkout by repository path."""

    def __init__(self, path: Path) -> None:
        self.given, self.path = str(path), os.path.realpath(path)

    def canonical(self, path: str) -> str:
        """Return where a repository path really is. Raises OutsideError when that is elsewhere."""
        real = os.path.realpath(os.path.join(self.path, path))  # noqa: PTH118 - hot, and text in, text out
        if real == self.path:
            return ""
        if not real.startswith(self.path + os.sep):
            raise OutsideError
        return real[len(self.path) + 1 :]

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a regular file, None when there is none inside the checkout."""
        try:
            found = Path(self.path, self.canonical(path))
            if not stat.S_ISREG(found.stat().st_mode):
                return None
            with found.open("rb") as file:
                return file.read(MAX_SIZE + 1)
        except (OSError, OutsideError, ValueError):
            return None

    def exists(self, path: str) -> bool:
        """Say whether a path is a regular file inside the checkout."""
        try:
            return stat.S_ISREG(Path(self.path, self.canonical(path)).stat().st_mode)
        except (OSError, OutsideError, ValueError):
            return False

    def trim(self, words: str) -> str:
        """Name files as the repository does, not as this disk does."""
        for prefix in {self.path, self.given}:
            words = words.replace(prefix + os.sep, "").replace(prefix, ".")
        return words.strip()[:_MAX_WORDS]
