"""Approvals by comment: whose counts, for which commit, and for how long?"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bot.promotion.locks import PREFIX
from tests.flows.directories import DEVELOPMENT, directory, web
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.test_locks import say
from tests.flows.test_tag import release
from tests.flows.world import PROMOTION, REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
TWO = pipeline(staging="merge: auto\napprovers: {teams: [qa, leads], required: 2}")
TAGS = """\
version: 1
strategy: tag
environments:
  development: {branch: main, path: environments/development, tag: v*-dev}
  staging:
    path: environments/development
    tag: v*-stage
    approvers: {teams: [qa], required: 1}
"""


@pytest.mark.town(configuration=TWO)
def test_enough_approvals_by_comment_and_by_review_merge_what_was_seen(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    reply = say(town, number, "quinn", "/approve staging")
    assert f"Your approval of {pull.head_sha[:7]} in #{pull.number} for staging counts: 1 of 2 on" in reply
    assert town.file("staging", SETTINGS) != GREEN
    again = say(town, pull.number, "quinn", "/approve")
    assert "counts: 1 of 2" in again, "one person counts once"
    town.review(pull.number, "quinn")
    town.settle()
    assert town.file("staging", SETTINGS) != GREEN, "also when they review as well"
    assert "counts: 2 of 2" in say(town, pull.number, "lena", "/approve")
    assert town.file("staging", SETTINGS) == GREEN


@pytest.mark.town(configuration=TWO)
def test_approvals_are_for_the_commit_that_was_seen(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    seen = town.promotion().head_sha
    say(town, number, "quinn", "/approve staging")
    town.land("red", {SETTINGS: RED})
    pull = town.promotion()
    assert pull.head_sha != seen
    assert "approvals: waiting for team qa, team leads" in town.title_of(pull.head_sha)
    assert "1 of 2" not in town.body(pull.number)
    reply = say(town, number, "lena", f"/approve staging --sha {seen[:12]}")
    assert "❌ the promotion has moved on" in reply
    assert f"/approve staging --sha {pull.head_sha[:12]}" in reply
    assert "counts: 1 of 2" in say(town, number, "lena", f"/approve staging --sha {pull.head_sha[:12]}")
    assert town.file("staging", SETTINGS) not in (GREEN, RED)


def test_a_comment_from_before_the_promotion_moved_approves_nothing(make_town: Callable[..., Town]) -> None:
    """It is read late; whoever wrote it saw another commit, though they did not say which."""
    town = make_town(TWO)
    town.settle()
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "quinn", "/approve staging")
    held = town.take_held()
    time.sleep(1.1)  # GitHub tells seconds
    town.land("red", {SETTINGS: RED})
    pull = town.promotion()
    for one in held:
        town.deliver(one)
    town.settle()
    reply = town.reply(number, comment)
    assert f"a comment from before the promotion to staging came to {pull.head_sha[:12]}" in reply
    assert f"/approve staging --sha {pull.head_sha[:12]}" in reply
    assert "0 of 2" in town.body(pull.number)


@pytest.mark.town(configuration=TWO)
def test_on_a_direct_change_nobody_approves_the_promotion(town: Town) -> None:
    """`/approve staging`, said of a hotfix on its own pull request, approved the promotion that waited elsewhere."""
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    hotfix = town.propose("hotfix", {SETTINGS: RED}, "ben", base="staging")
    town.settle()
    reply = say(town, hotfix, "quinn", "/approve staging")
    assert "❌ this pull request is no promotion: it changes staging directly" in reply
    assert f"comment `/approve staging` on \\#{pull.number}" in reply
    assert "0 of 2" in town.body(pull.number)
    town.merge(hotfix)
    town.settle()
    reply = say(town, pull.number, "quinn", "/approve")
    assert f"➖ #{pull.number} cannot go on before the conflict is resolved" in reply


@pytest.mark.town(configuration=TWO)
def test_whose_approval_does_not_count(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN}, "lena")
    pull = town.promotion()
    for login, has in (("ann", "you are not among them"), ("lena", "all that it carries is yours")):
        reply = say(town, pull.number, login, "/approve")
        assert "❌ your approval does not count for staging" in reply
        assert f"**You have:** {has}" in reply
    town.world.close_pull(REPOSITORY, pull.number, "omar")
    town.settle()
    say(town, number, "quinn", "/promote staging")
    reply = say(town, number, "quinn", "/approve staging")
    assert "**You have:** you asked for it" in reply
    assert not [ref for ref in town.world.repository(REPOSITORY).git.refs(PREFIX) if "/approve/" in ref]


@pytest.mark.town(configuration=TWO)
def test_an_approval_ends_with_the_right_to_give_it(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    say(town, number, "quinn", "/approve staging")
    town.world.organization("acme").teams["qa"].members.remove(town.world.account("quinn"))
    say(town, number, "lena", "/approve staging")
    assert town.file("staging", SETTINGS) != GREEN
    assert "quinn is not among the approvers" in town.body(town.promotion().number)


def test_where_no_approval_is_asked_for_or_nothing_is_underway(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    assert "➖ no promotion into production is underway" in say(town, number, "lena", "/approve production")
    town.merge(number)
    town.settle()
    assert "promotions to staging ask for no approval" in say(town, number, "lena", "/approve staging")
    reply = say(town, number, "lena", "/approve development")
    assert "Nothing is promoted into `development`: changes start there." in reply


@pytest.mark.town(configuration=TAGS, more=directory("development"))
def test_a_tag_is_set_once_its_commit_is_approved_by_comment(town: Town) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    commit = release(town, "v1.0.0-dev")
    (run,) = town.world.check_runs(REPOSITORY, commit, f"{PROMOTION} to staging")
    assert "approvals: waiting for team qa" in (run.title or "")
    assert "you are not among them" in say(town, number, "ann", "/approve staging")
    reply = say(town, number, "quinn", f"/approve staging --sha {commit[:8]}")
    assert f"👍 Your approval of {commit[:7]} for staging counts" in reply
    git = town.world.repository(REPOSITORY).git
    assert git.resolve("refs/tags/v1.0.0-stage") == commit


@pytest.mark.town(configuration=TAGS, more=directory("development"))
def test_who_asked_for_a_tag_does_not_approve_it_because_somebody_asked_again(town: Town) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    commit = release(town, "v1.0.0-dev")
    for login in ("quinn", "lena"):
        say(town, number, login, "/promote staging")
    assert "**You have:** you asked for it" in say(town, number, "quinn", f"/approve staging --sha {commit[:8]}")
    assert town.world.repository(REPOSITORY).git.resolve("refs/tags/v1.0.0-stage") is None
