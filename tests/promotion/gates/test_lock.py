"""Who locked the target or put it on hold, and how is it opened?"""

from __future__ import annotations

import pytest

from bot.model.environment import Environment
from bot.promotion import gates
from bot.promotion.gates import evaluate
from bot.promotion.locks import Lock
from tests.promotion.facts import facts, hop
from tests.promotion.gates.test_window import utc


def lock(
    kind: str = "lock", environment: str = "production", owner: str = "lena", reason: str = "", day: int = 1
) -> Lock:
    return Lock(kind, environment, owner, reason, utc(f"2026-12-0{day}T09:30"))  # type: ignore[arg-type]  # of a table


ON = "since Tue 2026-12-01 09:30 UTC"
LOCKS = [
    ("none", (), "pass", "not locked", "", ""),
    ("a lock", (lock(),), "wait", f"production locked by @lena, {ON}", "@lena", "comment `/unlock production`"),
    (
        "with a reason",
        (lock(reason="Audit of the cluster"),),
        "wait",
        f"production locked by @lena, {ON}: `Audit of the cluster`",
        "@lena",
        "comment `/unlock production`",
    ),
    (
        "a hold",
        (lock("hold"),),
        "wait",
        f"production put on hold by @lena, {ON}",
        "@lena",
        "comment `/resume production`",
    ),
    (
        "both, of two people, the older first",
        (lock("hold", owner="omar", day=2), lock()),
        "wait",
        f"production locked by @lena, {ON}; production put on hold by @omar, since Wed 2026-12-02 09:30 UTC",
        "@lena, @omar",
        "comment `/unlock production` and `/resume production`",
    ),
    (
        "both, of one person",
        (lock(), lock("hold")),
        "wait",
        f"production put on hold by @lena, {ON}; production locked by @lena, {ON}",
        "@lena",
        "comment `/resume production` and `/unlock production`",
    ),
    ("the source's lock says nothing of what leaves it", (lock(environment="staging"),), "pass", "not locked", "", ""),
    ("a freeze is no lock", (lock("freeze"),), "pass", "not locked", "", ""),
    ("a name that begins alike", (lock(environment="production-eu"),), "pass", "not locked", "", ""),
    (
        "a reason that is written to mislead",
        (lock(reason="`|`\n| pass |"),),
        "wait",
        f"production locked by @lena, {ON}: `'|'?| pass |`",
        "@lena",
        "comment `/unlock production`",
    ),
]


@pytest.mark.parametrize(
    ("locks", "state", "reason", "owner", "following"), [row[1:] for row in LOCKS], ids=[row[0] for row in LOCKS]
)
def test_lock(locks: tuple[Lock, ...], state: str, reason: str, owner: str, following: str) -> None:
    gate = gates.lock(facts(locks=locks))
    assert (gate.name, gate.state, gate.reason, gate.owner, gate.next) == ("lock", state, reason, owner, following)
    assert gate.again is None, "time opens no lock"


def test_a_member_that_is_locked_stops_the_group() -> None:
    members = (Environment("paris", "production"), Environment("oslo", "production"))
    gate = gates.lock(facts(hop=hop(members=members), locks=(lock(environment="oslo"),)))
    assert (gate.state, gate.next) == ("wait", "comment `/unlock oslo`")


def test_what_nobody_can_tell_is_no_yes() -> None:
    gate = gates.lock(facts(locks=(lock(),), untold=("lock", "rollback")))
    assert (gate.state, gate.owner) == ("fail", "whoever may push")
    assert gate.reason == (
        "there are more than 2,000 refs of the kind lock and rollback below `refs/lockkeeper/`, more than are read, so "
        "nobody can tell what is shut"
    )
    assert "git push origin :REF" in gate.next
    assert "lock" in [one.name for one in evaluate(facts(untold=("hold",)))]


def test_freezes_that_nobody_can_tell_are_no_yes_where_locks_may_be_overridden() -> None:
    """An override of gate `lock` passed by freezes that were too many to read."""
    shut = {one.name: one.state for one in evaluate(facts(untold=("freeze",)))}
    assert (shut["lock"], shut["freeze"]) == ("fail", "fail")
    assert "freeze" not in [one.name for one in evaluate(facts(untold=("lock",)))]


def test_it_is_shown_where_there_is_one() -> None:
    assert "lock" not in [gate.name for gate in evaluate(facts())]
    assert "lock" in [gate.name for gate in evaluate(facts(locks=(lock(),)))]
