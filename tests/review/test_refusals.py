"""What GitHub refuses: does it hold up only what it has to?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.sandbox.acts import issues
from bot.sandbox.records import Account, App, Comment, Issue
from bot.sandbox.refusal import Refusal
from bot.sandbox.state import State
from tests.flows.conftest import at_rest
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


@pytest.mark.town(configuration=pipeline(staging="merge: auto"))
@pytest.mark.parametrize("left", ["squash", "rebase"])
def test_merge_auto_takes_the_method_that_the_repository_allows(town: Town, left: str) -> None:
    repository = town.world.repository(REPOSITORY)
    number = town.land("green", {SETTINGS: GREEN})
    repository.allow_merge_commit = False
    repository.allow_squash_merge = left == "squash"
    repository.allow_rebase_merge = left == "rebase"
    second = town.propose("red", {SETTINGS: RED})
    town.merge(second, method="squash" if left == "squash" else "rebase")
    town.settle()
    assert town.promotions() == []
    assert town.file("staging", SETTINGS) == RED
    assert "this change is in **staging**" in town.said(number, "journey")[0].body
    at_rest(town)


def test_without_the_permission_for_deployments_promotions_go_on(make_town: Callable[..., Town]) -> None:
    town = make_town()
    for installation in town.world.installations.values():
        installation.permissions["deployments"] = "read"
    town.settle()
    town.land("green", {SETTINGS: GREEN})
    town.promote()
    assert "Not recorded" in town.title_of(town.head("staging"), "lockkeeper / deployment to staging")
    town.land("red", {SETTINGS: RED})
    assert town.file(town.promotion().head_ref, SETTINGS) == RED
    assert town.check(town.head("main"), "lockkeeper / from development to staging") is None
    at_rest(town)


def test_an_author_who_cannot_be_told_holds_nothing_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = town.propose("green", {SETTINGS: GREEN})
    town.settle()
    comment = issues.comment

    def refuse(state: State, issue: Issue, sender: Account, body: str, app: App | None = None) -> Comment:
        if issue.number == locked:
            raise Refusal(403, "Unable to create comment because issue is locked.")
        return comment(state, issue, sender, body, app)

    monkeypatch.setattr(issues, "comment", refuse)
    town.merge(locked)
    town.settle()
    number = town.land("red", {SETTINGS: RED})
    assert f"#{locked}" in town.body(town.promotion().number)
    assert town.said(number, "journey")
