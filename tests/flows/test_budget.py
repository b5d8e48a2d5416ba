"""Does a promotion cost no more than it may, however much it moves?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.flows.budget import (
    CONFIGURATION,
    READS,
    WRITES,
    Calls,
    Crowd,
    applications,
    changed,
    counted,
    merge_and_count,
    pipeline,
    stretch,
)
from tests.flows.world import REPOSITORY, Town


@pytest.mark.parametrize(("apps", "files"), [(1, 0), (1, 100), (100, 0)], ids=["small", "files", "applications"])
def test_a_merge_costs_no_more_than_it_may(make_town: Callable[..., Town], apps: int, files: int) -> None:
    """The numbers do not grow with the files, nor with the applications that a promotion moves."""
    town = make_town(CONFIGURATION, applications(apps, files))
    town.settle()
    calls = merge_and_count(town, changed(apps, files))
    assert calls.reads <= READS, calls
    assert calls.writes <= WRITES, calls
    assert calls.fetches <= 6 and calls.pushes == 1, calls
    pull = town.promotion()
    assert f"| {apps} changed" in town.said(pull.number, "checks")[0].body, "it was a promotion of so many"
    assert town.title_of(pull.head_sha) == "approvals: waiting for team qa", "all was said"
    assert [team.slug for team in pull.requested_teams] == ["qa"]
    assert len(town.said(pull.number, "checks")) == len(town.said(1, "journey")) == 1


def test_it_is_no_more_after_earlier_promotions(make_town: Callable[..., Town]) -> None:
    town = make_town(CONFIGURATION, applications(2))
    town.settle()
    merge_and_count(town, changed(1))
    town.review(town.promotion().number, "quinn")
    town.settle()
    town.promote("staging")
    calls = merge_and_count(town, {key: text for key, text in changed(2).items() if "web-1" in key})
    assert calls.reads <= READS and calls.writes <= WRITES, calls


def test_more_authors_cost_a_write_each_and_no_read(make_town: Callable[..., Town]) -> None:
    """Each author is told where the change is, and what was said to them before is read with one call for all."""
    town = make_town(CONFIGURATION, applications(4))
    town.settle()
    each = [{key: text for key, text in changed(4).items() if f"b-{number}" in key} for number in range(4)]
    pulls = [town.propose(f"change-{number}", files) for number, files in enumerate(each)]
    town.settle()
    for number in pulls:
        sha = town.merge(number)
        town.world.set_status(REPOSITORY, sha, "ben", "success", "integration-tests")
    with counted(town) as counting:
        town.settle()
        calls = counting()
    assert calls.reads <= READS and calls.writes <= WRITES + 3, calls
    assert all(len(town.said(number, "journey")) == 1 for number in pulls)


def test_deliveries_one_by_one_cost_little_more(make_town: Callable[..., Town]) -> None:
    """GitHub does not send all at once: here each delivery finds the bot idle, and is worked on before the next."""
    town = make_town(CONFIGURATION, applications(1))
    town.settle()
    number = town.propose("change", changed(1))
    town.settle()
    town.merge(number)
    with counted(town) as calls:
        while held := town.take_held():
            for one in held:
                town.deliver(one)
                town.work()
        found = calls()
    assert found.writes <= WRITES, found
    assert found.reads <= READS + 4, found
    assert len(town.promotions()) == 1


def test_quiet_costs_one_list(make_town: Callable[..., Town]) -> None:
    """A look at a repository where nothing has happened reads its pull requests, and no more."""
    town = make_town(CONFIGURATION, applications(1))
    town.settle()
    merge_and_count(town, changed(1))
    town.review(town.promotion().number, "quinn")
    town.settle()
    town.promote("staging")
    town.take_held()
    with counted(town) as calls:
        town.queue.mark(["acme/shop"])
        town.work()
        found = calls()
    assert replace(found, fetches=0, kinds={}) == Calls(1, 0, 0, 0, {}), found


@pytest.mark.parametrize(
    ("environments", "old"),
    [(3, Crowd(closed=1000)), (10, Crowd(closed=200, opened=150))],
    ids=["a thousand closed", "ten environments, many open"],
)
def test_a_crowd_of_pull_requests_costs_no_more(make_town: Callable[..., Town], environments: int, old: Crowd) -> None:
    """Each look used to ask for a list for every pair of environments, and for all that were open: 15 to 20 reads."""
    town = make_town(pipeline(environments), applications(1))
    stretch(town, environments)
    old.come(town)
    calls = merge_and_count(town, changed(1))
    assert calls.reads <= READS and calls.writes <= WRITES, calls
    assert calls.kinds["POST /api/graphql"] == 2, calls
    assert town.title_of(town.promotion().head_sha) == "approvals: waiting for team qa", "all was said"
