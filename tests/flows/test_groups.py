"""How do several environments take a change by one pull request, and how is it merged?"""

from __future__ import annotations

import pytest

from bot.sandbox.refusal import Refusal
from tests.flows.directories import DEVELOPMENT, directory, place, web
from tests.flows.world import REPOSITORY, Town

REGIONS = """\
version: 1
strategy: directory
environments:
  development: {branch: main, path: environments/development}
  west: {path: environments/west, group: europe, after: development}
  north:
    path: environments/north
    group: europe
    after: development
    gates: {checks: [smoke]}
  asia: {path: environments/asia, after: [west, north], promote: manual}
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""
MORE = {
    **directory("development"),
    **directory("west", replicas=2),
    **directory("north", replicas=4),
    **directory("asia"),
}
pytestmark = pytest.mark.town(configuration=REGIONS, more=MORE)


def image(town: Town, environment: str) -> str:
    text = town.file("main", f"{place(environment)}/web.yaml") or ""
    return next((line.rpartition(":")[2] for line in text.splitlines() if "image: " in line), "")


def test_one_pull_request_moves_all_members_and_waits_for_the_gates_of_each(town: Town) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    pull = town.promotion("main")
    assert (pull.head_ref, pull.issue.title) == (
        "promote/development-to-europe",
        f"Promote to europe: Change tag (#{number})",
    )
    for environment, replicas in (("west", 2), ("north", 4)):
        assert town.file(pull.head_ref, f"{place(environment)}/web.yaml") == web("1.1.0", replicas)
    run = town.check(pull.head_sha, "lockkeeper / promotion to europe")
    assert run is not None and (run.title or "").startswith("checks: waiting for")
    assert "smoke" in (run.summary or "")
    comment = town.say(number, "ann", "/status")
    town.settle()
    assert town.reply(number, comment).count(f"#{pull.number}: waiting at checks") == 1

    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "smoke")
    town.settle()
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    town.merge(pull.number, "omar")
    town.settle()
    assert [image(town, one) for one in ("west", "north", "asia")] == ["1.1.0", "1.1.0", "1.0.0"]
    deployed = [one.environment for one in town.world.repository(REPOSITORY).deployments]
    assert sorted(deployed) == ["north", "west"]
    told = town.said(number, "journey")[0].body
    assert "this change is in **west** and **north**" in told
    assert "| **west** | ✅ since" in told


def test_a_conflict_in_one_member_holds_up_all(town: Town) -> None:
    town.land("fix", {f"{place('north')}/web.yaml": web("1.0.1", 4)})
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    assert town.promotions() == []
    run = town.check(town.head("main"), "lockkeeper / from development to europe")
    assert run is not None and run.conclusion == "action_required"
    assert f"`{place('north')}/web.yaml`" in (run.text or "")
    assert f"`{place('west')}/web.yaml`" not in (run.text or "")


APPROVED = REGIONS.replace("west: {path", "west: {approvers: {teams: [leads], required: 1}, path")
EACH = APPROVED.replace("north:\n", "north:\n    approvers: {codeowners: true}\n").replace("checks: [smoke]", "")


@pytest.mark.town(
    configuration=EACH, more={**MORE, "CODEOWNERS": f"/{place('west')}/ @ann\n/{place('north')}/ @quinn\n"}
)
def test_each_member_is_approved_by_its_own_people(town: Town) -> None:
    """The approvers of a group were pooled: one of one region's approvers opened all of them."""
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, "ben")
    pull = town.promotion("main")
    assert sorted([*(one.login for one in pull.requested_users), *(one.slug for one in pull.requested_teams)]) == [
        "leads",
        "quinn",
    ], "all of them are asked; ann owns something of west only, which asks for no owners"
    town.review(pull.number, "lena")
    town.settle()
    assert town.title_of(pull.head_sha) == "approvals: waiting for @quinn"
    comment = town.say(number, "ben", "/why north")
    town.settle()
    assert "north: 0 of 1" in town.reply(number, comment)
    refused = town.say(pull.number, "ann", "/approve europe")
    town.settle()
    assert "your approval does not count for europe" in town.reply(pull.number, refused)
    town.say(pull.number, "quinn", "/approve europe")
    town.settle()
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"


OWNED = REGIONS.replace("west: {path", "west: {approvers: {codeowners: true}, path")
OWNED = OWNED.replace("north:\n", "north:\n    approvers: {codeowners: true}\n").replace("checks: [smoke]", "")


@pytest.mark.town(
    configuration=OWNED, more={**MORE, "CODEOWNERS": f"/{place('west')}/ @ann\n/{place('north')}/ @quinn\n"}
)
def test_owners_of_one_member_do_not_approve_what_changes_another(town: Town) -> None:
    """Of a pull request made by hand, whoever owned any changed file could approve it for every environment."""
    changes = {f"{place(one)}/web.yaml": web("1.0.1") for one in ("west", "north")}
    number = town.propose("direct", changes, "ben")
    town.settle()
    for login, title in (
        ("ann", "approvals: waiting for @quinn"),
        ("quinn", "A direct change to europe"),
    ):
        town.review(number, login)
        town.settle()
        run = town.check(town.pull(number).head_sha, "lockkeeper / promotion to europe")
        assert run is not None and run.title == title


@pytest.mark.town(configuration=APPROVED, more=MORE)
def test_a_direct_change_of_a_member_needs_what_the_group_needs(town: Town) -> None:
    number = town.propose("direct", {f"{place('north')}/web.yaml": web("1.0.1", 4)})
    other = town.propose("other", {f"{place('asia')}/web.yaml": web("1.0.1")})
    town.settle()
    titles = {
        one: {run.name: run.title for run in town.world.check_runs(REPOSITORY, town.pull(one).head_sha)}
        for one in (number, other)
    }
    assert titles[number]["lockkeeper / promotion to europe"] == "approvals: waiting for team leads"
    assert titles[other]["lockkeeper / promotion to europe"] == "Does not change europe"


@pytest.mark.parametrize("name", ["europe", "west"])
def test_a_member_and_the_group_are_both_asked_for_by_name(town: Town, name: str) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.world.close_pull(REPOSITORY, town.promotion("main").number, "quinn")
    town.settle()
    comment = town.say(number, "ann", f"/promote {name}")
    town.settle()
    assert f"#{town.promotion('main').number} carries this to **europe**" in town.reply(number, comment)


METHODS = REGIONS.replace("north:\n", "north:\n    merge: auto\n    method: {0}\n").replace(
    "west: {path", "west: {merge: auto, method: {0}, path"
)


@pytest.mark.town(configuration=METHODS.replace("{0}", "squash"), more=MORE)
def test_merge_auto_uses_the_method_of_the_environment(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    evaluated = town.promotion("main").head_sha
    before = town.head("main")
    town.world.set_status(REPOSITORY, before, "ben", "success", "smoke")
    town.settle()
    assert town.promotions() == []
    assert image(town, "west") == image(town, "north") == "1.1.0"
    git = town.world.repository(REPOSITORY).git
    assert [*git.commit(town.head("main")).parents] == [before], "squashed onto the branch"
    merged = [one for one in town.world.repository(REPOSITORY).pulls if one.head_ref == "promote/development-to-europe"]
    assert [one.head_sha for one in merged] == [evaluated]


@pytest.mark.town(configuration=METHODS.replace("{0}", "rebase"), more=MORE)
def test_a_method_that_the_repository_forbids_is_told(town: Town) -> None:
    town.world.repository(REPOSITORY).allow_rebase_merge = False
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    source = town.head("main")
    town.world.set_status(REPOSITORY, source, "ben", "success", "smoke")
    town.settle()
    pull = town.promotion("main")
    assert "ebase" in "".join(one.body for one in town.said(pull.number, "refused"))
    with pytest.raises(Refusal):
        town.merge(pull.number, "omar", "rebase")
    town.merge(pull.number, "omar", "squash")
    town.settle()
    assert image(town, "west") == "1.1.0"
