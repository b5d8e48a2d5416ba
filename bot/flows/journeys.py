"""Who is told where their change is, and what are they told?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import structlog

from bot.errors import RefusedError
from bot.flows.changes import ChangeReader
from bot.flows.house import House
from bot.flows.outcome import HopOutcome
from bot.flows.tools import Tools
from bot.model.environment import Configuration
from bot.model.promotion import Change
from bot.model.repository import Repository
from bot.promotion.journey import Journey, journey
from bot.report import journey as words

MAX_TOLD = 50  # pull requests told in one run; the next one goes on
_log = structlog.get_logger("bot.flows")


def tell_authors(
    tools: Tools,
    repository: Repository,
    configuration: Configuration,
    outcomes: Sequence[HopOutcome],
    read_changes: Callable[[Sequence[str]], Sequence[Change]],
) -> None:
    """Write, on each original pull request underway or just arrived, where its change is.

    Where GitHub refuses a comment, the others are written all the same, and it is tried again after a day. Comments
    that stand as they were told within the last day are not read again.
    """
    fresh = [one.snapshot for one in outcomes if one.snapshot and one.snapshot.unjudged and one.pull]
    soon = {one.reference for snapshot in fresh for one in snapshot.changes}  # told after the checks, which come now
    concerned = (one for one in _concerned(outcomes, read_changes) if one.number and one.reference not in soon)
    tellings = (
        _Telling(
            Repository.parse(change.repository) if change.repository else repository,
            change.number,
            words.comment(journey(change, configuration, outcomes, tools.clock())),
        )
        for change in concerned
    )
    untold = list(
        islice((one for one in tellings if not tools.told.is_told(one.where, one.pull, one.digest)), MAX_TOLD)
    )
    for where in dict.fromkeys(one.where for one in untold):
        tools.github.foresee_comments(where, [one.pull for one in untold if one.where == where])
    for one in untold:
        try:
            tools.github.ensure_comment(one.where, one.pull, words.MARKER, one.body)
        except RefusedError as error:  # a locked conversation, or one of 2,500 comments
            _log.warning("author_not_told", pull=one.pull, reason=str(error))
        tools.told.note(one.where, one.pull, one.digest)


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is to be told on which pull request."""

    where: Repository
    pull: int
    body: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


def read_journeys(tools: Tools, house: House, outcomes: Sequence[HopOutcome]) -> list[Journey]:
    """Return where every change is that is underway or has just arrived somewhere, by one look at the pipeline."""
    reader = ChangeReader(tools, house.home, house.configuration.environments)
    changes = _concerned(outcomes, reader.named)
    return [journey(one, house.configuration, outcomes, tools.clock()) for one in changes]


def _concerned(
    outcomes: Sequence[HopOutcome], read_changes: Callable[[Sequence[str]], Sequence[Change]]
) -> list[Change]:
    """Return the changes waiting on some hop, those of its newest promotion, and those a tag took back, each once."""
    found: dict[str, Change | None] = {}
    for snapshot in (one.snapshot for one in outcomes if one.snapshot):
        for change in snapshot.changes:
            key = change.reference or change.sha
            found[key] = found.get(key) or change
        arrived = snapshot.arrivals[0].includes if snapshot.arrivals else ()
        back = snapshot.rolled_back
        for reference in (*arrived, *(back.includes if back and back.tag else ())):
            found.setdefault(reference, None)
    unread = [reference for reference, change in found.items() if change is None]
    found |= {change.reference: change for change in read_changes(unread)}
    return [change for change in found.values() if change]
