"""Which gate that is shut does somebody's `/override` open?"""

from __future__ import annotations

from bot.model.gates import NEVER
from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import GateFacts


def may_be_overridden(gate: str, facts: GateFacts) -> bool:
    """Say whether the configuration lets people open this gate."""
    return gate in facts.hop.target.gates.overridable and gate not in NEVER


def overridden(gate: Gate, facts: GateFacts) -> Gate:
    """Return the gate, opened where the configuration allows it and one of those it names said so.

    What was said of another promotion commit does not count.
    """
    if gate.state == "pass" or not may_be_overridden(gate.name, facts):
        return gate
    said = [one for one in facts.overrides if one.gate == gate.name and one.sha == facts.head_sha and one.eligible]
    if not said:
        return gate
    by, why = said[0].by, quoted(said[0].reason, 200)
    return Gate(gate.name, "pass", f"opened by @{by}: {why}; it said: {gate.reason}", overridden=by)
