"""Has the source run what is promoted for long enough?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.health import health, healthy_since
from bot.promotion.hours import past, shown
from bot.promotion.times import duration_words

_FIRST_LOOK = "nothing to do: the time counts from when the promotion is first looked at"
_BROKEN = ("failure", "error")


def soak(facts: GateFacts) -> Gate:
    """The source commit has been healthy in the source for the time that the target asks for.

    The time counts from when whoever is asked for health said so; where nobody is, from a GitHub Deployment that
    succeeded, else from when the commit came to the source. Another source commit begins it anew.
    """
    wanted, source, short = facts.hop.target.gates.soak, facts.hop.source.name, facts.source_sha[:7]
    if not wanted:
        return Gate("soak", "pass", "no time in the source is asked for")
    words = duration_words(wanted)
    healthy = health(facts)
    if healthy.state != "pass":
        reason = f"{words} in {source} count from when {short} is healthy there"
        return Gate("soak", "wait", reason, healthy.owner, "nothing to do: the time begins when the gate health opens")
    deployment = facts.running.deployment
    if deployment is not None and deployment.state in _BROKEN:
        return _not_begun(facts, f"the deployment of {short} to {source} tells of a failure", f"mend {source}")
    since = healthy_since(facts)
    if since is None:
        return _not_begun(facts, f"it is not known when {short} came to {source}", _FIRST_LOOK)
    end = since + wanted
    if facts.now >= end:
        return Gate("soak", "pass", f"{short} has been in {source} for {words}, since {past(since, facts.zone)}")
    return Gate(
        "soak",
        "wait",
        f"{short} has been in {source} since {past(since, facts.zone)}, not for {words} yet",
        "the clock",
        f"nothing to do: the time is over at {shown(end, facts.zone)}",
        again=end,
    )


def _not_begun(facts: GateFacts, reason: str, following: str) -> Gate:
    return Gate("soak", "wait", reason, f"{facts.hop.source.name} team", following)
