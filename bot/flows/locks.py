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
from bot.promotion.seals import Seal
from bot.promotion.spent import spent

T = TypeVar("T")
TRIES = 4
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
        _push(tools, home, moves, _Entry(wanted, wanted.kind, word))
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
        _push(tools, home, [RefMove(record.ref, there, None)], _Entry(record, done, word))
        return True

    return _trying(tools, home, attempt)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is written into the line of all records: the record, what became of it, and by whose word."""

    record: AnyRecord
    done: str
    word: Word


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


def _push(tools: Tools, home: Repository, moves: list[RefMove], entry: _Entry) -> None:
    """Move records, and the line of all records with them."""
    last = _refs(tools, home).get(AUDIT)
    seal = tools.seal(home)
    message = f"{record_message(entry.record, seal, entry.done)}\n{_said(entry, last, seal)}"
    commit = tools.git.write_commit(
        home, tree=EMPTY_TREE, parents=(last,) if last else (), message=message, time=entry.word.at
    )
    tools.git.push_records(home, [*moves, RefMove(AUDIT, last, commit)])
    record, word = entry.record, entry.word
    told = {"environment": record.environment} if isinstance(record, Lock) else {"environment": record.target}
    if isinstance(record, Said):
        told |= {"sha": record.sha, "gate": record.gate}
    _log.info("audit", done=entry.done, by=word.by, reason=record.reason, url=word.url, repo=home.full_name, **told)


def _said(entry: _Entry, last: str | None, seal: Seal) -> str:
    """Return who did it, sealed together with what came before, so that the line cannot be cut or bent unseen."""
    text = f"{entry.done} by {entry.word.by} at {entry.word.at.isoformat()} {entry.word.url}".rstrip()
    mark = seal(f"audit {last or 'none'} {text} {entry.record.ref}")
    return f"Lockkeeper-Done: {text}\nLockkeeper-Entry: {mark}\n"


def _refs(tools: Tools, home: Repository) -> dict[str, str]:
    return {one.ref: one.commit for one in tools.git.records(home)}
