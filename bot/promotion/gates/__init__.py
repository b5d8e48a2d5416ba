"""Which gates does a promotion have, and what does each say?

Every gate is one function from frozen facts to one `Gate`. A gate that waits names its owner and the next step, and
tells when time alone may change what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.promotion import Gate
from bot.promotion.gates.approvals import approvals, approvals_into, counted, names, people_names
from bot.promotion.gates.checks import checks
from bot.promotion.gates.drift import drift
from bot.promotion.gates.facts import Approval, GateFacts, Override, Running
from bot.promotion.gates.freeze import freeze, freezes, records
from bot.promotion.gates.health import health
from bot.promotion.gates.lock import is_asked, lock
from bot.promotion.gates.members import of_members, worst
from bot.promotion.gates.order import order
from bot.promotion.gates.overriding import overridden
from bot.promotion.gates.policy import OWN_CHECKS, PROMOTION_CHECK, compared_with, own_checks, policy
from bot.promotion.gates.soak import soak
from bot.promotion.gates.test import test
from bot.promotion.gates.window import window

__all__ = [
    "OWN_CHECKS",
    "PROMOTION_CHECK",
    "Approval",
    "GateFacts",
    "Override",
    "Running",
    "approvals",
    "approvals_into",
    "checks",
    "compared_with",
    "counted",
    "drift",
    "evaluate",
    "every",
    "freeze",
    "health",
    "lock",
    "looked_at_again",
    "names",
    "of_members",
    "order",
    "own_checks",
    "passed",
    "people_names",
    "policy",
    "soak",
    "test",
    "window",
]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One gate: its function, whether a promotion has it, whether each member of a group has its own.

    `onward` says that it asks what a new change has to show: what an environment held before, or holds already, on its
    way back has shown it.
    """

    judge: Callable[[GateFacts], Gate]
    asked: Callable[[GateFacts], object] = lambda _: True
    each: bool = False
    onward: bool = False


_RULES = (
    _Rule(order),
    _Rule(checks, each=True, onward=True),
    _Rule(health, lambda facts: facts.hop.target.gates.health, each=True, onward=True),
    _Rule(policy),
    _Rule(approvals, each=True),
    _Rule(soak, lambda facts: facts.hop.target.gates.soak, each=True, onward=True),
    _Rule(window, lambda facts: facts.hop.target.gates.windows, each=True),
    _Rule(freeze, lambda facts: freezes(facts) or records(facts) or "freeze" in facts.untold),
    _Rule(lock, is_asked),
    _Rule(drift, lambda facts: facts.hop.target.on_drift == "block", each=True, onward=True),
    _Rule(test, lambda facts: facts.hop.target.gates.test, each=True, onward=True),
)


def evaluate(facts: GateFacts) -> tuple[Gate, ...]:
    """Return the gates that the promotion has, in the order people should read them."""
    return tuple(_judged(rule, facts) for rule in _rules(facts) if _is_asked(rule, facts))


def every(facts: GateFacts) -> tuple[Gate, ...]:
    """Return all gates there are, those that nothing is asked of too, in the same order."""
    return tuple(_judged(rule, facts) for rule in _rules(facts))


def passed(gates: Sequence[Gate]) -> bool:
    """Say whether all gates are open."""
    return all(gate.state == "pass" for gate in gates)


def looked_at_again(gates: Sequence[Gate]) -> datetime | None:
    """Return when time alone may change one of the gates, None where it changes none."""
    return min((gate.again for gate in gates if gate.again is not None), default=None)


def _rules(facts: GateFacts) -> Sequence[_Rule]:
    return [one for one in _RULES if facts.hop.way == "promote" or not one.onward]


def _is_asked(rule: _Rule, facts: GateFacts) -> bool:
    return any(bool(rule.asked(one)) for one in (of_members(facts) if rule.each else (facts,)))


def _judged(rule: _Rule, facts: GateFacts) -> Gate:
    if not rule.each or not facts.hop.target.members:
        return overridden(rule.judge(facts), facts)
    return worst([(one.hop.target.name, overridden(rule.judge(one), one)) for one in of_members(facts)])
