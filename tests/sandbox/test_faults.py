"""Do the switches break single calls as they say, and nothing else?"""

from __future__ import annotations

import pytest
import requests

from bot.sandbox.faults import Kind
from tests.sandbox.conftest import Town


def send(town: Town, body: str = "hello", timeout: float = 5) -> requests.Response:
    headers = {"Authorization": f"Bearer {town.people['bob'].token}"}
    url = f"{town.sandbox.api_url}/repos/acme/app/issues/1/comments"
    return requests.post(url, json={"body": body}, headers=headers, timeout=timeout)


@pytest.fixture
def issue(town: Town) -> int:
    town.branch("feature")
    return town.sandbox.world.open_pull("acme/app", "bob", head="feature").number


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("502", 502, False),
        ("502-after", 502, True),
        ("500", 500, False),
        ("503", 503, False),
        ("403-secondary", 403, False),
        ("403-primary", 403, False),
        ("429", 429, False),
        ("slow", 201, True),
    ],
)
def test_answers_that_fail(town: Town, issue: int, kind: Kind, status: int, done: bool) -> None:
    fault = town.sandbox.faults.add(("POST", r"/comments$"), kind, seconds=0.1)
    answer = send(town)
    assert (answer.status_code, fault.hits) == (status, 1)
    assert (len(town.sandbox.world.comments_of("acme/app", issue)) == 1) == done
    assert ("Retry-After" in answer.headers) == (kind in ("403-secondary", "429"))
    assert send(town).status_code == 201


@pytest.mark.parametrize(
    ("kind", "done"), [("crash-before", False), ("crash-after", True), ("timeout", False), ("timeout-after", True)]
)
def test_connections_that_end(town: Town, issue: int, kind: Kind, done: bool) -> None:
    town.sandbox.faults.add(("POST", r"/comments$"), kind, seconds=0.5)
    patience = 0.2 if kind.startswith("timeout") else 5
    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        send(town, timeout=patience)
    assert (len(town.sandbox.world.comments_of("acme/app", issue)) == 1) == done


def test_faults_skip_and_count(town: Town, issue: int) -> None:
    fault = town.sandbox.faults.add(("*", "/comments"), "502", times=2, skip=1)
    assert [send(town).status_code for _ in range(5)] == [201, 502, 502, 201, 201]
    assert fault.hits == 2
    town.sandbox.faults.add(("POST", "/comments"), "502", times=9)
    town.sandbox.faults.clear()
    assert send(town).status_code == 201


def test_read_lag_answers_what_was(town: Town, issue: int) -> None:
    repo = town.repo("bob")
    before = repo.get_pull(issue).title
    town.sandbox.world.edit_pull("acme/app", issue, "bob", title="New")
    town.sandbox.faults.add(("GET", r"/pulls/1$"), "stale")
    assert [repo.get_pull(issue).title for _ in range(2)] == [before, "New"]


def test_writes_are_counted(town: Town, issue: int) -> None:
    town.bot().get_pull(issue)
    town.sandbox.exchanges.clear()
    bot = town.bot()
    bot.get_pull(issue)
    assert len(town.sandbox.exchanges) >= 2 and town.sandbox.exchanges.writes == []
    bot.get_pull(issue).create_issue_comment("one")
    assert [(one.method, one.path) for one in town.sandbox.exchanges.writes] == [
        ("POST", f"/api/v3/repos/acme/app/issues/{issue}/comments")
    ]
