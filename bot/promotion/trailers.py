"""What does a promotion commit say of itself?

The trailers (git-interpret-trailers form) travel with the commit through merge commits and rebases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOURCE = re.compile(r"^Lockkeeper-Source: (\S+) ([0-9a-f]{40})$", re.M)
_INCLUDES = re.compile(r"^Lockkeeper-Includes: #(\d+)$", re.M)
_ASKED = re.compile(r"^Lockkeeper-Requested-By: (\S+)$", re.M)


@dataclass(frozen=True, slots=True)
class Trailers:
    """The source environment and commit, the pull requests carried, and who asked ('' when nobody did)."""

    source: str
    source_sha: str
    includes: tuple[int, ...]
    requested_by: str


def parse_trailers(message: str) -> Trailers | None:
    """Return what a promotion commit's message says; None for any other commit."""
    source = _SOURCE.search(message)
    if source is None:
        return None
    asked = _ASKED.search(message)
    return Trailers(
        source[1],
        source[2],
        tuple(int(number) for number in _INCLUDES.findall(message)),
        asked[1] if asked else "",
    )
