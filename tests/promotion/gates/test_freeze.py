"""When is a target frozen, by whom, and who ends it?"""

from __future__ import annotations

from datetime import date

import pytest

from bot.model.environment import Environment
from bot.model.gates import FreezeRule
from bot.promotion import gates
from bot.promotion.gates import evaluate
from bot.promotion.locks import Lock
from tests.promotion.facts import facts, hop
from tests.promotion.gates.test_window import utc

HOLIDAYS = FreezeRule(date(2026, 12, 20), date(2027, 1, 3), "Holidays", "Europe/Berlin")
LEAP = FreezeRule(date(2028, 2, 29), date(2028, 2, 29))
SPRING = FreezeRule(date(2026, 3, 29), date(2026, 3, 29), zone="Europe/Berlin")
MORE = FreezeRule(date(2027, 1, 4), date(2027, 1, 6), "Stocktaking", "Europe/Berlin")
STAGING = FreezeRule(date(2026, 12, 1), date(2026, 12, 31), environments=("staging",))
EAST = FreezeRule(date(2026, 12, 20), date(2026, 12, 20), zone="Pacific/Kiritimati")

# name, rules, now, state, when that changes
DATES = [
    ("no rule", (), "2026-12-24T12:00", "pass", None),
    ("before it: when it begins", (HOLIDAYS,), "2026-12-19T22:59:59", "pass", "2026-12-19T23:00"),
    ("its first moment, in its zone", (HOLIDAYS,), "2026-12-19T23:00", "wait", "2027-01-03T23:00"),
    ("its last day belongs to it", (HOLIDAYS,), "2027-01-03T22:59:59", "wait", "2027-01-03T23:00"),
    ("the day after does not", (HOLIDAYS,), "2027-01-03T23:00", "pass", None),
    ("one that follows it is one with it", (HOLIDAYS, MORE), "2027-01-03T12:00", "wait", "2027-01-06T23:00"),
    ("the order they are written in is no matter", (MORE, HOLIDAYS), "2026-12-24T12:00", "wait", "2027-01-06T23:00"),
    ("for another environment", (STAGING,), "2026-12-24T12:00", "pass", None),
    ("one day, a leap day", (LEAP,), "2028-02-29T23:59", "wait", "2028-03-01T00:00"),
    ("a day of 23 hours", (SPRING,), "2026-03-28T23:00", "wait", "2026-03-29T22:00"),
    ("a day far to the east", (EAST,), "2026-12-19T10:00", "wait", "2026-12-20T10:00"),
    ("over: only what is to come counts", (LEAP, HOLIDAYS), "2027-02-01T00:00", "pass", "2028-02-29T00:00"),
]


@pytest.mark.parametrize(("rules", "now", "state", "again"), [row[1:] for row in DATES], ids=[row[0] for row in DATES])
def test_dates(rules: tuple[FreezeRule, ...], now: str, state: str, again: str | None) -> None:
    gate = gates.freeze(facts(freezes=rules, now=utc(now)))
    assert (gate.name, gate.state, gate.again) == ("freeze", state, utc(again) if again else None)


def said(environment: str = "", owner: str = "lena", reason: str = "Audit", kind: str = "freeze") -> Lock:
    return Lock(kind, environment, owner, reason, utc("2026-12-01T09:30"))  # type: ignore[arg-type]  # a word of a table


LENA = "@lena froze all environments, since Tue 2026-12-01 09:30 UTC: `Audit`"
THAWS = "comment `/unfreeze` when it is over"
SAID = [
    ("all", (said(),), (), LENA, THAWS),
    (
        "this one",
        (said("production", reason=""),),
        (),
        "@lena froze production, since Tue 2026-12-01 09:30 UTC",
        "comment `/unfreeze production` when it is over",
    ),
    ("the wider one is told first", (said("production", "omar"), said()), (), LENA, THAWS),
    ("a person's word is told before a date", (said(),), (HOLIDAYS,), LENA, THAWS),
    (
        "a date",
        (),
        (HOLIDAYS,),
        "frozen from 2026-12-20 to 2027-01-03 (Europe/Berlin): `Holidays`",
        "nothing to do: it is over at Mon 2027-01-04 00:00 Europe/Berlin",
    ),
    (
        "a date of one day, without a reason",
        (),
        (FreezeRule(date(2026, 12, 24), date(2026, 12, 24)),),
        "frozen on 2026-12-24 (UTC)",
        "nothing to do: it is over at Fri 2026-12-25 00:00 UTC",
    ),
    ("another environment", (said("staging"),), (), "not frozen", ""),
    ("a lock is no freeze", (said("production", kind="lock"),), (), "not frozen", ""),
    (
        "a date to come",
        (),
        (MORE,),
        "not frozen now, but to be frozen from 2027-01-04 to 2027-01-06 (Europe/Berlin): `Stocktaking`",
        "",
    ),
    (
        "a reason that is written to mislead",
        (said(reason="`x`\n<b>@all"),),
        (),
        LENA.replace("Audit", "'x'?<b>@all"),
        THAWS,
    ),
]


@pytest.mark.parametrize(
    ("locks", "rules", "reason", "following"), [row[1:] for row in SAID], ids=[row[0] for row in SAID]
)
def test_words(locks: tuple[Lock, ...], rules: tuple[FreezeRule, ...], reason: str, following: str) -> None:
    gate = gates.freeze(facts(locks=locks, freezes=rules, now=utc("2026-12-24T12:00")))
    assert (gate.reason, gate.next) == (reason, following)


def test_a_member_that_is_frozen_stops_the_group() -> None:
    members = (Environment("paris", "production"), Environment("oslo", "production"))
    found = facts(hop=hop(members=members), locks=(said("oslo"),), now=utc("2026-12-24T12:00"))
    assert gates.freeze(found).next == "comment `/unfreeze oslo` when it is over"


def test_it_is_shown_where_something_may_freeze_the_target() -> None:
    assert "freeze" not in [gate.name for gate in evaluate(facts(freezes=(STAGING,)))]
    assert "freeze" in [gate.name for gate in evaluate(facts(freezes=(HOLIDAYS,)))]
    assert "freeze" in [gate.name for gate in evaluate(facts(locks=(said(),)))]
