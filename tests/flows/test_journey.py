"""Is the author of a change kept informed, on their own pull request, of where it is and what it waits for?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.flows import journeys
from bot.flows.converge import converge
from bot.flows.journeys import read_journeys
from bot.model.repository import Repository
from bot.promotion.journey import as_json
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


def told(town: Town, number: int) -> str:
    """Return the one comment about a change's way."""
    (comment,) = town.said(number, "journey")
    return comment.body


@pytest.mark.town(configuration=pipeline(staging="approvers: {teams: [qa], required: 1}"))
def test_each_arrival_is_told_and_what_it_waits_for(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion("staging").number
    text = told(town, number)
    assert "this change is in **development**" in text
    assert f"| **staging** | ⏳ #{pull} is open: approvals: " in text
    assert "team qa" in text
    assert 'e1["⏳ staging"]' in text and "class e1 waiting" in text
    assert "| **production** | – |" in text

    town.review(pull, "quinn")
    town.settle()
    assert f"🚢 #{pull} is open: ready to merge" in told(town, number)
    town.promote("staging")
    text = told(town, number)
    assert "this change is in **staging**" in text
    assert f"by #{pull}" in text and 'e1["✅ staging"]' in text
    assert "promoted on request" in text


def test_of_very_many_authors_the_next_look_tells_the_others(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond the fiftieth were never told: every look began with the same fifty, who knew already."""
    monkeypatch.setattr(journeys, "MAX_TOLD", 1)
    numbers = [town.propose(f"note-{one}", {f"notes/{one}.txt": "a note\n"}) for one in range(3)]
    for number in numbers:
        town.merge(number)
    town.settle()
    for _ in numbers:
        town.sweep()
        town.settle()
    assert [len(town.said(number, "journey")) for number in numbers] == [1, 1, 1]


def test_one_whom_github_lets_nobody_tell_keeps_nobody_from_being_told(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where as many conversations as one look tells were locked, each look tried these again, and came to no others."""
    monkeypatch.setattr(journeys, "MAX_TOLD", 1)
    numbers = [town.propose(f"note-{one}", {f"notes/{one}.txt": "a note\n"}) for one in range(2)]
    town.settle()
    tried = town.sandbox.faults.add(("POST", f"/issues/{numbers[1]}/comments"), "403", times=99)  # the newest is first
    for number in numbers:
        town.merge(number)
    town.settle()
    for _ in numbers:
        town.sweep()
        town.settle()
    assert [len(town.said(number, "journey")) for number in numbers] == [1, 0]
    assert tried.hits <= len(numbers), "and it is not tried with every look"


def test_what_was_declined_is_told(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.world.close_pull(REPOSITORY, town.promotion("staging").number, "quinn")
    town.settle()
    text = told(town, number)
    assert "❌ the promotion of" in text and "was closed unmerged" in text
    assert "class e1 blocked" in text


def test_a_conflict_is_told(town: Town) -> None:
    town.commit("staging", {SETTINGS: RED}, "omar", message="Hot fix")
    number = town.land("green", {SETTINGS: GREEN})
    assert f"❌ conflict in `{SETTINGS}`" in told(town, number)


@pytest.mark.town(configuration=pipeline(staging="approvers: {teams: [qa], required: 1}"))
def test_what_stands_for_days_is_told_without_any_delivery(town: Town) -> None:
    """A sweep tells it; a comment that was edited for each hour would be one that nobody reads."""
    number = town.land("green", {SETTINGS: GREEN})
    assert "⚠️" not in told(town, number)
    began = datetime.now(UTC)
    for days, words in ((1, "1 day"), (2, "1 day"), (3, "3 days"), (9, "7 days")):
        town.bot.clock = partial(began.__add__, timedelta(days=days, minutes=5))
        town.sweep()
        town.settle()
        assert f"It has not come to **staging** for more than {words}: approvals: " in told(town, number)


def test_status_draws_the_pipeline(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.commit("production", {SETTINGS: RED}, "omar", message="Hot fix")
    comment = town.say(number, "ann", "/status")
    town.settle()
    reply = town.reply(number, comment)
    assert "```mermaid\nflowchart LR" in reply
    assert 'e1["🚢 staging"]' in reply and 'e0["✅ development"]' in reply


@pytest.mark.town(configuration=pipeline(staging="merge: auto"))
def test_the_same_as_json(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    home = Repository.parse(REPOSITORY)
    tools = town.bot.tools(home, lambda: None)
    seen = converge(tools, home, write=False)
    (found,) = [as_json(one) for one in read_journeys(tools, seen.house, seen.hops)]
    assert found["reference"] == f"#{number}"
    assert found["here"] == ["staging"]
    assert [one["state"] for one in found["stations"]] == ["reached", "reached", "ahead"]
    assert found["stations"][1]["pull"] == number + 1
    assert found["stations"][1]["since"].endswith("+00:00")
    assert found["stations"][2]["waits"].startswith("production is promoted on request")


def test_a_rollback_is_told(town: Town) -> None:
    first = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    number = town.land("red", {SETTINGS: RED})
    town.promote("staging")
    assert "this change is in **staging**" in told(town, number)
    town.say(number, "quinn", "/rollback staging")
    town.settle()
    (back,) = [one for one in town.world.open_pulls(REPOSITORY) if one.head_ref.startswith("rollback/")]
    town.merge(back.number, "quinn", "merge")
    town.settle()
    text = told(town, number)
    assert "this change is in **development**" in text
    assert f"| **staging** | ↩️ rolled back by #{back.number}: staging was rolled back to what it held before" in text
    assert "/resume staging" in text and "class e1 blocked" in text
    assert "this change is in **staging**" in told(town, first), "what it went back to is still there"
