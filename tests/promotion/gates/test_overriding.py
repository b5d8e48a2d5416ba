"""Which gates does `/override` open, and what do the gates of a group come to?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.environment import Environment
from bot.model.gates import GateRules
from bot.promotion.gates import Override, Running, evaluate, every, looked_at_again, passed
from bot.promotion.times import parse_window
from tests.promotion.facts import HEAD, OLD, check, facts, hop
from tests.promotion.gates.test_window import utc

SUNDAY, MONDAY = utc("2026-11-29T10:00"), utc("2026-11-30T10:00")
OFFICE = parse_window("Mon-Thu 09:00-16:00 UTC")
RULES = GateRules(checks=("ci",), soak=timedelta(hours=1), windows=(OFFICE,), overridable=("window", "order", "checks"))


def said(gate: str = "window", **more: object) -> Override:
    return Override(**{"gate": gate, "by": "lena", "reason": "an incident", "sha": HEAD, **more})  # type: ignore[arg-type]  # words of a table


OVERRIDES = [
    ("nobody said anything", (), "window", False),
    ("it was said", (said(),), "window", True),
    ("of another gate", (said("soak"),), "window", False),
    ("of another commit", (said(sha=OLD),), "window", False),
    ("by somebody who may not", (said(eligible=False),), "window", False),
    ("by one who may, after one who may not", (said(eligible=False), said()), "window", True),
    ("the configuration does not allow it", (said("soak"),), "soak", False),
    ("a gate that failed", (said("checks"),), "checks", True),
    ("no word opens what the source does not hold", (said("order"),), "order", False),
    ("no word opens what no one named", (said("approvals"),), "approvals", False),
]


@pytest.mark.parametrize(
    ("overrides", "name", "opened"), [row[1:] for row in OVERRIDES], ids=[row[0] for row in OVERRIDES]
)
def test_override(overrides: tuple[Override, ...], name: str, opened: bool) -> None:
    given = facts(
        hop=hop(gates=RULES),
        overrides=overrides,
        now=SUNDAY,
        source_holds=False,
        source_checks=(check("ci", "failure"),),
        approvals=(),
        running=Running(arrived=SUNDAY),
    )
    (gate,) = (one for one in evaluate(given) if one.name == name)
    assert (gate.state == "pass", gate.overridden) == (opened, "lena" if opened else "")


def test_what_was_overridden_is_told() -> None:
    given = facts(hop=hop(gates=RULES), overrides=(said(reason="`x`\n@all"),), now=SUNDAY)
    (gate,) = (one for one in evaluate(given) if one.name == "window")
    assert gate.reason == "opened by @lena: `'x'?@all`; it said: closed now; open `Mon-Thu 09:00-16:00 UTC`"
    assert gate.again is None


def test_a_gate_that_is_open_needs_nobodys_word() -> None:
    given = facts(hop=hop(gates=RULES), overrides=(said(),), now=MONDAY)
    (gate,) = (one for one in evaluate(given) if one.name == "window")
    assert gate.overridden == "" and gate.again == utc("2026-11-30T16:00")


def member(name: str, **rules: object) -> Environment:
    return Environment(name, "production", gates=GateRules(**rules))  # type: ignore[arg-type]  # words of a test


def test_a_group_is_as_open_as_the_worst_of_its_members() -> None:
    paris = member("paris", windows=(parse_window("Mon-Fri 09:00-17:00 Europe/Paris"),))
    oslo = member("oslo", soak=timedelta(hours=2), windows=(parse_window("Tue 09:00-17:00 Europe/Oslo"),))
    given = facts(hop=hop(members=(paris, oslo)), now=MONDAY, running=Running(arrived=MONDAY - timedelta(hours=1)))
    found = {gate.name: gate for gate in evaluate(given)}
    assert list(found) == ["order", "checks", "policy", "approvals", "soak", "window"]
    assert found["checks"].reason == "no checks are asked for", "what all say is said once"
    assert found["soak"].state == "wait" and found["soak"].again == MONDAY + timedelta(hours=1)
    window = found["window"]
    assert (window.state, window.reason) == ("wait", "oslo: closed now; open `Tue 09:00-17:00 Europe/Oslo`")
    assert window.again == utc("2026-11-30T16:00"), "Paris closes before Oslo opens"
    assert not passed(list(found.values()))


def test_members_that_differ_are_told_by_name() -> None:
    paris, oslo = member("paris", checks=("unit",)), member("oslo", checks=("unit", "load"))
    given = facts(hop=hop(members=(paris, oslo)), source_checks=(check("load", "failure"),))
    gate = evaluate(given)[1]
    assert (gate.state, gate.reason) == ("fail", "oslo: not successful on 5555555: load (failure)")
    given = facts(hop=hop(members=(paris, oslo)), source_checks=())
    gate = evaluate(given)[1]
    assert gate.reason == "paris: no result yet on 5555555: unit; oslo: no result yet on 5555555: unit, load"
    assert gate.owner == "CI" and gate.next == "nothing to do: the gate opens when they succeed"


def test_a_members_own_configuration_says_what_may_be_overridden() -> None:
    paris = member("paris", windows=(OFFICE,), overridable=("window",))
    oslo = member("oslo", windows=(OFFICE,))
    shut = facts(hop=hop(members=(paris, oslo)), overrides=(said(),), now=SUNDAY)
    assert evaluate(shut)[-1].state == "wait"
    opened = facts(hop=hop(members=(paris, paris)), overrides=(said(),), now=SUNDAY)
    assert (evaluate(opened)[-1].state, evaluate(opened)[-1].overridden) == ("pass", "lena")


def test_every_gate_there_is_in_the_order_people_read_them() -> None:
    assert [gate.name for gate in every(facts())] == [
        "order", "checks", "health", "policy", "approvals", "soak", "window", "freeze", "lock", "drift", "test",
    ]  # fmt: skip
    assert passed(every(facts()))


def test_the_earliest_of_what_time_may_change() -> None:
    given = facts(hop=hop(gates=RULES), now=MONDAY, running=Running(arrived=MONDAY))
    assert looked_at_again(evaluate(given)) == MONDAY + timedelta(hours=1)
    assert looked_at_again(evaluate(facts())) is None
