"""How much may a tree hold before we read no further?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a tree may hold: files in all, bytes in all, bytes of one file."""

    files: int = 50_000
    bytes: int = 512 * 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024


LIMITS = Limits()
