"""What does the line of all records say of locks that are gone? By table, and by bending it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.adapters.seal import sealer
from bot.promotion.audit import Entry, entry_message, lost
from bot.promotion.locks import AnyRecord, Kept, Lock, Rollback, Said
from bot.promotion.seals import Seal, bound

SEAL, ELSEWHERE = (bound(sealer("a key made for this test"), repository) for repository in (1, 2))
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
LOCK = Lock("lock", "staging", "ann", "audit by ben at noon", AT)
OTHER = Lock("lock", "production", "ann", "", AT)
HELD = Lock("hold", "staging", "ann", "", AT, "", "acme/shop#7")
AGAIN = replace(LOCK, owner="ben")
SAID = Said("approve", "staging", "ann", "a" * 40, "", AT)
BACK = Rollback("rollback", "staging", "ann", "a" * 40, "before #7", "", AT)


def line(*entries: tuple[str, AnyRecord], seal: Seal = SEAL) -> list[tuple[str, str]]:
    """Return the line as it is read, the newest first, of entries in the order in which they were made."""
    made: list[tuple[str, str]] = []
    for number, (done, record) in enumerate(entries):
        last = f"{number:040x}" if number else ""
        made.append((last, entry_message(Entry(record, done, "ann", AT, "https://github.com/x"), last, seal)))
    return made[::-1]


LINES = [
    ("nothing", line(), Kept(), ()),
    ("a lock that is there", line(("lock", LOCK)), Kept((LOCK,)), ()),
    ("a lock that is gone", line(("lock", LOCK)), Kept(), (LOCK,)),
    ("another one is there", line(("lock", LOCK)), Kept((OTHER,)), (LOCK,)),
    ("unlocked", line(("lock", LOCK), ("unlock", LOCK)), Kept(), ()),
    ("locked again", line(("lock", LOCK), ("unlock", LOCK), ("lock", AGAIN)), Kept((AGAIN,)), ()),
    ("locked again, and gone", line(("lock", LOCK), ("unlock", LOCK), ("lock", AGAIN)), Kept(), (AGAIN,)),
    ("several, the oldest first", line(("lock", LOCK), ("lock", OTHER), ("hold", HELD)), Kept(), (LOCK, OTHER, HELD)),
    ("a hold that ended with its pull request", line(("hold", HELD), ("resume", HELD)), Kept(), ()),
    ("a forged ref in its place", line(("lock", LOCK)), Kept(forged=(LOCK.ref,)), (LOCK,)),
    ("nobody can tell", line(("lock", LOCK)), Kept(unread=("lock",)), ()),
    ("words and rollbacks, which go by themselves", line(("approve", SAID), ("rollback", BACK)), Kept(), ()),
    ("a line of another repository", line(("lock", LOCK), seal=ELSEWHERE), Kept(), ()),
]


@pytest.mark.parametrize(("entries", "kept", "expected"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lost(entries: Sequence[tuple[str, str]], kept: Kept, expected: tuple[Lock, ...]) -> None:
    assert lost(entries, kept, SEAL) == expected


(LAST, ENDED), (FIRST, MADE) = line(("lock", LOCK), ("unlock", LOCK))
BENT = {
    "another end": (LAST, MADE.replace("Done: lock", "Done: unlock")),
    "another place in the line": (LAST, MADE),
    "without a mark": (FIRST, MADE.partition("Lockkeeper-Entry")[0]),
    "an end with the mark of a beginning": (FIRST, f"{ENDED.partition('Lockkeeper-Entry')[0]}{MADE[-50:]}"),
    "no record": ("", "Merge branch 'main'\n"),
}


@pytest.mark.parametrize("entry", BENT.values(), ids=BENT)
def test_an_entry_that_was_bent_says_nothing(entry: tuple[str, str]) -> None:
    assert lost([entry], Kept(), SEAL) == ()
    assert lost([entry, (FIRST, MADE)], Kept(), SEAL) == (LOCK,), "the real one before it does"
