"""What is done about one hop, by table, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.promotion import Record, Request
from bot.promotion.gates import passed
from bot.promotion.plan import Close, Conflict, Idle, Propose, Snapshot, Stuck, plan
from tests.promotion.facts import HEAD, OLD, SOURCE, TARGET, approval, change, facts, hop, pull

ASKED = Request("production", "lena", SOURCE)
CONFLICT = (Conflict("a.yaml", "content", "x", "y"),)


def snapshot(promote: str = "auto", merge: str = "manual", **changes: object) -> Snapshot:
    """Return a hop with something to move and all gates open, but for what is changed."""
    this = hop(promote=promote, merge=merge)
    fixed = replace(facts(), hop=this)
    made = Snapshot(
        hop=this,
        record=Record(SOURCE),
        source_head=SOURCE,
        target_head=TARGET,
        base="last promotion",
        same=False,
        commit=HEAD,
        conflicts=(),
        facts=fixed,
        changes=(change(1, "ann"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # words of a table


MERGED = "production already has everything that staging holds"
ROWS = [
    ("the same content", snapshot(same=True), Idle(MERGED)),
    ("the same content under an open one", snapshot(same=True, open=pull()), Close(pull(), MERGED)),
    ("the same content, asked for", snapshot(same=True, request=ASKED), Idle(MERGED)),
    (
        "on request only",
        snapshot("manual"),
        Idle("production is promoted on request: comment `/promote production`"),
    ),
    (
        "declined",
        snapshot(declined=SOURCE),
        Idle(
            "the promotion of 5555555 was closed unmerged; it is proposed again when staging moves on, or with "
            "`/promote production`"
        ),
    ),
    (
        "foreign work without a pull request",
        snapshot(facts=replace(facts(), foreign=OLD), branch_sha=OLD),
        Idle(
            "branch `promote/staging-to-production` holds commit bbbbbbb, which Lockkeeper did not make; "
            "delete the branch to start"
        ),
    ),
]


@pytest.mark.parametrize(("given", "decision"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_nothing_is_proposed(given: Snapshot, decision: object) -> None:
    assert plan(given).decision == decision


PROPOSED = [
    ("by itself", snapshot()),
    ("asked for", snapshot("manual", request=ASKED)),
    ("asked for after it was declined", snapshot(declined=SOURCE, request=ASKED)),
    ("declined at an earlier commit", snapshot(declined=OLD)),
    ("open already, whatever the configuration says now", snapshot("manual", open=pull())),
    ("reopened by a person", snapshot(open=pull(), declined=SOURCE)),
]


@pytest.mark.parametrize("given", [row[1] for row in PROPOSED], ids=[row[0] for row in PROPOSED])
def test_it_is_proposed(given: Snapshot) -> None:
    decision = plan(given).decision
    assert isinstance(decision, Propose)
    assert (decision.commit, decision.merge) == (HEAD, False)


@pytest.mark.parametrize("open_one", [None, pull()], ids=["none open", "one open"])
def test_a_conflict_is_told(open_one: object) -> None:
    decision = plan(snapshot(conflicts=CONFLICT, commit="", open=open_one)).decision
    assert isinstance(decision, Stuck)
    assert decision.conflicts == CONFLICT
    assert [gate.name for gate in decision.gates] == ["order"], "there is no commit to approve"


THERE = snapshot(merge="auto", open=pull(), branch_sha=HEAD)
MERGES = [
    ("all open and evaluated", THERE, True),
    ("by hand", replace(THERE, hop=hop(merge="manual")), False),
    ("not opened yet", replace(THERE, open=None), False),
    ("the branch is not there yet", replace(THERE, branch_sha=OLD), False),
    ("GitHub still shows another head", replace(THERE, open=pull(head_sha=OLD)), False),
    ("a gate waits", replace(THERE, facts=replace(THERE.facts, approvals=())), False),
    ("approved at an earlier commit", replace(THERE, facts=facts(approvals=(approval("quinn", sha=OLD),))), False),
]


@pytest.mark.parametrize(("given", "merges"), [row[1:] for row in MERGES], ids=[row[0] for row in MERGES])
def test_when_it_merges(given: Snapshot, merges: bool) -> None:
    decision = plan(given).decision
    assert isinstance(decision, Propose)
    assert decision.merge is merges


SNAPSHOTS = st.builds(
    snapshot,
    promote=st.sampled_from(["auto", "manual"]),
    merge=st.sampled_from(["auto", "manual"]),
    same=st.booleans(),
    conflicts=st.sampled_from([(), CONFLICT]),
    open=st.sampled_from([None, pull(), pull(head_sha=OLD)]),
    request=st.sampled_from([None, ASKED]),
    declined=st.sampled_from(["", SOURCE, OLD]),
    branch_sha=st.sampled_from(["", HEAD, OLD]),
    facts=st.builds(
        facts,
        foreign=st.sampled_from(["", OLD]),
        approvals=st.sampled_from([(), (approval("quinn"),), (approval("quinn", sha=OLD),)]),
        source_holds=st.booleans(),
    ),
)


@given(SNAPSHOTS)
def test_only_what_was_evaluated_and_is_wholly_open_is_ever_merged(given: Snapshot) -> None:
    decided = plan(given)
    assert plan(given) == decided
    if isinstance(decided.decision, Propose) and decided.decision.merge:
        assert given.hop.target.merge == "auto"
        assert given.open is not None
        assert given.open.head_sha == given.branch_sha == given.commit == decided.decision.commit
        assert passed(decided.decision.gates)
        assert not (given.conflicts or given.facts.foreign)
    if given.conflicts:
        assert not isinstance(decided.decision, Propose)
