"""How are records of people's words kept in the repository, and taken away, when several speak at once?

Git decides: a record is pushed from what was there before, together with an entry in the line of all records, so that
both are there or neither. Who comes second reads again, and is told what is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import structlog

from bot.errors import TransientError, UserError
from bot.flows.tools import Tools
from bot.model.repository import Repository
from bot.model.tree import EMPTY_TREE
from bot.ports import RefMove
from bot.promotion.audit import Entry, entry_message, lost
from bot.promotion.locks import (
    AUDIT,
    MOST_READ,
    PREFIX,
    AnyRecord,
    Kept,
    Lock,
    Rollback,
    Said,
    read_records,
    record_message,
)
from bot.promotion.spent import spent

T = TypeVar("T")
TRIES = 4
LOOKED_BACK = 250  # entries of the line of all records
_log = structlog.get_logger("bot.flows")


@dataclass(frozen=True, slots=True)
class Word:
    """Who says something, when, and where it can be read; `at` is GitHub's time of the comment."""

    by: str
    at: datetime
    url: str


def read_kept(tools: Tools, home: Repository) -> Kept:
    """Return the records of the repository with the pipeline, as they were fetched."""
    return read_records(((one.ref, one.message) for one in tools.git.records(home)), tools.seal(home))


def read_lost(tools: Tools, home: Repository, kept: Kept) -> tuple[Lock, ...]:
    """Return what was shut and is not any more though nobody said so, as far as the line of all records tells."""
    if tools.git.resolve(home, AUDIT) is None:
        return ()
    line = tools.git.commits(home, since=None, until=AUDIT, limit=LOOKED_BACK)
    return lost(((one.parents[0] if one.parents else "", one.message) for one in line), kept, tools.seal(home))


def require_read(home: Repository, kept: Kept, kind: str) -> None:
    """Raise UserError where there are too many records of a kind to tell what they say."""
    if kind in kept.unread:
        raise UserError(
            f"there are more than {MOST_READ:,} refs below {PREFIX}{kind}, more than are read",
            where=home.full_name,
            how="take away those that Lockkeeper did not write, by git push origin :REF; /status names some of them",
        )


def keep(tools: Tools, home: Repository, record: AnyRecord, word: Word, instead: AnyRecord | None = None) -> AnyRecord:
    """Put a record where none is, or where `instead` is; return the one that is there now: this one, or the one that
    was there first.

    Doing it again finds its own. With what somebody says of a promotion commit goes what is spent. UserError where
    there are too many records to tell, TransientError when git does not come to rest.
    """
    wanted = replace(record, since=record.since.replace(microsecond=0))

    def attempt() -> AnyRecord:
        refs = _refs(tools, home)
        kept = read_kept(tools, home)
        require_read(home, kept, wanted.kind)
        there = kept.at(wanted.ref)
        if there is not None and there != instead:
            return there
        message = record_message(wanted, tools.seal(home))
        commit = tools.git.write_commit(home, tree=EMPTY_TREE, parents=(), message=message, time=word.at)
        moves = [RefMove(wanted.ref, refs.get(wanted.ref), commit)]
        if isinstance(wanted, Said):
            moves += [RefMove(one.ref, refs[one.ref], None) for one in spent(kept.said, wanted.since)]
        _push(tools, home, moves, Entry(wanted, wanted.kind, word.by, word.at, word.url))
        return wanted

    return _trying(tools, home, attempt)


def take_away(tools: Tools, home: Repository, record: Lock | Rollback, done: str, word: Word) -> bool:
    """Take away a record; False when it is not there any more.

    `done` is the command that did it.
    """

    def attempt() -> bool:
        there = _refs(tools, home).get(record.ref)
        if there is None or read_kept(tools, home).at(record.ref) != record:
            return False
        _push(tools, home, [RefMove(record.ref, there, None)], Entry(record, done, word.by, word.at, word.url))
        return True

    return _trying(tools, home, attempt)


def _trying(tools: Tools, home: Repository, attempt: Callable[[], T]) -> T:
    """Read afresh and try, until nobody else was first."""
    for left in reversed(range(TRIES)):
        tools.git.fetch(home)
        try:
            return attempt()
        except TransientError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _push(tools: Tools, home: Repository, moves: list[RefMove], entry: Entry) -> None:
    """Move records, and the line of all records with them."""
    last = _refs(tools, home).get(AUDIT)
    message = entry_message(entry, last or "", tools.seal(home))
    commit = tools.git.write_commit(
        home, tree=EMPTY_TREE, parents=(last,) if last else (), message=message, time=entry.at
    )
    tools.git.push_records(home, [*moves, RefMove(AUDIT, last, commit)])
    record = entry.record
    told = {"environment": record.environment} if isinstance(record, Lock) else {"environment": record.target}
    if isinstance(record, Said):
        told |= {"sha": record.sha, "gate": record.gate}
    _log.info("audit", done=entry.done, by=entry.by, reason=record.reason, url=entry.url, repo=home.full_name, **told)


def _refs(tools: Tools, home: Repository) -> dict[str, str]:
    return {one.ref: one.commit for one in tools.git.records(home)}
