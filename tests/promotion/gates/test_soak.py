"""From when does the time in the source count, and when is it over?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.model.gates import GateRules, Health
from bot.model.repository import CheckState
from bot.promotion import gates
from bot.promotion.gates import Running
from bot.promotion.times import parse_window
from tests.promotion.facts import APP, facts, hop
from tests.promotion.gates.test_health import deployed, status
from tests.promotion.gates.test_window import utc

HOUR = timedelta(hours=1)
ARRIVED = utc("2026-11-30T10:00:30")
HEALTHY = utc("2026-11-30T10:20")
RUNS = "5555555 has been in staging since Mon 2026-11-30 {} UTC, not for 1h yet"

# name, asked for health, deployment, arrived, now, state, reason, again
SOAK = [
    (
        "since it arrived",
        Health(),
        None,
        ARRIVED,
        "2026-11-30T10:30",
        "wait",
        RUNS.format("10:00"),
        "2026-11-30T11:00:30",
    ),
    (
        "a second before it is over",
        Health(),
        None,
        ARRIVED,
        "2026-11-30T11:00:29",
        "wait",
        RUNS.format("10:00"),
        "2026-11-30T11:00:30",
    ),
    (
        "it is over",
        Health(),
        None,
        ARRIVED,
        "2026-11-30T11:00:30",
        "pass",
        "5555555 has been in staging for 1h, since Mon 2026-11-30 10:00 UTC",
        None,
    ),
    (
        "since it was deployed, though nobody asks",
        Health(),
        deployed("success", HEALTHY),
        ARRIVED,
        "2026-11-30T11:10",
        "wait",
        RUNS.format("10:20"),
        "2026-11-30T11:20",
    ),
    (
        "since it was deployed, as asked",
        Health(deployment=True),
        deployed("success", HEALTHY),
        ARRIVED,
        "2026-11-30T11:20",
        "pass",
        "5555555 has been in staging for 1h, since Mon 2026-11-30 10:20 UTC",
        None,
    ),
    (
        "ours is queued for ever where no agent tells",
        Health(),
        deployed("queued", HEALTHY),
        ARRIVED,
        "2026-11-30T11:10",
        "pass",
        "5555555 has been in staging for 1h, since Mon 2026-11-30 10:00 UTC",
        None,
    ),
    (
        "an agent tells of a failure",
        Health(),
        deployed("failure", HEALTHY),
        ARRIVED,
        "2026-11-30T11:10",
        "wait",
        "the deployment of 5555555 to staging tells of a failure",
        None,
    ),
    (
        "not healthy yet",
        Health(deployment=True),
        deployed("in_progress", HEALTHY),
        ARRIVED,
        "2026-11-30T11:10",
        "wait",
        "1h in staging count from when 5555555 is healthy there",
        None,
    ),
    (
        "no longer healthy",
        Health(deployment=True),
        deployed("failure", HEALTHY),
        ARRIVED,
        "2026-11-30T18:00",
        "wait",
        "1h in staging count from when 5555555 is healthy there",
        None,
    ),
    (
        "nothing is known",
        Health(),
        None,
        None,
        "2026-11-30T18:00",
        "wait",
        "it is not known when 5555555 came to staging",
        None,
    ),
    (
        "a clock that is behind GitHub's",
        Health(),
        None,
        ARRIVED,
        "2026-11-30T09:59",
        "wait",
        RUNS.format("10:00"),
        "2026-11-30T11:00:30",
    ),
]


@pytest.mark.parametrize(
    ("asked", "deployment", "arrived", "now", "state", "reason", "again"),
    [row[1:] for row in SOAK],
    ids=[str(row[0]) for row in SOAK],
)
def test_soak(
    *, asked: Health, deployment: object, arrived: datetime | None, now: str, state: str, reason: str, again: str | None
) -> None:
    rules = GateRules(soak=HOUR, health=asked)
    running = Running(deployment, arrived=arrived)  # type: ignore[arg-type]  # words of a table
    gate = gates.soak(facts(hop=hop(gates=rules), running=running, now=utc(now)))
    assert (gate.name, gate.state, gate.reason) == ("soak", state, reason)
    assert gate.again == (utc(again) if again else None)


def test_no_time_is_asked_for() -> None:
    assert gates.soak(facts()).state == "pass"


def test_where_nothing_tells_when_it_came_our_own_first_look_counts() -> None:
    checks = (
        CheckState("lockkeeper / manifests", "completed", "success", APP, started=ARRIVED - HOUR),
        CheckState("lockkeeper / promotion to staging", "completed", "success", APP, started=ARRIVED - HOUR),
        CheckState("lockkeeper / promotion to production", "in_progress", None, 7, started=ARRIVED - HOUR),
        CheckState("lockkeeper / promotion to production", "in_progress", None, APP, started=ARRIVED),
    )
    given = facts(hop=hop(gates=GateRules(soak=HOUR)), head_checks=checks, now=HEALTHY)
    assert gates.soak(given).again == ARRIVED + HOUR


def test_an_hour_is_an_hour_though_the_clock_jumps() -> None:
    """The end is told as the clocks of the window's zone show it: 01:30 and an hour is 03:30 that night."""
    rules = GateRules(soak=HOUR, windows=(parse_window("Mon-Sun 00:00-24:00 Europe/Berlin"),))
    given = facts(hop=hop(gates=rules), running=Running(arrived=utc("2026-03-29T00:30")), now=utc("2026-03-29T00:45"))
    gate = gates.soak(given)
    assert gate.next == "nothing to do: the time is over at Sun 2026-03-29 03:30 Europe/Berlin"
    assert gate.again == utc("2026-03-29T01:30")


def test_the_last_status_that_turned_green_begins_it() -> None:
    rules = GateRules(soak=HOUR, health=Health(statuses=("kustomization/*",)))
    found = (status("kustomization/a/1", at=ARRIVED), status("kustomization/b/1", at=HEALTHY))
    gate = gates.soak(facts(hop=hop(gates=rules), source_checks=found, now=utc("2026-11-30T11:10")))
    assert gate.again == HEALTHY + HOUR
