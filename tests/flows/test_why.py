"""Why is a promotion where it is, and what would it change?"""

from __future__ import annotations

import pytest

from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.test_locks import say
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
FULL = pipeline(
    staging="gates:\n  soak: 1d\n  checks: [integration]\n  window: Mon-Fri 09:00-16:00 Europe/Berlin\n"
    "  override: {gates: [soak, window], teams: [leads]}\non_drift: block"
)


def row(reply: str, gate: str) -> list[str]:
    """Return the cells of a gate's row."""
    found = [one for one in reply.split("\n") if f"\u00a0{gate} |" in one]
    assert len(found) == 1, reply
    return [cell.strip() for cell in found[0].strip("|").split(" | ")]


@pytest.mark.town(configuration=FULL)
def test_why_tells_every_gate_with_value_owner_next_step_time_and_rule(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    say(town, number, "ann", "/hold staging until the meeting")
    reply = say(town, number, "rita", "/why staging")
    assert f"**development → staging** by #{pull.number}, waiting at checks" in reply
    names = ("order", "checks", "health", "policy", "approvals", "soak", "window", "freeze", "lock", "drift", "test")
    assert [
        one.split("\u00a0")[1].split(" ")[0] for one in reply.split("\n") if one[:3] in ("| ✅", "| ⏳", "| ❌")
    ] == [*names]
    checks = row(reply, "checks")
    assert checks[2:] == [
        "CI",
        "nothing to do: the gate opens when they succeed",
        "–",
        "`environments.staging.gates.checks: integration`",
    ]
    soak = row(reply, "soak")
    assert soak[2] == "the clock"
    assert soak[4].endswith(" Europe/Berlin"), "when time alone opens it, in the time zone of the window"
    assert soak[5] == "`environments.staging.gates.soak: 1d`"
    assert "Mon-Fri 09:00-16:00 Europe/Berlin" in row(reply, "window")[5]
    lock = row(reply, "lock")
    assert "put on hold by @\u200bann" in lock[1] and "`until the meeting`" in lock[1]
    assert lock[3] == "comment `/resume staging`"
    assert row(reply, "drift")[5] == "`environments.staging.on_drift: block`"
    assert row(reply, "health")[5] == "none is written"
    assert row(reply, "order")[5] == "`environments.staging.after: development`"
    assert "`/override` may open `soak` and `window` by team leads." in reply
    assert say(town, pull.number, "rita", "/why").split("\n")[4:] == say(town, number, "rita", "/why").split("\n")[4:]


def test_why_where_nothing_is_underway(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    town.settle()
    reply = say(town, number, "rita", "/why production")
    assert (
        "**staging → production** has nothing underway: production already has everything that staging holds." in reply
    )
    assert "Nothing is promoted into `development`" in say(town, number, "rita", "/why development")
    assert town.reactions(number, town.say(number, "rita", "no command")) == []


def test_why_in_a_conflict(town: Town) -> None:
    town.commit("staging", {SETTINGS: RED}, "omar")
    number = town.land("green", {SETTINGS: GREEN})
    reply = say(town, number, "rita", "/why staging")
    assert "stands still: 1 file conflicts." in reply
    assert "changed in both development and staging" in row(reply, "order")[1]
    assert "approvals" not in reply


def test_diff_of_a_merged_pull_request_is_that_of_the_promotion_it_waits_for(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    reply = say(town, number, "rita", "/diff staging")
    assert f"to **staging** by #{pull.number} would change this there." in reply
    assert "+  colour: green" in reply
    assert say(town, number, "rita", "/diff").split("\n")[4:] == reply.split("\n")[4:], "staging is what comes next"
    assert "➖ production already has everything that staging holds." in say(town, number, "rita", "/diff production")
    town.promote("staging")
    reply = say(town, number, "rita", "/diff production")
    assert "to **production** would change this there." in reply, "though nobody asked for it yet"
    assert "+  colour: green" in reply
    assert town.promotions("production") == []
    assert "staging already has everything" in say(town, number, "rita", "/diff")


def test_diff_of_a_merged_pull_request_in_a_conflict(town: Town) -> None:
    town.commit("staging", {SETTINGS: RED}, "omar")
    number = town.land("green", {SETTINGS: GREEN})
    reply = say(town, number, "rita", "/diff staging")
    assert "Nothing was written." in reply and "both sides" in reply
    assert town.world.open_pulls(REPOSITORY) == []
