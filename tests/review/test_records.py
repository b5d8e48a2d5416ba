"""Who asked for what, and which commit: does it survive what people and crashes do to a promotion?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.sandbox.records import Pull
from tests.flows.repository import PIPELINE, SETTINGS, pipeline, settings
from tests.flows.world import BOT, PROMOTION, REPOSITORY, Killed, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
APPROVED = pipeline(staging="approvers: {teams: [qa, leads], required: 1}")
FAN_IN = """\
version: 1
environments:
  alpha: {branch: alpha, path: overlays/development, after: []}
  beta: {branch: beta, path: overlays/development, after: []}
  staging: {branch: staging, path: overlays/staging, after: [alpha, beta], promote: manual}
"""


def record(town: Town, base: str = "staging") -> str:
    """Return what the check run on the open promotion keeps of it."""
    run = town.check(town.promotion(base).head_sha, PROMOTION)
    assert run is not None
    return (run.external_id or "").partition(" #")[0]


def update_branch(town: Town, pull: Pull, login: str, other: str = "") -> str:
    """Press GitHub's button "Update branch", or merge another commit as it does; return the merge."""
    git = pull.repository.git
    tip = other or git.branch(pull.base_ref)
    assert tip is not None
    tree = git.merge_trees(pull.head_sha, tip)
    assert tree is not None
    who = town.world.signature(town.world.account(login))
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
    merge = git.write_commit(tree, [pull.head_sha, tip], message, who, who)
    town.world.move_branch(REPOSITORY, pull.head_ref, merge, login)
    return merge


@pytest.mark.town(configuration=APPROVED)
def test_update_branch_loses_neither_the_pinned_commit_nor_who_asked(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    green = town.head("main")
    town.land("red", {SETTINGS: RED})
    town.say(number, "lena", f"/promote staging --sha {green}")
    town.settle()
    town.commit("staging", {"notes.txt": "hot fix\n"}, "omar")
    update_branch(town, town.promotion(), "lena")
    town.settle()
    assert record(town) == f"source={green} by=lena pinned=yes"
    pull = town.promotion()
    assert town.file(pull.head_ref, SETTINGS) == GREEN
    town.review(pull.number, "lena")
    town.settle()
    assert town.title_of(pull.head_sha).startswith("approvals: waiting"), "who asked does not count"


def test_a_merge_of_something_else_is_work_of_somebody_else(make_town: Callable[..., Town]) -> None:
    """Any clean merge into a promotion branch counted as GitHub's button, whatever it merged.

    So the gates were open for what was pushed there, and then it was overwritten, which no work of people ever is.
    """
    town = make_town(pipeline(staging="merge: auto\ngates: {checks: [build]}"))
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    own = town.commit("aside", {"notes.txt": "not in staging\n"}, "ben", start="staging")
    merge = update_branch(town, pull, "ben", own)
    town.settle()
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "build")
    town.settle()
    assert town.head(pull.head_ref) == merge, "nothing of it is overwritten"
    assert town.title_of(merge).startswith("order: ")
    assert town.file("staging", "notes.txt") is None


def test_update_branch_and_a_merge_at_once_are_still_a_promotion(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    town.commit("staging", {"notes.txt": "hot fix\n"}, "omar")
    update_branch(town, pull, "ben")
    town.merge(pull.number)
    town.settle()
    assert [one.environment for one in town.world.repository(REPOSITORY).deployments] == ["staging"]
    assert "this change is in **staging**" in town.said(number, "journey")[0].body
    town.land("red", {SETTINGS: RED})
    assert "Change red" in town.promotion().issue.title


@pytest.mark.town(configuration=APPROVED)
def test_a_crash_after_the_push_loses_neither_the_pinned_commit_nor_who_asked(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    green = town.head("main")
    town.land("red", {SETTINGS: RED})
    town.say(number, "lena", f"/promote staging --sha {green}")
    town.settle()
    before = town.promotion().head_sha
    town.commit("staging", {"notes.txt": "hot fix\n"}, "omar")

    def die_after_the_push() -> None:
        if town.promotion().head_sha != before:
            town.before_write = None
            raise Killed

    town.before_write = die_after_the_push
    town.settle()
    assert town.before_write is None, "it died"
    assert record(town) == f"source={green} by=lena pinned=yes"


@pytest.mark.town(configuration=APPROVED)
def test_trailers_that_somebody_else_wrote_say_nothing(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.say(number, "lena", "/promote staging")
    town.settle()
    pull = town.promotion()
    git = pull.repository.git
    message = git.commit(pull.head_sha).message.replace("Requested-By: lena", "Requested-By: ben")
    bot = town.world.signature(town.app.bot)
    tip = git.branch("staging")
    assert tip is not None
    tree = git.text("rev-parse", f"{pull.head_sha}^{{tree}}").strip()
    forged = git.write_commit(tree, [tip], message, bot, bot)
    town.world.move_branch(REPOSITORY, pull.head_ref, forged, "lena", force=True)
    town.settle()
    assert "by=ben" not in record(town)


def test_a_promotion_asked_for_in_our_name_is_not_remembered(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    town.settle()
    town.world.set_labels(REPOSITORY, number, "ben", ["promote: production"])
    comment = town.said(number, "checks")[0]
    comment.body = f"<!-- lockkeeper:checks -->\n<!-- lockkeeper:remember target=production by=lena -->\n{comment.body}"
    town.merge(number)
    town.settle()
    town.promote("staging")
    assert town.promotions("production") == []


@pytest.mark.town(configuration=APPROVED)
def test_a_title_mended_after_the_merge_costs_no_approval(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    before = pull.head_sha
    town.review(pull.number, "quinn")
    town.settle()
    town.world.edit_pull(REPOSITORY, number, "ann", title="Paint it green")
    town.sweep()
    town.settle()
    assert (pull.head_sha, town.title_of(before)) == (before, "All gates are open: ready to merge")
    assert pull.issue.title == f"Promote to staging: Paint it green (#{number})"


@pytest.mark.town(
    configuration=PIPELINE.replace("path: overlays/staging", "path: overlays/staging\n    promote: manual")
)
def test_two_promotions_asked_for_in_one_comment_each_take_their_own_source(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.say(number, "lena", "/promote staging")
    town.settle()
    town.promote("staging")
    town.land("red", {SETTINGS: RED})
    comment = town.say(number, "lena", "/promote staging\n/promote production")
    town.settle()
    assert "does not hold" not in town.reply(number, comment)
    assert town.file(town.promotion("staging").head_ref, SETTINGS) == RED
    assert town.file(town.promotion("production").head_ref, SETTINGS) == GREEN


def test_a_request_moves_only_the_way_in_that_was_meant(make_town: Callable[..., Town]) -> None:
    town = make_town(FAN_IN)
    for branch in ("alpha", "beta"):
        town.world.move_branch(REPOSITORY, branch, town.head("main"), "root")
    number = town.propose("green", {SETTINGS: GREEN}, base="alpha")
    town.merge(number)
    town.settle()
    town.say(number, "ann", "/promote staging")
    town.settle()
    ours = [one.head_ref for one in town.world.repository(REPOSITORY).pulls if one.issue.user.login == BOT]
    assert ours == ["promote/alpha-to-staging"]
