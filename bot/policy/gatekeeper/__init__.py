"""Gatekeeper's policies: ConstraintTemplates in Rego or CEL, and their constraints."""

from bot.policy.gatekeeper.evaluate import Given, evaluate_gatekeeper
from bot.policy.gatekeeper.policies import NONE, Gatekeeper, compile_gatekeeper, is_gatekeeper, together
from bot.policy.gatekeeper.rego import NO_REGO, NoRego, Rego
from bot.policy.gatekeeper.review import inventory_of

__all__ = [
    "NONE",
    "NO_REGO",
    "Gatekeeper",
    "Given",
    "NoRego",
    "Rego",
    "compile_gatekeeper",
    "evaluate_gatekeeper",
    "inventory_of",
    "is_gatekeeper",
    "together",
]
