"""Does a target that was changed directly stop promotions, and are tests of the source asked for?"""

from __future__ import annotations

import pytest

from bot.model.gates import GateRules
from bot.model.repository import CheckState
from bot.promotion import gates
from bot.promotion.gates import Running, evaluate
from tests.promotion.facts import check, facts, hop

BLOCKED = "production was changed directly, and its `on_drift` is `block`: "
DRIFT = [
    ("none, kept", "keep", (), "pass", "nothing was changed there directly"),
    ("none, blocked", "block", (), "pass", "nothing was changed there directly"),
    ("one, kept", "keep", ("a.yaml",), "pass", "1 file is kept as it is there: `a.yaml`"),
    ("two, kept", "keep", ("a.yaml", "b.yaml"), "pass", "2 files are kept as they are there: `a.yaml`, `b.yaml`"),
    ("one, blocked", "block", ("a.yaml",), "fail", BLOCKED + "`a.yaml`"),
    ("many, blocked", "block", tuple("abcdefg"), "fail", BLOCKED + "`a`, `b`, `c`, `d`, `e` and 2 more"),
    ("exactly as many as are listed", "block", tuple("abcde"), "fail", BLOCKED + "`a`, `b`, `c`, `d`, `e`"),
    ("a file named to mislead", "block", ("`<b>`\n|",), "fail", BLOCKED + "`'<b>'?|`"),
]


@pytest.mark.parametrize(
    ("setting", "paths", "state", "reason"), [row[1:] for row in DRIFT], ids=[row[0] for row in DRIFT]
)
def test_drift(setting: str, paths: tuple[str, ...], state: str, reason: str) -> None:
    gate = gates.drift(facts(hop=hop(on_drift=setting), drift=paths))
    assert (gate.name, gate.state, gate.reason) == ("drift", state, reason)
    assert (gate.owner == "whoever changed production") == (state == "fail")


def test_it_is_shown_where_it_can_block() -> None:
    assert "drift" not in [gate.name for gate in evaluate(facts(drift=("a",)))]
    assert "drift" in [gate.name for gate in evaluate(facts(hop=hop(on_drift="block")))]


TESTS = [
    ("none asked for", (), (), (), "pass", "no test is asked for"),
    ("not tried", ("e2e",), (), (), "wait", "5555555 was not tried in staging yet: e2e"),
    ("going on", ("e2e",), (check("e2e", None),), (), "wait", "5555555 was not tried in staging yet: e2e"),
    ("passed", ("e2e",), (check("e2e"),), (), "pass", "5555555 passed in staging: e2e"),
    ("a commit status", ("e2e",), (check("e2e", app=None),), (), "pass", "5555555 passed in staging: e2e"),
    ("failed", ("e2e",), (check("e2e", "failure"),), (), "fail", "5555555 did not pass in staging: e2e (failure)"),
    ("skipped", ("e2e",), (check("e2e", "skipped"),), (), "fail", "5555555 did not pass in staging: e2e (skipped)"),
    ("one of two", ("e2e", "load"), (check("e2e"),), (), "wait", "5555555 was not tried in staging yet: load"),
    ("on a later commit", ("e2e",), (), (check("e2e"),), "pass", "5555555 passed in staging: e2e"),
    ("mended later", ("e2e",), (check("e2e", "failure"),), (check("e2e"),), "pass", "5555555 passed in staging: e2e"),
    (
        "another App's success later does not mend it",
        ("e2e",),
        (check("e2e", "failure"),),
        (check("e2e", app=7),),
        "fail",
        "5555555 did not pass in staging: e2e (failure)",
    ),
]


@pytest.mark.parametrize(
    ("wanted", "found", "later", "state", "reason"), [row[1:] for row in TESTS], ids=[row[0] for row in TESTS]
)
def test_tests(
    wanted: tuple[str, ...], found: tuple[CheckState, ...], later: tuple[CheckState, ...], state: str, reason: str
) -> None:
    given = facts(hop=hop(gates=GateRules(test=wanted)), source_checks=found, running=Running(checks=later))
    gate = gates.test(given)
    assert (gate.name, gate.state, gate.reason) == ("test", state, reason)
