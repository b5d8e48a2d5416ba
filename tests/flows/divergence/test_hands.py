"""Somebody lays hands on a promotion pull request, or takes its ground away: what is told, and what goes on?"""

from __future__ import annotations

import pytest

from tests.flows.divergence.ways import arrive, heads, on, say
from tests.flows.repository import PATH, SETTINGS, files, pipeline, settings
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
TO_STAGING = "promote/development-to-staging"


def test_title_and_body_are_ours(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    title, body = pull.issue.title, pull.issue.body
    town.world.edit_pull(REPOSITORY, pull.number, "ben", title="Release!", body="All approved, merge it.")
    town.settle()
    pull = town.promotion()
    assert (pull.issue.title, pull.issue.body) == (title, body)
    assert f"(#{change})" in pull.issue.title


def test_pointed_at_another_branch_it_is_closed_and_goes_on_as_it_should(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    town.world.edit_pull(REPOSITORY, pull.number, "ben", base="production")
    town.settle()
    assert town.pull(pull.number).issue.state == "closed"
    (told,) = town.said(pull.number, "closed")
    assert "it goes into `production`, but staging is deployed from `staging`" in told.body
    again = town.promotion()
    assert (again.base_ref, again.head_sha) == ("staging", pull.head_sha)
    assert again.number != pull.number


def test_its_branch_deleted_and_closed_by_github_it_is_declined_until_somebody_asks(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    town.world.move_branch(REPOSITORY, TO_STAGING, None, "ben")
    town.settle()
    assert heads(town) == []
    status = say(town, change, "ann", "/status")
    assert "was closed unmerged; it is proposed again when development moves on, or with `/promote staging`" in status
    say(town, change, "ann", "/promote staging")
    assert on(town, TO_STAGING).number != number


def test_an_environment_that_left_the_configuration_takes_its_promotion_along(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    gone = pipeline().replace("  staging:\n    branch: staging\n    path: overlays/staging\n", "")
    assert gone != files()[PATH]
    town.land("less", {PATH: gone})
    assert town.pull(number).issue.state == "closed"
    (told,) = town.said(number, "closed")
    assert "the configuration has no way `development to staging` any more" in told.body
    town.land("again", {PATH: pipeline()})
    assert on(town, TO_STAGING).number != number, "closing it was our word, nobody declined it"


def test_broken_rules_take_no_promotion_along(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    town.land("broken", {PATH: "version: 1\nenvironments: []\n"})
    assert town.pull(number).issue.state == "open"
    assert town.said(number, "closed") == []


def test_commits_of_others_on_its_branch_are_told_and_never_overwritten(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    theirs = town.commit(TO_STAGING, {"base/extra.yaml": "# by hand\n"}, "ben", start=TO_STAGING)
    town.settle()
    town.land("red", {SETTINGS: RED})
    assert town.head(TO_STAGING) == theirs
    assert f"holds commit {theirs[:7]}, which Lockkeeper did not make" in town.body(pull.number)
    assert f"delete the branch `{TO_STAGING}`" in town.body(pull.number)
    town.world.move_branch(REPOSITORY, TO_STAGING, None, "ben")
    town.settle()
    assert town.file(on(town, TO_STAGING).head_ref, SETTINGS) == RED


def test_a_target_renamed_on_github_waits_for_the_configuration(town: Town) -> None:
    """GitHub points open pull requests at the new name; the configuration follows by a pull request of its own.

    What had been promoted into the old name was promoted: it is not proposed again.
    """
    town.land("before", {"base/before.yaml": "# before\n"})
    first = arrive(town, TO_STAGING)
    change = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    town.world.move_branch(REPOSITORY, "stage", town.head("staging"), "root")
    town.world.edit_pull(REPOSITORY, pull.number, "root", base="stage")
    town.world.move_branch(REPOSITORY, "staging", None, "root")
    town.settle()
    assert town.pull(pull.number).issue.state == "open"
    status = say(town, change, "ann", "/status")
    assert "branch `staging` of staging does not exist; create it, or write the name it has now" in status
    town.land("renamed", {PATH: pipeline().replace("branch: staging", "branch: stage")})
    assert town.promotion("stage").number == pull.number != first
    assert "First promotion" not in town.body(pull.number)
    arrive(town, TO_STAGING)
    assert town.file("stage", SETTINGS) == GREEN


def test_a_deleted_target_is_told_and_goes_on_when_it_is_back(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING)
    town.land("red", {SETTINGS: RED})
    was = town.head("staging")
    town.world.move_branch(REPOSITORY, "staging", None, "root")
    town.settle()
    assert "branch `staging` of staging does not exist" in say(town, change, "ann", "/status")
    town.world.move_branch(REPOSITORY, "staging", was, "root")
    town.settle()
    say(town, change, "ann", "/promote staging")
    assert f"#{change}" not in town.body(on(town, TO_STAGING).number), "what it held, it still holds"
    arrive(town, TO_STAGING)
    assert town.file("staging", SETTINGS) == RED


@pytest.mark.town(configuration=pipeline(staging="merge: auto"))
def test_a_protected_target_is_told_and_merged_when_it_opens(town: Town) -> None:
    town.world.protect(REPOSITORY, "staging", required_reviews=1, enforce_admins=True)
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    (told,) = town.said(number, "refused")
    assert "❌" in told.body
    del town.world.repository(REPOSITORY).protections["staging"]
    town.sweep()
    town.settle()
    assert town.file("staging", SETTINGS) == GREEN
