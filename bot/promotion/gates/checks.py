"""Did everything that the target asks for succeed on the source commit?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts


def checks(facts: GateFacts) -> Gate:
    """Every check the target asks for has succeeded on the source commit.

    A skipped or neutral run is no proof that anything was tested, so neither opens this gate. Where several Apps,
    or an App and a commit status, go by one name, all have to succeed: a status can be set by any writer.
    """
    wanted = facts.hop.target.gates.checks
    if not wanted:
        return Gate("checks", "pass", "no checks are asked for")
    waiting, failing = [], []
    for name in wanted:
        found = [check for check in facts.source_checks if check.name == name]
        bad = [check for check in found if check.status == "completed" and check.conclusion != "success"]
        if bad:
            failing.append(f"{name} ({bad[0].conclusion})")
        elif not found or any(check.status != "completed" for check in found):
            waiting.append(name)
    short = facts.source_sha[:7]
    if failing:
        return Gate(
            "checks",
            "fail",
            f"not successful on {short}: {', '.join(failing)}",
            f"{facts.hop.source.name} team",
            "mend the cause, or run the check again on that commit",
        )
    if waiting:
        return Gate(
            "checks",
            "wait",
            f"no result yet on {short}: {', '.join(waiting)}",
            "CI",
            "nothing to do: the gate opens when they succeed",
        )
    return Gate("checks", "pass", f"successful on {short}: {', '.join(wanted)}")
