"""Which words go, so that those that are read at each look stay few?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.promotion.locks import MOST_READ, Said
from bot.promotion.spent import MOST_AT_ONCE, MOST_KEPT, spent

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def said(number: int, days: float) -> Said:
    return Said("approve", "staging", "ann", f"{number:040x}", "", NOW - timedelta(days=days))


def words(count: int, days: float = 1.0) -> list[Said]:
    """Return so many, each a minute older than the one before."""
    return [said(number, days + number / 1440) for number in range(count)]


SPENT = [
    ("nothing", [], 0),
    ("young", words(10), 0),
    ("30 days to the minute", [said(0, 30.0)], 0),
    ("older", [said(0, 30.001), said(1, 1)], 1),
    ("as many as are kept", words(MOST_KEPT), 0),
    ("one more", words(MOST_KEPT + 1), 1),
    ("many more: some now, some with the next", words(MOST_KEPT + 500), MOST_AT_ONCE),
    ("many that are old", words(500, 31.0), MOST_AT_ONCE),
]


@pytest.mark.parametrize(("kept", "expected"), [row[1:] for row in SPENT], ids=[row[0] for row in SPENT])
def test_spent(kept: list[Said], expected: int) -> None:
    gone = spent(kept, NOW)
    assert gone == tuple(sorted(kept, key=lambda one: one.since)[:expected]), "the oldest go"


def test_however_much_is_said_no_more_is_kept_than_is_read() -> None:
    """Within a month, so that age takes nothing away; and from more than that, as an earlier build may have left."""
    kept = words(MOST_READ - 10)
    for number in range(50):
        gone = set(spent(kept, NOW))
        kept = [*(one for one in kept if one not in gone), said(MOST_READ + number, 0.0)]
        assert len(kept) < MOST_READ
    assert len(kept) == MOST_KEPT + 1
    assert kept[-1].sha == f"{MOST_READ + 49:040x}"
