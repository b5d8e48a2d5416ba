"""What was fetched before, by the digest that pins it?"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from pathlib import Path

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Blobs:
    """Files by their digests, kept for ever; each is looked at again when it is read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, digest: str) -> bytes | None:
        """Return what has that digest ("sha256:…"), None when it is not here."""
        place = self._place(digest)
        try:
            data = place.read_bytes()
        except OSError:
            return None
        if digest_of(data) == digest:
            return data
        place.unlink(missing_ok=True)
        return None

    def keep(self, digest: str, data: bytes) -> None:
        """Keep what has that digest. Raises ValueError when it has another one, and OSError."""
        if digest_of(data) != digest:
            raise ValueError(f"what has the digest {digest_of(data)} is not {digest}")
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix=".new-", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                Path(file.name).replace(self._place(digest))
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise

    def _place(self, digest: str) -> Path:
        found = _DIGEST.fullmatch(digest)
        if found is None:
            raise ValueError(f"{digest!r} is no digest")
        return self._directory / f"sha256-{found[1]}"


def digest_of(data: bytes) -> str:
    """Return the digest of bytes: "sha256:…"."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
