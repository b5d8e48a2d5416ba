"""Small turns of phrase that several texts share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 problem`, `2 problems`; `plural` for nouns that do not take an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def moment(time: datetime | None) -> str:
    """Return a UTC time as people read it, for example `2026-11-23 14:02 UTC`; '' for None."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if time else ""


def shortened(text: str, limit: int) -> str:
    """Return the text on one line, cut at `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def among(names: Sequence[str], most: int) -> str:
    """Return `a, b and c`, or `a, b, c and 296 more` when there are more than `most`."""
    if len(names) <= most:
        return listed(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
