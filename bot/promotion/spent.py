"""Which words about promotion commits does nobody ask for any more?

They are kept so that each look can count them, and only what is kept small can be read whole at each look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.promotion.locks import Said

LASTS = timedelta(days=30)
MOST_KEPT = 1_000  # words; whose promotion still waits when so many newer ones were said has to be asked again
MOST_AT_ONCE = 100  # that go with one push


def spent(said: Sequence[Said], now: datetime) -> tuple[Said, ...]:
    """Return the words that may go, the oldest first: those of 30 days ago, and all but the newest thousand."""
    oldest_first = sorted(said, key=lambda one: (one.since, one.ref))
    beyond = len(oldest_first) - MOST_KEPT
    gone = [one for place, one in enumerate(oldest_first) if place < beyond or now - one.since > LASTS]
    return tuple(gone[:MOST_AT_ONCE])
