"""Was what runs in the source tried there, and did it work?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.results import newest_word, results


def test(facts: GateFacts) -> Gate:
    """Every test of the source environment that the target asks for has succeeded, by check run or commit status."""
    wanted, source, short = facts.hop.target.gates.test, facts.hop.source.name, facts.source_sha[:7]
    if not wanted:
        return Gate("test", "pass", "no test is asked for")
    found = results(wanted, newest_word(facts.source_checks, facts.running.checks))
    if found.failing:
        return Gate(
            "test",
            "fail",
            f"{short} did not pass in {source}: {', '.join(found.failing)}",
            f"{source} team",
            f"mend the cause in {source}, or run the test again on that commit",
        )
    if found.waiting:
        return Gate(
            "test",
            "wait",
            f"{short} was not tried in {source} yet: {', '.join(found.waiting)}",
            f"whoever runs the tests of {source}",
            "nothing to do where they run by themselves; else run them, and report the result on that commit",
        )
    return Gate("test", "pass", f"{short} passed in {source}: {', '.join(wanted)}")
