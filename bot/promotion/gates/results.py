"""Which of the named checks have succeeded, which have not, and which have no result yet?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.repository import CheckState


@dataclass(frozen=True, slots=True)
class Results:
    """Names in the order they were asked for; those that fail with their conclusion."""

    failing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def results(wanted: Sequence[str], found: Sequence[CheckState]) -> Results:
    """Return what became of each name.

    A skipped or neutral run is no proof that anything was tested, so neither is a success. Where several Apps, or an
    App and a commit status, go by one name, all have to succeed: a status can be set by any writer.
    """
    waiting, failing = [], []
    for name in wanted:
        named = [check for check in found if check.name == name]
        bad = [check for check in named if check.status == "completed" and check.conclusion != "success"]
        if bad:
            failing.append(f"{name} ({bad[0].conclusion})")
        elif not named or any(check.status != "completed" for check in named):
            waiting.append(name)
    return Results(tuple(failing), tuple(waiting))


def newest_word(first: Sequence[CheckState], later: Sequence[CheckState]) -> tuple[CheckState, ...]:
    """Return the checks of a commit, those told again of a later one with the same content as they are there."""
    again = {(one.name, one.app_id) for one in later}
    return (*(one for one in first if (one.name, one.app_id) not in again), *later)
