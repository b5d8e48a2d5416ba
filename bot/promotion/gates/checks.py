"""Did everything that the target asks for succeed on the source commit?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.results import results


def checks(facts: GateFacts) -> Gate:
    """Every check the target asks for has succeeded on the source commit."""
    wanted = facts.hop.target.gates.checks
    if not wanted:
        return Gate("checks", "pass", "no checks are asked for")
    found, short = results(wanted, facts.source_checks), facts.source_sha[:7]
    if found.failing:
        return Gate(
            "checks",
            "fail",
            f"not successful on {short}: {', '.join(found.failing)}",
            f"{facts.hop.source.name} team",
            "mend the cause, or run the check again on that commit",
        )
    if found.waiting:
        return Gate(
            "checks",
            "wait",
            f"no result yet on {short}: {', '.join(found.waiting)}",
            "CI",
            "nothing to do: the gate opens when they succeed",
        )
    return Gate("checks", "pass", f"successful on {short}: {', '.join(wanted)}")
