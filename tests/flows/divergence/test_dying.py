"""A worker dies before any write of a rollback, or of a way back: what is left in the end?"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.promotion.locks import AUDIT, PREFIX
from tests.flows.conftest import at_rest
from tests.flows.divergence.ways import arrive, heads, on
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, Killed, Town

MakeTown = Callable[..., Town]
GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
DEATHS = 5  # of one story, evenly spread; each at every write with ALL_SCHEDULES=1 in the environment


@dataclass
class Worker:
    """Writes, and dies before the write of a number; 0 never."""

    dies_at: int
    writes: int = 0

    def __call__(self) -> None:
        self.writes += 1
        if self.writes == self.dies_at:
            raise Killed


def walked(town: Town, worker: Worker) -> tuple[object, ...]:
    """Go there, back, and there again, with one death on the way; return what is left."""
    change = town.land("green", {SETTINGS: GREEN})
    arrive(town, "promote/development-to-staging")
    town.before_write = worker
    town.say(change, "ann", "/rollback staging it crashes")
    town.settle()
    number = on(town, "rollback/staging").number
    arrive(town, "rollback/staging")
    town.say(change, "ann", "/promote staging")
    town.settle()
    arrive(town, "promote/development-to-staging")
    fix = town.propose("fix", {SETTINGS: RED}, base="staging")
    town.merge(fix)
    town.settle()
    town.say(fix, "ann", "/promote development")
    town.settle()
    arrive(town, "back/staging-to-development")
    town.before_write = None
    at_rest(town)
    refs = town.world.repository(REPOSITORY).git
    said = [one.body.partition("\n")[2] for pull in (change, fix) for one in town.said(pull, "reply")]
    line = refs.text("log", "--reverse", "--format=%s", AUDIT).split("\n")
    return (
        [town.file(branch, SETTINGS) for branch in ("main", "staging")],
        sorted(ref for ref in refs.refs(PREFIX)),
        line,
        [one.head_ref for one in town.world.repository(REPOSITORY).pulls if one.head_ref.split("/")[0] != "fix"],
        heads(town),
        number,
        len(said),
    )


@pytest.mark.timeout(1800)
def test_a_worker_that_dies_before_any_write_leaves_the_same(make_town: MakeTown) -> None:
    configuration = pipeline(staging="approvers: {teams: [qa]}")
    whole = make_town(configuration)
    whole.settle()
    alive = Worker(0)
    expected = walked(whole, alive)
    assert expected[0] == [RED, RED]
    assert expected[1] == [f"{PREFIX}audit", f"{PREFIX}rollback/staging"]
    step = 1 if os.environ.get("ALL_SCHEDULES") else alive.writes // DEATHS
    for at in range(1, alive.writes + 1, step):
        town = make_town(configuration)
        town.settle()
        dying = Worker(at)
        assert walked(town, dying) == expected, f"it died before write {at}"
        assert dying.writes >= at
