"""Histories are reverted, squashed, rebased, rewritten: from where does the next promotion start, and what is told?"""

from __future__ import annotations

import shutil

import pytest

from tests.flows.divergence.ways import arrive, heads, on, say
from tests.flows.repository import SETTINGS, files, settings
from tests.flows.world import REPOSITORY, Method, Town

BLUE, GREEN, RED = (settings(level="info", colour=colour) for colour in ("blue", "green", "red"))
OTHER = "base/other.yaml"
TO_STAGING = "promote/development-to-staging"


def forget(town: Town) -> None:
    """Let the bot lose its mirrors: what GitHub does not tell any more is gone."""
    for mirror in (town.directory / "bot").rglob("*.git"):
        shutil.rmtree(mirror)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_change_reverted_in_the_source_is_reverted_in_the_target(town: Town, method: Method) -> None:
    town.land("green", {SETTINGS: GREEN}, method=method)
    arrive(town, TO_STAGING, method=method)
    number = town.land("revert", {SETTINGS: BLUE, OTHER: "# other\n"}, method=method)
    pull = on(town, TO_STAGING)
    assert pull.issue.title == f"Promote to staging: Change revert (#{number})"
    arrive(town, TO_STAGING, method=method)
    assert town.file("staging", SETTINGS) == BLUE
    assert town.file("staging", OTHER) == "# other\n"
    assert heads(town) == []


def test_what_a_forced_push_took_from_the_source_goes_from_the_target_and_is_told(town: Town) -> None:
    before = town.head("main")
    town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING)
    town.world.move_branch(REPOSITORY, "main", before, "root", force=True)
    number = town.land("other", {OTHER: "# other\n"})
    pull = on(town, TO_STAGING)
    assert town.file(TO_STAGING, SETTINGS) == BLUE
    assert town.file(TO_STAGING, OTHER) == "# other\n"
    body = town.body(pull.number)
    assert "The history of development was rewritten since the last promotion" in body
    assert f"#{number}" in body
    arrive(town, TO_STAGING)
    assert heads(town) == []
    assert town.file("staging", SETTINGS) == BLUE


def test_a_history_that_only_reads_differently_moves_nothing(town: Town) -> None:
    before = town.head("main")
    town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING)
    town.world.move_branch(REPOSITORY, "main", before, "root", force=True)
    town.commit("main", {SETTINGS: GREEN}, "ann", message="Green, in better words")
    town.settle()
    assert heads(town) == []


def test_where_the_last_promoted_commit_is_gone_the_base_is_found_by_content_and_stated(town: Town) -> None:
    before = town.head("main")
    town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING)
    town.world.move_branch(REPOSITORY, "main", before, "root", force=True)
    town.commit("main", {SETTINGS: GREEN}, "ann", message="Green, in better words")
    change = town.propose("red", {SETTINGS: RED, OTHER: "# other\n"})
    town.merge(change)
    forget(town)
    town.settle()
    pull = on(town, TO_STAGING)
    assert pull.issue.title == f"Promote to staging: Change red (#{change})"
    assert "The commit that was promoted last is not there any more" in town.body(pull.number)
    arrive(town, TO_STAGING)
    assert town.file("staging", SETTINGS) == RED
    assert heads(town) == []


def test_a_target_that_was_set_back_by_force_gets_what_it_lost_again(town: Town) -> None:
    first = town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING, method="merge")
    was = town.head("staging")
    second = town.land("red", {SETTINGS: RED})
    arrive(town, TO_STAGING, method="merge")
    town.world.move_branch(REPOSITORY, "staging", was, "root", force=True)
    town.settle()
    pull = on(town, TO_STAGING)
    assert pull.issue.title == f"Promote to staging: Change red (#{second})"
    assert f"#{first}" not in town.body(pull.number)
    arrive(town, TO_STAGING)
    assert town.file("staging", SETTINGS) == RED
    assert heads(town) == []


def test_a_target_whose_history_was_rewritten_keeps_what_it_holds(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    arrive(town, TO_STAGING)
    town.commit("staging", {"base/own.yaml": "# own\n"}, "ben", start="staging")
    kept = {path: text for path in files() if (text := town.file("staging", path)) is not None}
    git = town.world.repository(REPOSITORY).git
    signature = town.world.signature(town.world.account("root"))
    fresh = git.commit_files(None, {**kept, "base/own.yaml": "# own\n"}, "All in one", (signature, signature))
    town.world.move_branch(REPOSITORY, "staging", fresh, "root", force=True)
    town.settle()
    assert heads(town) == [], "by content, it holds everything"
    number = town.land("red", {OTHER: "# other\n", SETTINGS: RED})
    assert on(town, TO_STAGING).issue.title == f"Promote to staging: Change red (#{number})"
    arrive(town, TO_STAGING)
    assert town.file("staging", OTHER) == "# other\n"
    assert town.file("staging", "base/own.yaml") == "# own\n"
    assert town.file("staging", SETTINGS) == RED


def test_a_source_behind_its_target_promotes_nothing(town: Town) -> None:
    change = town.propose("green", {SETTINGS: GREEN})
    town.world.move_branch(REPOSITORY, "staging", town.pull(change).head_sha, "ben")
    town.settle()
    assert heads(town) == []
    assert "staging already has everything that development holds" in say(town, change, "ann", "/status")
    town.merge(change, method="squash")
    town.settle()
    assert heads(town) == []
    town.land("other", {OTHER: "# other\n"})
    arrive(town, TO_STAGING)
    assert town.file("staging", SETTINGS) == GREEN
