"""Which promotions does an environment still hold, after rollbacks and rewritten branches?

A promotion stands where the branch holds the commit by which it came, and no rollback has gone back behind it since.
The newest that stands is what the next promotion starts from, so that what was rolled back can be promoted again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.promotion.locks import Rollback

Holds = Callable[[str, str], bool]  # does the first commit lie in the history of the second, or is it the same?


@dataclass(frozen=True, slots=True)
class Came:
    """A promotion came by a commit into its target; `number` is its pull request's."""

    number: int
    commit: str


@dataclass(frozen=True, slots=True)
class WentBack:
    """A rollback came by a commit, and made its target what it was at `to`."""

    number: int
    commit: str
    to: str


def rollback_line(said: Rollback) -> str:
    """Return the line in a commit's or tag's message that ties it to the rollback it was made for."""
    return f"Lockkeeper-Rollback: {said.since.astimezone(UTC).isoformat(timespec='seconds')}"


def is_for(message: str, said: Rollback) -> bool:
    """Say whether a message has that line; whether it is ours, the seal of its trailers tells."""
    return rollback_line(said) in message.splitlines()


@dataclass(frozen=True, slots=True)
class RolledBack:
    """By which pull request, or tag, and when promotions were taken back, and the references of what they carried."""

    number: int
    at: datetime | None
    includes: tuple[str, ...] = ()
    tag: str = ""


def standing(promotions: Sequence[Came], rollbacks: Sequence[WentBack], head: str, holds: Holds) -> tuple[Came, ...]:
    """Return the promotions that `head` still holds the content of; all are given and returned newest first."""
    newest = in_force(rollbacks, head, holds)
    here = tuple(one for one in promotions if holds(one.commit, head))
    if newest is None:
        return here
    since = tuple(one for one in here if not holds(one.commit, newest.commit))
    before = tuple(one for one in rollbacks if one != newest)
    return since + standing(promotions, before, newest.to, holds)


def in_force(rollbacks: Sequence[WentBack], head: str, holds: Holds) -> WentBack | None:
    """Return the newest rollback that `head` holds, None where there is none."""
    return next((one for one in rollbacks if holds(one.commit, head)), None)
