"""Which gates does a promotion have, and what does each say?

Every gate is one function from frozen facts to one `Gate`. A gate that waits names its owner and the next step.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.promotion import Gate
from bot.promotion.gates.approvals import approvals, approvals_of, names, people_names
from bot.promotion.gates.checks import checks
from bot.promotion.gates.facts import Approval, GateFacts
from bot.promotion.gates.order import order
from bot.promotion.gates.policy import OWN_CHECKS, compared_with, policy

__all__ = [
    "OWN_CHECKS",
    "Approval",
    "GateFacts",
    "approvals",
    "approvals_of",
    "checks",
    "compared_with",
    "evaluate",
    "names",
    "order",
    "passed",
    "people_names",
    "policy",
]


def evaluate(facts: GateFacts) -> tuple[Gate, ...]:
    """Return every gate of the promotion, in the order people should read them."""
    return (order(facts), checks(facts), policy(facts), approvals(facts))


def passed(gates: Sequence[Gate]) -> bool:
    """Say whether all gates are open."""
    return all(gate.state == "pass" for gate in gates)
