"""What do the gates say that look at the content and at people: order, checks, policy, approvals?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.environment import Approvers, Environment, People
from bot.promotion import gates
from bot.promotion.gates import OWN_CHECKS, Approval, evaluate, passed
from tests.promotion.facts import HEAD, OLD, QA, SOURCE, approval, change, check, facts, hop

TWO = Approvers(QA.people, required=2)
ANYONE = Approvers(required=1)
MANIFESTS, POLICIES = OWN_CHECKS

ORDER = [
    ("all is well", {}, "pass", "staging holds 5555555"),
    ("the source lost it", {"source_holds": False}, "fail", "staging does not hold commit 5555555"),
    ("a conflict", {"conflicts": ("a.yaml",)}, "fail", "changed in both staging and production: `a.yaml`"),
    (
        "many conflicts",
        {"conflicts": tuple("abcdefg")},
        "fail",
        "changed in both staging and production: `a`, `b`, `c`, `d`, `e` and 2 more",
    ),
    (
        "a file named to mislead",
        {"conflicts": ("`<b>@all</b>`\n| x",)},
        "fail",
        "changed in both staging and production: `'<b>@all</b>'?| x`",
    ),
    (
        "one conflict more than is listed",
        {"conflicts": tuple("abcde")},
        "fail",
        "changed in both staging and production: `a`, `b`, `c`, `d`, `e`",
    ),
    (
        "what the source lost is told before conflicts",
        {"source_holds": False, "conflicts": ("a",)},
        "fail",
        "staging does not hold commit 5555555",
    ),
    (
        "foreign work comes before all else",
        {"foreign": OLD, "source_holds": False, "conflicts": ("a",)},
        "fail",
        "branch `promote/staging-to-production` holds commit bbbbbbb, which Lockkeeper did not make",
    ),
]


@pytest.mark.parametrize(("changes", "state", "reason"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_order(changes: dict[str, object], state: str, reason: str) -> None:
    gate = gates.order(facts(**changes))
    assert (gate.name, gate.state, gate.reason) == ("order", state, reason)


CHECKS = [
    ("none asked for", (), (), "pass", "no checks are asked for"),
    ("absent", ("ci",), (), "wait", "no result yet on 5555555: ci"),
    ("running", ("ci",), (check("ci", None),), "wait", "no result yet on 5555555: ci"),
    ("succeeded", ("ci",), (check("ci", app=None),), "pass", "successful on 5555555: ci"),
    ("failed", ("ci",), (check("ci", "failure"),), "fail", "not successful on 5555555: ci (failure)"),
    ("skipped proves nothing", ("ci",), (check("ci", "skipped"),), "fail", "not successful on 5555555: ci (skipped)"),
    ("neutral proves nothing", ("ci",), (check("ci", "neutral"),), "fail", "not successful on 5555555: ci (neutral)"),
    ("cancelled", ("ci",), (check("ci", "cancelled"),), "fail", "not successful on 5555555: ci (cancelled)"),
    ("another's success", ("ci",), (check("ci-2"),), "wait", "no result yet on 5555555: ci"),
    ("one of two", ("ci", "e2e"), (check("ci"),), "wait", "no result yet on 5555555: e2e"),
    (
        "a failure is told before what is missing",
        ("ci", "e2e"),
        (check("ci", "failure"),),
        "fail",
        "not successful on 5555555: ci (failure)",
    ),
]


@pytest.mark.parametrize(
    ("wanted", "found", "state", "reason"), [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS]
)
def test_checks(wanted: tuple[str, ...], found: tuple[object, ...], state: str, reason: str) -> None:
    gate = gates.checks(facts(hop=hop(checks=wanted), source_checks=found))
    assert (gate.name, gate.state, gate.reason) == ("checks", state, reason)


POLICY = [
    ("both passed", (check(MANIFESTS), check(POLICIES)), "pass"),
    ("neutral is no finding", (check(MANIFESTS, "neutral"), check(POLICIES)), "pass"),
    ("nothing yet", (), "wait"),
    ("compared with another branch", (check(MANIFESTS, base="main"), check(POLICIES, base="main")), "wait"),
    ("one running", (check(MANIFESTS), check(POLICIES, None)), "wait"),
    ("one failed", (check(MANIFESTS, "failure"), check(POLICIES)), "fail"),
    ("a failure needs no second word", (check(MANIFESTS, "failure"),), "fail"),
    ("cancelled", (check(MANIFESTS, "cancelled"), check(POLICIES)), "fail"),
    ("somebody else's word under our name", (check(MANIFESTS), check(POLICIES, app=7)), "wait"),
    ("a status under our name", (check(MANIFESTS), check(POLICIES, app=None)), "wait"),
    ("a forged success beside our failure", (check(POLICIES, "failure"), check(POLICIES, app=7)), "fail"),
]


@pytest.mark.parametrize(("found", "state"), [row[1:] for row in POLICY], ids=[row[0] for row in POLICY])
def test_policy(found: tuple[object, ...], state: str) -> None:
    assert gates.policy(facts(head_checks=found)).state == state


SOLE = (change(1, "ann"), change(2, "Ann"))
APPROVALS = [
    ("none asked for", {"hop": hop(Approvers(QA.people)), "approvals": ()}, "pass", "no approval is asked for"),
    ("enough", {}, "pass", "1 of 1 on aaaaaaa (@quinn)"),
    ("nobody yet", {"approvals": ()}, "wait", "0 of 1 on aaaaaaa"),
    ("one of two", {"hop": hop(TWO)}, "wait", "1 of 2 on aaaaaaa (@quinn)"),
    (
        "another commit",
        {"approvals": (approval("quinn", sha=OLD),)},
        "wait",
        "0 of 1 on aaaaaaa; not counted: @quinn approved bbbbbbb, an earlier commit",
    ),
    (
        "not named",
        {"approvals": (approval("sam", eligible=False),)},
        "wait",
        "0 of 1 on aaaaaaa; not counted: @sam is not among the approvers",
    ),
    (
        "who asked",
        {"requested_by": "Quinn"},
        "wait",
        "0 of 1 on aaaaaaa; not counted: @quinn asked for this promotion",
    ),
    (
        "the sole author, whatever the case",
        {"changes": SOLE, "approvals": (approval("ANN"),)},
        "wait",
        "0 of 1 on aaaaaaa; not counted: @ANN wrote all of the change",
    ),
    ("one author of several", {"approvals": (approval("ann"),)}, "pass", "1 of 1 on aaaaaaa (@ann)"),
    (
        "an objection outweighs approvals",
        {"approvals": (approval("quinn"), approval("omar", approved=False))},
        "fail",
        "changes requested by @omar",
    ),
    (
        "an objection to an earlier commit",
        {"approvals": (approval("quinn"), approval("omar", approved=False, sha=OLD))},
        "pass",
        "1 of 1 on aaaaaaa (@quinn)",
    ),
    (
        "an outsider's objection",
        {"approvals": (approval("quinn"), approval("sam", approved=False, eligible=False))},
        "pass",
        "1 of 1 on aaaaaaa (@quinn)",
    ),
    ("anyone who may write", {"hop": hop(ANYONE)}, "pass", "1 of 1 on aaaaaaa (@quinn)"),
]


@pytest.mark.parametrize(
    ("changes", "state", "reason"), [row[1:] for row in APPROVALS], ids=[row[0] for row in APPROVALS]
)
def test_approvals(changes: dict[str, object], state: str, reason: str) -> None:
    gate = gates.approvals(facts(**changes))
    assert (gate.name, gate.state, gate.reason) == ("approvals", state, reason)


WEST, NORTH = (Approvers(People(("quinn",)), required=1), Approvers(People(("omar", "lena")), required=2))
REGIONS = (Environment("west", "main", approvers=WEST), Environment("north", "main", approvers=NORTH))
NOT_NORTH, NOT_WEST = (("north", ""),), (("west", ""),)
QUINN = Approval("quinn", True, HEAD, True, NOT_NORTH)
OMAR, LENA = (Approval(login, True, HEAD, True, NOT_WEST) for login in ("omar", "lena"))
GROUPS = [
    ("one rule holds", (QUINN,), "wait", ("north: 0 of 2 on aaaaaaa",), "@omar, @lena"),
    ("the other holds", (OMAR, LENA), "wait", ("west: 0 of 1",), "@quinn"),
    ("half of one", (QUINN, OMAR), "wait", ("north: 1 of 2 on aaaaaaa (@omar)",), "@omar, @lena"),
    ("both hold", (QUINN, OMAR, LENA), "pass", ("west: 1 of 1", "north: 2 of 2"), ""),
    ("nobody yet", (), "wait", ("west: 0 of 1", "north: 0 of 2"), "west: @quinn; north: @omar, @lena"),
    (
        "an objection of one member's approver",
        (QUINN, OMAR, replace(LENA, approved=False)),
        "fail",
        ("north: changes requested by @lena",),
        "@lena",
    ),
]


@pytest.mark.parametrize(
    ("said", "state", "told", "owner"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_each_member_of_a_group_has_its_own_rule(
    said: tuple[Approval, ...], state: str, told: tuple[str, ...], owner: str
) -> None:
    """All approvers of a group were one pool: two approvers of one region opened the other, whose own nobody asked.

    Who approves for one region was then told to be none of the approvers, because they are none of the other's.
    """
    (gate,) = (one for one in evaluate(facts(hop=hop(members=REGIONS), approvals=said)) if one.name == "approvals")
    assert gate.state == state and gate.owner == owner
    assert all(one in gate.reason for one in told), gate.reason
    assert "not counted" not in gate.reason


def test_a_word_counts_for_those_members_only_that_say_so() -> None:
    asking = Environment("europe", "main", approvers=NORTH, members=REGIONS)
    found = gates.counted(approval("quinn"), asking, lambda one: None if one.name == "west" else "")
    assert (found.eligible, found.apart) == (True, NOT_NORTH)
    again = gates.counted(found, asking, lambda one: None if one.name == "north" else "may not")
    assert (again.eligible, again.apart) == (False, (*NOT_NORTH, ("west", "may not"))), "names and roles have to agree"


@pytest.mark.parametrize(
    ("approvers", "state"),
    [
        (Approvers(required=1, codeowners=True, unowned=("web/a.yaml",)), "wait"),
        (Approvers(required=1, codeowners=True), "wait"),
        (Approvers(required=0, codeowners=True, unowned=("web/a.yaml",)), "pass"),
        (Approvers(People(("quinn",)), required=1, codeowners=True), "pass"),
    ],
)
def test_owners_whom_nobody_is_do_not_leave_the_gate_to_everybody(approvers: Approvers, state: str) -> None:
    """With `codeowners` and no owner of what changes, anybody with write permission could approve."""
    counts = bool(approvers.people)
    gate = gates.approvals(facts(hop=hop(approvers), approvals=(approval("quinn", eligible=counts),)))
    assert gate.state == state
    if state == "wait":
        assert f"no code owner who could approve owns {'`web/a.yaml`' if approvers.unowned else 'what'}" in gate.reason
        assert "name users or teams in `approvers`" in gate.next and "CODEOWNERS" in gate.next


def test_a_team_that_github_does_not_know_is_told() -> None:
    """The gate waited for a team that was renamed, and did not say that nobody is in it."""
    asked = Approvers(People(teams=("qa", "ghosts")), required=1, unknown=("ghosts",))
    gate = gates.approvals(facts(hop=hop(asked), approvals=()))
    assert gate.reason == "0 of 1 on aaaaaaa; GitHub knows no team ghosts, which `approvers` names"
    assert gate.next == "approve commit aaaaaaa; write there what team ghosts is called now, or name others"
    assert gates.approvals(facts(hop=hop(asked))).reason == "1 of 1 on aaaaaaa (@quinn)"


def test_a_word_that_the_policy_does_not_let_count_says_why() -> None:
    denied = replace(approval("quinn"), apart=(("production", "may not approve it: line 3 of `rbac` denies it"),))
    gate = gates.approvals(facts(approvals=(denied,)))
    assert gate.reason.endswith("not counted: @quinn may not approve it: line 3 of `rbac` denies it")


ALONE = Approvers(People(("ann",)), required=1)
LEFT = [
    ("somebody", {"hop": hop(Approvers(People(("ann", "omar")), required=1)), "requested_by": "Ann"}, "aaaaaaa"),
    ("a team", {"hop": hop(Approvers(People(("ann",), ("qa",)), required=1)), "requested_by": "ann"}, "aaaaaaa"),
    ("who asked alone", {"hop": hop(ALONE), "requested_by": "Ann"}, "approver, or let somebody else ask"),
    ("who wrote it all alone", {"hop": hop(ALONE), "changes": SOLE}, "nobody among the approvers is left to approve"),
]


@pytest.mark.parametrize(("changes", "following"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_who_is_left_to_approve(changes: dict[str, object], following: str) -> None:
    """The only approver was told to approve what they may not."""
    gate = gates.approvals(facts(approvals=(), **changes))
    assert gate.state == "wait" and following in gate.next
    assert ("somebody else ask" in gate.next) == ("somebody else ask" in following)


def test_a_gate_that_is_not_open_names_its_owner_and_the_next_step() -> None:
    """Whatever is wrong, somebody is told what to do."""
    wrong: list[dict[str, object]] = [row[1] for row in ORDER] + [row[1] for row in APPROVALS]  # type: ignore[assignment]
    wrong += [{"hop": hop(checks=row[1]), "source_checks": row[2]} for row in CHECKS]
    wrong += [{"head_checks": row[1]} for row in POLICY]
    for changes in wrong:
        for gate in evaluate(facts(**changes)):
            assert gate.state == "pass" or (gate.owner and gate.next), (changes, gate)
            assert gate.state != "pass" or not (gate.owner or gate.next), (changes, gate)


def test_the_order_people_read_them_in() -> None:
    found = evaluate(facts())
    assert [gate.name for gate in found] == ["order", "checks", "policy", "approvals"]
    assert passed(found)
    assert not passed(evaluate(facts(approvals=())))


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (People(), "anyone with write permission"),
        (People(("ann",)), "@ann"),
        (People(("ann", "ben"), ("qa",)), "@ann, @ben, team qa"),
    ],
)
def test_names(people: People, expected: str) -> None:
    assert gates.names(Approvers(people)) == expected


def test_the_commit_to_approve_is_named() -> None:
    assert gates.approvals(facts(approvals=())).next == f"approve commit {HEAD[:7]}"
    assert SOURCE[:7] not in gates.approvals(facts(approvals=())).next
