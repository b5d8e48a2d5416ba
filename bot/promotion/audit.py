"""What does the line of all records say was made or taken away, and what is gone without a word?

Each entry is a commit on the one before, and its seal binds both, so that no entry can be bent or moved. Whoever may
push can cut the line, or take it away: it tells what it tells, and no gate stands on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.promotion.locks import AnyRecord, Kept, Lock, read_record, record_message
from bot.promotion.seals import Seal

_DONE = re.compile(r"^Lockkeeper-Done: (.*)$", re.M)
_MARK = re.compile(r"^Lockkeeper-Entry: ([0-9a-f]+)$", re.M)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written into the line: the record, what became of it (its kind, where it was made), and by whose word."""

    record: AnyRecord
    done: str
    by: str
    at: datetime
    url: str = ""


def entry_message(entry: Entry, last: str, seal: Seal) -> str:
    """Return the message of an entry's commit; `last` is the commit before it, '' for none."""
    text = f"{entry.done} by {entry.by} at {entry.at.isoformat()} {entry.url}".rstrip()
    mark = seal(_sealed(text, last, entry.record))
    return f"{record_message(entry.record, seal, entry.done)}\nLockkeeper-Done: {text}\nLockkeeper-Entry: {mark}\n"


def lost(line: Iterable[tuple[str, str]], kept: Kept, seal: Seal) -> tuple[Lock, ...]:
    """Return the locks, freezes and holds that were made, and are gone though nobody took them away by their word.

    `line` has the entries, the newest first, each as the commit before it ('' for none) and its message.
    """
    told: set[str] = set()
    found: list[Lock] = []
    for last, message in line:
        record, text, mark = read_record(message, seal), _DONE.search(message), _MARK.search(message)
        if not isinstance(record, Lock) or record.ref in told or record.kind in kept.unread:
            continue
        if text is None or mark is None or mark[1] != seal(_sealed(text[1], last, record)):
            continue
        told.add(record.ref)
        if text[1].partition(" by ")[0] == record.kind and kept.at(record.ref) is None:
            found.append(record)
    return tuple(reversed(found))


def _sealed(text: str, last: str, record: AnyRecord) -> str:
    return f"audit {last or 'none'} {text} {record.ref}"
