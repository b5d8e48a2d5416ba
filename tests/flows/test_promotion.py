"""How does a merged change travel on?"""

from __future__ import annotations

import pytest

from tests.flows.repository import DEPLOYMENT, PATH, SETTINGS, deployment, files, overlay, pipeline, settings
from tests.flows.world import PROMOTION, REPOSITORY, TROUBLE, Method, Town

STAGING = "overlays/staging/kustomization.yaml"
BLUE, GREEN, RED = (settings(level="info", colour=colour) for colour in ("blue", "green", "red"))


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_opens_the_promotion_and_its_merge_ends_it(town: Town, method: Method) -> None:
    number = town.land("green", {SETTINGS: GREEN}, method=method)
    pull = town.promotion("staging")
    assert pull.issue.title == f"Promote to staging: Change green (#{number})"
    assert f"| #{number} | Change green | ann |" in town.body(pull.number)
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    assert town.conclusion(pull.head_sha, PROMOTION) == "success"

    arrived = town.promote("staging", method=method)
    assert town.promotions() == []
    assert town.file("staging", SETTINGS) == GREEN
    deployed = [(one.environment, one.sha) for one in town.world.repository(REPOSITORY).deployments]
    assert deployed == [("staging", town.head("staging"))]
    told = town.said(number, "journey")[0].body
    assert "this change is in **staging**" in told
    assert f"by #{arrived}" in told

    town.land("red", {SETTINGS: RED}, method=method)
    pull = town.promotion("staging")
    assert "1 change" not in pull.issue.title and "Change red" in pull.issue.title, (
        "the first change is not listed again"
    )
    assert town.file(pull.head_ref, SETTINGS) == RED


@pytest.mark.town(configuration=pipeline(staging="approvers: {teams: [qa], required: 1}"))
def test_it_moves_on_with_its_source_and_old_approvals_no_longer_count(town: Town) -> None:
    first = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    assert [team.slug for team in pull.requested_teams] == ["qa"]
    assert town.title_of(pull.head_sha) == "approvals: waiting for team qa"
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"

    second = town.land("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")}, "ben")
    moved = town.promotion()
    assert moved.number == pull.number
    assert moved.issue.title == "Promote to staging: 2 changes from development"
    assert f"#{first}" in town.body(moved.number) and f"#{second}" in town.body(moved.number)
    assert town.title_of(moved.head_sha) == "approvals: waiting for team qa"
    assert "an earlier commit" in town.body(moved.number)
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(moved.head_sha) == "All gates are open: ready to merge"


def test_a_source_back_at_the_targets_content_closes_it_with_a_sentence(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    town.land("back", {SETTINGS: BLUE})
    assert town.pull(number).issue.state == "closed"
    assert "Closed: staging already has everything that development holds." in town.said(number, "closed")[0].body
    town.land("again", {SETTINGS: GREEN})
    assert town.promotion().number != number


def test_what_was_closed_because_the_target_had_it_comes_back_when_the_target_loses_it(town: Town) -> None:
    """Only people decline: a pull request that Lockkeeper closed itself says nothing about what people want."""
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    town.commit("staging", {SETTINGS: GREEN}, "omar")
    town.settle()
    assert town.pull(number).issue.state == "closed"
    town.commit("staging", {SETTINGS: BLUE}, "omar")
    town.settle()
    assert town.promotion().number != number


def test_declined_it_is_not_proposed_again_until_the_source_moves(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    number = town.promotion().number
    town.world.close_pull(REPOSITORY, number, "quinn")
    town.settle()
    assert town.promotions() == []
    town.land("red", {SETTINGS: RED})
    assert town.promotion().number != number


def test_declined_it_comes_back_when_somebody_asks(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    town.world.close_pull(REPOSITORY, town.promotion().number, "quinn")
    town.settle()
    comment = town.say(change, "ann", "/promote staging")
    town.settle()
    assert f"#{town.promotion().number} carries this" in town.reply(change, comment)


def test_a_fix_made_in_the_target_stays_and_is_listed(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    town.promote()
    town.commit("staging", {"overlays/staging/extra.yaml": "# kept\n"}, "omar", message="Hot fix")
    town.land("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")})
    pull = town.promotion()
    assert "1 file kept as staging has it" in town.body(pull.number)
    assert "`overlays/staging/extra.yaml`" in town.body(pull.number)
    assert "1 file kept as staging has it<" in town.body(pull.number)
    town.promote()
    assert town.file("staging", "overlays/staging/extra.yaml") == "# kept\n"
    assert "1.1.0" in (town.file("staging", DEPLOYMENT) or "")


def test_a_conflict_is_told_with_both_sides_and_nothing_is_written_until_it_is_resolved(town: Town) -> None:
    town.commit("staging", {SETTINGS: RED}, "omar", message="Hot fix")
    town.land("green", {SETTINGS: GREEN})
    assert town.promotions() == []
    assert town.head("promote/development-to-staging") == ""
    run = town.check(town.head("main"), TROUBLE)
    assert run is not None and run.conclusion == "action_required"
    assert run.title == "1 file changed in both development and staging"
    assert "colour: 'green'" in (run.text or "") and "colour: 'red'" in (run.text or "")

    town.commit("staging", {SETTINGS: BLUE}, "omar", message="Take the hot fix back")
    town.settle()
    assert town.file(town.promotion().head_ref, SETTINGS) == GREEN
    assert town.conclusion(town.head("main"), TROUBLE) == "success"


def test_a_conflict_under_an_open_pull_request_stops_it_where_it_stands(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    before = pull.head_sha
    town.commit("staging", {SETTINGS: RED}, "omar", message="Hot fix")
    town.settle()
    assert town.promotion().head_sha == before, "nothing was written"
    assert town.conclusion(before, PROMOTION) == "failure"
    assert "changed in both" in town.title_of(before)
    town.land("agree", {SETTINGS: RED})
    assert town.promotions() == []


def test_a_deletion_travels(town: Town) -> None:
    town.land("add", {"overlays/development/more.yaml": "# more\n"})
    town.promote()
    assert town.file("staging", "overlays/development/more.yaml") is not None
    town.land("drop", {"overlays/development/more.yaml": None})
    town.promote()
    assert town.file("staging", "overlays/development/more.yaml") is None


@pytest.mark.town(configuration=pipeline(top="protect: [overlays/staging/]"))
def test_protected_paths_stay_as_the_target_has_them(town: Town) -> None:
    kept = town.file("staging", STAGING)
    town.land("both", {SETTINGS: GREEN, STAGING: overlay("staging", "commonLabels: {a: b}\n")})
    town.promote()
    assert (town.file("staging", SETTINGS), town.file("staging", STAGING)) == (GREEN, kept)
    town.land("only", {STAGING: overlay("staging")})
    assert town.promotions() == []


@pytest.mark.town(configuration=pipeline(staging="merge: auto\ngates: {checks: [integration]}"))
def test_merge_auto_merges_exactly_what_was_evaluated(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    assert town.title_of(pull.head_sha) == "checks: waiting for CI"
    evaluated = pull.head_sha
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "integration")
    town.settle()
    merged = town.pull(pull.number)
    assert merged.merged_at is not None
    assert merged.head_sha == evaluated
    assert merged.merged_by is town.app.bot
    assert town.file("staging", SETTINGS) == GREEN
    deployed = [one.environment for one in town.world.repository(REPOSITORY).deployments]
    assert deployed == ["staging"]


@pytest.mark.town(configuration=pipeline(staging="merge: auto\ngates: {checks: [integration]}"))
def test_merge_auto_waits_for_a_failed_check_to_succeed(town: Town) -> None:
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "integration")
    town.land("green", {SETTINGS: GREEN})
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "failure", "integration")
    town.settle()
    pull = town.promotion()
    assert town.title_of(pull.head_sha).startswith("checks: not successful on")
    assert town.conclusion(pull.head_sha, PROMOTION) == "failure"
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "integration")
    town.settle()
    assert town.promotions() == []


def test_a_foreign_commit_on_the_promotion_branch_is_told_and_not_overwritten(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN})
    branch = town.promotion().head_ref
    foreign = town.commit(branch, {SETTINGS: RED}, "ben", message="A quick fix")
    town.settle()
    assert town.head(branch) == foreign
    assert town.conclusion(foreign, PROMOTION) == "failure"
    assert "which Lockkeeper did not make" in town.title_of(foreign)
    town.land("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")})
    assert town.head(branch) == foreign

    town.world.move_branch(REPOSITORY, branch, None, "ben")
    town.settle()
    pull = town.promotion()
    assert (town.file(branch, SETTINGS), pull.head_sha) == (GREEN, town.head(branch))


FAN_OUT = (
    pipeline(staging="promote: auto", production="after: [development]")
    .replace("    promote: manual\n", "")
    .replace("    promoters: {teams: [leads]}\n", "")
)


@pytest.mark.town(configuration=FAN_OUT)
def test_a_change_fans_out_to_two_targets(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    heads = sorted(one.head_ref for one in town.promotions())
    assert heads == ["promote/development-to-production", "promote/development-to-staging"]
    town.promote("staging")
    assert [one.base_ref for one in town.promotions()] == ["production"]
    assert "this change is in **staging**" in town.said(number, "journey")[0].body
    assert "approvals" in town.said(number, "journey")[0].body


def test_a_hot_fix_straight_into_staging_is_not_said_to_be_in_development(town: Town) -> None:
    number = town.propose("hot", {SETTINGS: RED}, "omar", base="staging")
    town.merge(number)
    town.settle()
    passed_by = "| **development** | – not there: this went straight to staging; bring it to `main`, too |"
    told = town.said(number, "journey")[0].body
    assert "this change is in **staging**" in told and passed_by in told
    comment = town.say(number, "omar", "/promote production")
    town.settle()
    town.promote("production", "lena")
    told = town.said(number, "journey")[0].body
    assert "this change is in **production**" in told and passed_by in told, town.reply(number, comment)
    assert "| **staging** | ✅ since" in told


def test_a_missing_branch_stops_its_hop_only_and_is_told(town: Town) -> None:
    town.world.move_branch(REPOSITORY, "production", None, "root")
    change = town.land("green", {SETTINGS: GREEN})
    comment = town.say(change, "ann", "/status")
    town.settle()
    reply = town.reply(change, comment)
    assert "branch `production` of production does not exist; create it, or write the name it has now" in reply
    assert f"#{town.promotion().number}: ready to merge." in reply


def test_commits_pushed_without_a_pull_request_travel_as_well(town: Town) -> None:
    town.commit("main", {SETTINGS: GREEN}, "ben", message="Paint it green\n\nAt once.")
    town.settle()
    pull = town.promotion()
    assert pull.issue.title == "Promote to staging: Paint it green"
    assert "| Paint it green | ben |" in town.body(pull.number)


def test_the_whole_walk_to_production(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert town.promotions() == [], "production is promoted on request"
    comment = town.say(number, "lena", "/promote production")
    town.settle()
    pull = town.promotion("production")
    assert f"#{pull.number} carries this to **production**" in town.reply(number, comment)
    assert f"| #{number} | Change green | ann |" in town.body(pull.number), "the change is named, not its carrier"
    town.review(pull.number, "lena")
    town.settle()
    assert town.title_of(pull.head_sha) == "approvals: waiting for team leads", "who asked does not count"
    town.review(pull.number, "omar")
    town.settle()
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    town.promote("production", "omar", "squash")
    assert town.file("production", SETTINGS) == GREEN
    assert town.file("production", "overlays/production/replicas.yaml") == files()["overlays/production/replicas.yaml"]
    assert "this change is in **production**" in town.said(number, "journey")[0].body
    assert sorted(one.environment for one in town.world.repository(REPOSITORY).deployments) == ["production", "staging"]


def test_a_configuration_mended_on_main_lets_promotions_go_on(town: Town) -> None:
    good = town.file("main", PATH) or ""
    town.commit("main", {PATH: good.replace("branch: staging", "brunch: staging")}, message="Oops")
    town.commit("main", {SETTINGS: GREEN}, message="Green")
    town.settle()
    assert town.promotions() == []
    run = town.check(town.head("main"), "lockkeeper / configuration")
    assert run is not None and run.conclusion == "failure"
    assert "Promotions and checks stand still" in (run.summary or "")
    town.commit("main", {PATH: good}, message="Mend it")
    town.settle()
    assert town.file(town.promotion().head_ref, SETTINGS) == GREEN


@pytest.mark.town(configuration=pipeline(staging="approvers: {teams: [qa], required: 1}"))
def test_a_direct_change_to_a_promoted_branch_needs_the_same_approvals(town: Town) -> None:
    number = town.propose("hot-fix", {SETTINGS: RED}, "omar", base="staging")
    town.settle()
    head = town.pull(number).head_sha
    assert town.title_of(head) == "approvals: waiting for team qa"
    town.review(number, "quinn")
    town.settle()
    assert town.conclusion(head, PROMOTION) == "success"
    assert town.title_of(head) == "A direct change to staging"
    assert "| **staging** | on merge |" in town.said(number, "checks")[0].body


def secret(value: str) -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  token: {value}\n"


@pytest.mark.town(more={"base/secret.yaml": secret("first")})
def test_a_conflict_in_a_secret_shows_no_values(town: Town) -> None:
    town.commit("staging", {"base/secret.yaml": secret("canary-in-staging")}, "omar")
    town.land("secret", {"base/secret.yaml": secret("canary-in-development")})
    run = town.check(town.head("main"), TROUBLE)
    assert run is not None and run.conclusion == "action_required"
    assert "`base/secret.yaml`" in (run.text or "")
    assert "canary" not in f"{run.title}{run.summary}{run.text}"


@pytest.mark.parametrize(("method", "then"), [("squash", BLUE), ("merge", GREEN)], ids=["on", "back"])
def test_what_came_to_the_source_by_hand_is_where_the_next_change_starts(town: Town, method: Method, then: str) -> None:
    """A hot fix in staging that is brought to main as well is agreed: no conflict, and its revert travels, too."""
    town.land("green", {SETTINGS: GREEN}, method=method)
    town.promote("staging", method=method)
    town.commit("staging", {SETTINGS: RED}, "omar", message="Hot fix")
    town.settle()
    assert town.promotions() == []
    town.land("bring-back", {SETTINGS: RED}, method=method)
    assert town.promotions() == [], "both sides agree"
    number = town.land("then", {SETTINGS: then}, method=method)
    pull = town.promotion()
    assert town.file(pull.head_ref, SETTINGS) == then
    assert pull.issue.title == f"Promote to staging: Change then (#{number})"
