"""Who is asked to review a promotion, whose word counts, and who may do what by `rbac`?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.sandbox.acts import reviews
from tests.flows.repository import DEPLOYMENT, PIPELINE, SETTINGS, deployment, pipeline, settings
from tests.flows.test_locks import records, say
from tests.flows.world import PROMOTION, REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
MARKER = "approvers -->"
OPEN = "All gates are open: ready to merge"


def asked(town: Town, base: str = "staging") -> list[str]:
    """Return whose review is requested on the promotion, teams with a plus."""
    pull = town.promotion(base)
    return sorted([*(one.login for one in pull.requested_users), *(f"+{one.slug}" for one in pull.requested_teams)])


def ask(town: Town, number: int, *logins: str) -> None:
    """Let root ask people to review a pull request."""
    with town.world.lock:
        reviews.request(town.world, town.pull(number), logins, [], town.world.account("root"))


RBAC = """\
rbac: |
  # who may what
  p, role:shipper, promotions, promote, *, allow
  p, role:shipper, promotions, lock, staging, allow
  p, role:judge, promotions, approve, staging, allow
  p, ben, promotions, promote, production, deny
  g, acme:developers, role:shipper
  g, acme:qa, role:judge
"""


@pytest.mark.town(
    configuration=pipeline(staging="promote: manual\napprovers: {teams: [qa, leads], required: 1}", top=RBAC)
)
def test_a_policy_says_who_promotes_locks_and_approves(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    reply = say(town, number, "lena", "/promote staging")
    assert "`/promote staging` is not for you" in reply
    assert "a rule of `rbac` that lets you promote staging, and none that denies it" in reply
    assert "**You have:** no such rule" in reply
    assert "ask team developers to do it, or an administrator to change `rbac`" in reply
    assert town.promotions() == []

    assert "carries this to **staging**" in say(town, number, "ben", "/promote staging")
    pull = town.promotion()
    refused = say(town, pull.number, "lena", "/approve staging")
    assert "a rule of `rbac` that lets you approve staging" in refused, "named, but not allowed by the policy"
    town.review(pull.number, "lena")
    town.settle()
    assert "waiting for team qa, team leads" in town.title_of(pull.head_sha), "nor does her review count"
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(pull.head_sha) == OPEN

    assert "is locked now" in say(town, pull.number, "ann", "/lock staging")
    assert "a rule of `rbac` that lets you lock production" in say(town, pull.number, "ann", "/lock production")
    assert "a rule of `rbac` that lets you lock every environment" in say(town, pull.number, "ann", "/freeze")
    assert records(town) == ["lock/staging"]


@pytest.mark.town(configuration=pipeline(top=RBAC))
def test_a_denial_wins_and_a_policy_gives_no_permission_that_github_does_not(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    denied = say(town, number, "ben", "/promote production")
    assert "to be one of those who may promote to production" in denied, (
        "who is named in the environment counts as well"
    )
    town.world.add_team("acme", "readers", members=["rita"])
    town.commit("main", {".github/lockkeeper.yaml": pipeline(top=f"{RBAC}  g, acme:readers, role:admin\n")}, "root")
    town.settle()
    assert "write permission" in say(town, number, "rita", "/promote staging")


DENIED = """\
rbac: |
  policy.default: role:admin
  p, acme:interns, promotions, promote, *, deny
"""


@pytest.mark.town(configuration=pipeline(staging="promote: manual", top=DENIED))
def test_a_team_that_github_does_not_tell_is_no_yes(town: Town) -> None:
    """Were an error taken for "in no team", a rule that denies a team would be an open door."""
    number = town.land("green", {SETTINGS: GREEN})
    for installation in town.world.installations.values():
        del installation.permissions["members"]
    town.enable()  # with a new token
    reply = say(town, number, "ben", "/promote staging")
    assert "`/promote staging` is not for you" in reply
    assert "GitHub does not tell whose teams they are in" in reply
    assert town.promotions() == []


GHOSTS = """\
rbac: |
  policy.default: role:admin
  p, acme:interns, promotions, promote, production, deny
  p, acme:interns, promotions, approve, staging, deny
"""


@pytest.mark.town(
    configuration=pipeline(
        staging="approvers: {users: [quinn], teams: [ghosts], required: 1}\npromoters: {teams: [ghosts]}", top=GHOSTS
    )
)
def test_a_team_that_was_renamed_denies_and_is_told_wherever_it_is_waited_for(town: Town) -> None:
    """A team that GitHub does not know read as one that nobody is in: whoever it denied could promote and approve."""
    number = town.land("green", {SETTINGS: GREEN})
    refused = say(town, number, "omar", "/rollback production")
    assert "`rbac`" not in refused, "no rule about the team plays a part in it"
    denied = say(town, number, "lena", "/promote staging")
    assert "you are not among them; GitHub knows no team ghosts" in denied
    pull = town.promotion()
    town.review(pull.number, "quinn")
    town.settle()
    run = town.check(pull.head_sha, f"{PROMOTION} to staging")
    assert run is not None and run.conclusion is None
    assert "may not approve it: line 3 of `rbac` may deny it" in (run.summary or "")
    assert "GitHub knows no team ghosts, which `approvers` names" in (run.summary or "")
    town.world.add_team("acme", "interns", members=["omar"])
    town.queue.mark([REPOSITORY])
    town.work()
    assert town.title_of(pull.head_sha) == OPEN


OWNERS = """\
*                  @quinn
/base/             @Omar @acme/leads owner@example.com
/overlays/         @umbrella/ops
"""
OWNED = pipeline(staging="approvers: {users: [ben], required: 1, codeowners: true}")


@pytest.mark.town(
    configuration=OWNED, more={"CODEOWNERS": OWNERS, ".github/CODEOWNERS": "/base/ @lena @omar ann@example.com\n"}
)
def test_owners_of_what_changes_are_asked_and_count(town: Town) -> None:
    town.land("green", {SETTINGS: GREEN}, "omar")
    assert asked(town) == ["ben", "lena"], "omar wrote all of it"
    pull = town.promotion()
    told = town.said(pull.number, MARKER)
    assert len(told) == 1
    assert "does not let me ask `ann@example.com` for a review" in told[0].body
    assert "then comment `/assign-approvers`" in told[0].body
    town.review(pull.number, "quinn")
    town.review(pull.number, "omar")
    town.settle()
    assert town.title_of(pull.head_sha) == "approvals: waiting for @ben, @lena, @omar"
    town.review(pull.number, "lena")
    town.settle()
    assert town.title_of(pull.head_sha) == OPEN


@pytest.mark.town(
    configuration=pipeline(staging="approvers: {users: [sam, quinn], teams: [ghosts], assign: [sam, ben]}")
)
def test_who_cannot_be_asked_is_told_once_and_asked_when_they_can_be(town: Town) -> None:
    town.world.repository(REPOSITORY).private = True
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    assert asked(town) == ["quinn"]
    (told,) = town.said(pull.number, MARKER)
    assert "does not let me ask `acme/ghosts` and `sam` for a review" in told.body
    assert "does not let me assign `sam`" in told.body
    town.sandbox.exchanges.clear()
    town.land("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")}, "ben")
    tried = [
        one for one in town.sandbox.exchanges.writes if "requested_reviewers" in one.path or "assignees" in one.path
    ]
    assert tried == [], "nobody is asked in vain a second time"

    town.world.grant(REPOSITORY, "sam", "write")
    reply = say(town, pull.number, "ann", "/assign-approvers")
    assert "Asked for a review: `sam`." in reply
    assert "Asked already: `quinn`." in reply
    assert "Assigned: `sam`." in reply
    assert "does not let me ask `acme/ghosts`" in reply
    assert asked(town) == ["quinn", "sam"]
    (told,) = town.said(pull.number, MARKER)
    assert "`sam`" not in told.body and "`acme/ghosts`" in told.body


@pytest.mark.town(configuration=pipeline(staging="approvers: {users: [quinn], teams: [leads], required: 1, ask: 1}"))
def test_those_with_the_least_to_do_are_asked_and_again_for_what_comes_after_their_review(town: Town) -> None:
    for branch, login in (("one", "lena"), ("two", "quinn")):
        ask(town, town.propose(branch, {f"{branch}.md": "x"}, "ann"), login)
    town.land("green", {SETTINGS: GREEN})
    assert asked(town) == ["omar"]
    pull = town.promotion()
    town.review(pull.number, "omar")
    town.settle()
    assert asked(town) == []
    assert town.title_of(pull.head_sha) == OPEN
    town.land("red", {SETTINGS: RED}, "ben")
    assert town.title_of(town.promotion().head_sha) != OPEN
    assert asked(town) == ["omar"], "the approval was for an earlier commit"
    ask(town, pull.number, "quinn")
    town.settle()
    assert asked(town) == ["omar", "quinn"], "whoever was asked by people stays asked"


@pytest.mark.town(configuration=pipeline(staging="promote: manual\napprovers: {users: [quinn, lena], required: 1}"))
def test_the_requester_is_not_asked(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    say(town, number, "quinn", "/promote staging")
    assert asked(town) == ["lena"]
    town.review(town.promotion().number, "quinn")
    town.settle()
    assert town.conclusion(town.promotion().head_sha, PROMOTION) != "success"


@pytest.mark.town(configuration=OWNED, more={"docs/CODEOWNERS": "/overlays/staging/ @lena\n"})
def test_owners_are_asked_for_direct_changes_too(town: Town) -> None:
    number = town.propose("direct", {"overlays/staging/extra.yaml": "a: 1\n"}, "ann", base="staging")
    town.settle()
    assert sorted(one.login for one in town.pull(number).requested_users) == ["ben", "lena"]
    town.review(number, "lena")
    town.settle()
    assert town.conclusion(town.pull(number).head_sha, "lockkeeper / promotion to staging") == "success"


@pytest.mark.town(
    configuration=pipeline(staging="approvers: {codeowners: true}"), more={"CODEOWNERS": "/docs/ @lena\n"}
)
def test_where_nobody_owns_what_changes_nobody_approves(town: Town) -> None:
    """Anyone with write permission could, although only owners were to: a path left out opened the environment."""
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(pull.head_sha) == "approvals: waiting for whoever names approvers"
    run = town.check(pull.head_sha, f"{PROMOTION} to staging")
    assert run is not None and f"no code owner who could approve owns `{SETTINGS}`" in (run.summary or "")
    refused = say(town, pull.number, "omar", "/approve staging")
    assert "to be one of those who may approve: code owners" in refused


CROWD = [f"crowd{number:02}" for number in range(12)]


@pytest.mark.town(
    configuration=pipeline(staging="approvers: {teams: [crowd], required: 12}", top=RBAC.replace("qa", "crowd"))
)
def test_people_cost_a_call_a_list_not_a_call_a_head(town: Town) -> None:
    for login in CROWD:
        town.world.add_user(login)
    town.world.add_team("acme", "crowd", members=CROWD)
    town.world.grant(REPOSITORY, "crowd", "write")
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    assert asked(town) == ["+crowd"]
    for login in CROWD:
        town.review(pull.number, login)
    town.settle()
    assert town.title_of(pull.head_sha) == OPEN
    town.sandbox.exchanges.clear()
    town.queue.mark([REPOSITORY])
    town.work()
    people = [one.path for one in town.sandbox.exchanges if "/teams/" in one.path or "/collaborators/" in one.path]
    assert len(people) == 2, "one list of each team that the policy names, developers and crowd"
    assert all(one.endswith("/members") for one in people)


def test_who_pushed_all_of_it_approves_no_hop_of_it(make_town: Callable[..., Town]) -> None:
    """From the second hop on the promotion stood for the push, and its author, the bot, was the sole one left out."""
    town = make_town(PIPELINE.replace("teams: [leads], required: 1", "users: [lena], required: 1"))
    town.settle()
    town.commit("main", {SETTINGS: settings(level="info", colour="green")}, "lena")
    town.settle()
    town.promote()
    assert town.promotions("production") or town.say(town.pull(1).number, "omar", "/promote production")
    town.settle()
    pull = town.promotion("production")
    town.review(pull.number, "lena")
    town.settle()
    assert "approvals" in town.title_of(pull.head_sha)
