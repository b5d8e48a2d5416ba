"""What does GitHub tell of rollouts, of the times of checks, and of when a commit came to a branch?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import github
import pytest

from bot.errors import NotFoundError, TransientError
from bot.model.repository import Deployment, Repository
from bot.sandbox.faults import Kind
from tests.github.conftest import NAME, REPOSITORY, House

START = datetime(2026, 11, 25, 10, tzinfo=UTC)


class Clock:
    """The stand-in's clock, which stands still until it is moved."""

    def __init__(self, house: House) -> None:
        self.time = START
        house.world.now = lambda: self.time

    def after(self, minutes: int) -> datetime:
        self.time = START + timedelta(minutes=minutes)
        return self.time


@pytest.fixture
def clock(house: House) -> Clock:
    return Clock(house)


def person(house: House, login: str = "bob") -> github.Github:
    token = github.Auth.Token(house.world.account(login).token)
    return github.Github(auth=token, base_url=house.sandbox.api_url, lazy=True)


def announce(house: House, sha: str, environment: str = "staging") -> int:
    body = {"ref": sha, "environment": environment, "required_contexts": [], "auto_merge": False}
    _, found = person(house).requester.requestJsonAndCheck("POST", f"/repos/{NAME}/deployments", input=body)
    return int(found["id"])


def tell(house: House, deployment: int, state: str, **more: str) -> None:
    url = f"/repos/{NAME}/deployments/{deployment}/statuses"
    person(house).requester.requestJsonAndCheck("POST", url, input={"state": state, **more})


def test_the_newest_deployment_comes_first_and_states_are_asked_for(house: House, clock: Clock) -> None:
    sha = house.world.branch_sha(NAME, "main") or ""
    first, second = announce(house, sha), announce(house, sha)
    announce(house, sha, "production")
    house.calls()
    found = house.github.deployments(REPOSITORY, "staging")
    assert [(one.id, one.sha, one.state, one.creator) for one in found] == [
        (second, sha, "", "bob"),
        (first, sha, "", "bob"),
    ]
    assert house.calls() == [f"GET /repos/{NAME}/deployments"], "one request, however many there are"
    assert house.github.deployment_state(REPOSITORY, found[0]) == found[0], "nothing was said of it"


def test_a_state_that_is_told_again_has_not_begun_again(house: House, clock: Clock) -> None:
    number = announce(house, house.world.branch_sha(NAME, "main") or "")
    tell(house, number, "success")
    clock.after(5), tell(house, number, "failure")
    since = clock.after(10)
    tell(house, number, "success", environment_url="https://staging.example")
    clock.after(20), tell(house, number, "success")
    house.calls()
    read = house.github.deployment_state(REPOSITORY, house.github.deployments(REPOSITORY, "staging")[0])
    assert (read.state, read.since, read.site) == ("success", since, "https://staging.example")
    assert len(house.calls()) == 2


def test_no_more_than_a_page_is_read(house: House) -> None:
    sha = house.world.branch_sha(NAME, "main") or ""
    numbers = [announce(house, sha) for _ in range(33)]
    for state in ("in_progress", "success") * 16:
        tell(house, numbers[-1], state)
    house.calls()
    found = house.github.deployments(REPOSITORY, "staging")
    assert [one.id for one in found] == numbers[:2:-1]
    assert house.github.deployment_state(REPOSITORY, found[0]).state == "success"
    assert len(house.calls()) == 2


def test_checks_tell_their_times(house: House, clock: Clock) -> None:
    sha = house.world.branch_sha(NAME, "main") or ""
    began = clock.after(0)
    house.world.report_check(NAME, sha, house.app, "load", None)
    done = clock.after(3)
    house.world.report_check(NAME, sha, house.app, "e2e", "success", started_at="2026-11-25T10:01:00Z")
    person(house).get_repo(NAME).get_commit(sha).create_status("success", context="kustomization/web/1a2b3c4d")
    found = {one.name: one for one in house.github.checks(REPOSITORY, sha)}
    assert (found["load"].started, found["load"].at) == (began, None)
    assert (found["e2e"].started, found["e2e"].at) == (began + timedelta(minutes=1), done)
    assert found["kustomization/web/1a2b3c4d"].at == done


def test_when_commits_came_to_a_branch(house: House, clock: Clock) -> None:
    """The dates in commits are whatever their author wrote; GitHub's clock is not."""
    first = house.world.branch_sha(NAME, "main")
    pushed = clock.after(5)
    second = house.world.commit(NAME, "main", {"a": "1"}, author="bob")
    clock.after(6), house.world.commit(NAME, "topic", {"b": "1"}, author="bob")
    number = house.world.open_pull(NAME, "bob", head="topic", title="b").number
    merged = clock.after(7)
    third = house.world.merge(NAME, number, "alice", "squash")
    house.calls()
    found = house.github.pushes(REPOSITORY, "main")
    assert [(one.after, one.at) for one in found[:2]] == [(third, merged), (second, pushed)]
    assert found[2].after == first and len(found) == 3
    assert house.calls() == [f"GET /repos/{NAME}/activity"]
    clock.after(9), house.world.move_branch(NAME, "topic", None, "bob")
    assert house.github.pushes(REPOSITORY, "topic")[0].after == ""
    assert house.github.pushes(REPOSITORY, "nowhere") == []


@pytest.mark.parametrize("trouble", ["502", "crash-before", "429"])
def test_what_github_does_not_tell_now(house: House, trouble: Kind) -> None:
    sha = house.world.branch_sha(NAME, "main") or ""
    announce(house, sha)
    (deployment,) = house.github.deployments(REPOSITORY, "staging")
    house.sandbox.faults.add(("GET", "/(activity|deployments|statuses)$"), trouble, times=3)
    for call in (
        lambda: house.github.pushes(REPOSITORY, "main"),
        lambda: house.github.deployments(REPOSITORY, "staging"),
        lambda: house.github.deployment_state(REPOSITORY, deployment),
    ):
        with pytest.raises(TransientError):
            call()


def test_what_is_not_there(house: House) -> None:
    nothing = Repository("acme", "nothing")
    for call in (
        lambda: house.github.pushes(nothing, "main"),
        lambda: house.github.deployments(nothing, "staging"),
        lambda: house.github.deployment_state(nothing, Deployment(1, "staging", "a" * 40, "")),
    ):
        with pytest.raises(NotFoundError):
            call()
