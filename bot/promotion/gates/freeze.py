"""Are promotions into the target frozen, by a date in the configuration or by somebody's word?"""

from __future__ import annotations

from bot.model.gates import FreezeRule
from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import GateFacts
from bot.promotion.hours import frozen_from, shown
from bot.promotion.locks import Lock


def freeze(facts: GateFacts) -> Gate:
    """Nothing freezes the target now."""
    said = next((one for one in records(facts)), None)
    rules = freezes(facts)
    times = {rule: frozen_from(rule) for rule in rules}
    now = [rule for rule in rules if times[rule].holds(facts.now)]
    end = facts.now
    for one in sorted(times.values(), key=lambda one: one.start):
        if one.start <= end < one.end:
            end = one.end
    if said is not None:
        why = f": {quoted(said.reason, 200)}" if said.reason else ""
        what = said.environment or "all environments"
        return Gate(
            "freeze",
            "wait",
            f"@{said.owner} froze {what}, since {shown(said.since, facts.zone)}{why}",
            f"@{said.owner}",
            f"comment `/unfreeze{f' {said.environment}' if said.environment else ''}` when it is over",
        )
    if now:
        zone = now[0].zone
        return Gate(
            "freeze",
            "wait",
            " and ".join(_words(rule) for rule in now),
            "the calendar",
            f"nothing to do: it is over at {shown(end, zone)}",
            again=end,
        )
    coming = min(
        (rule for rule in rules if times[rule].start > facts.now), key=lambda one: times[one].start, default=None
    )
    if coming is None:
        return Gate("freeze", "pass", "nothing is frozen")
    return Gate("freeze", "pass", f"nothing is frozen now; {_words(coming, 'to be frozen')}", again=times[coming].start)


def freezes(facts: GateFacts) -> tuple[FreezeRule, ...]:
    """Return the dates that freeze the target."""
    return tuple(one for one in facts.freezes if not one.environments or facts.names & set(one.environments))


def records(facts: GateFacts) -> tuple[Lock, ...]:
    """Return the freezes that somebody spoke, the one for all environments first."""
    found = [one for one in facts.locks if one.kind == "freeze" and one.environment in ("", *facts.names)]
    return tuple(sorted(found, key=lambda one: (one.environment != "", one.since)))


def _words(rule: FreezeRule, before: str = "") -> str:
    days = f"on {rule.start}" if rule.start == rule.end else f"from {rule.start} to {rule.end}"
    why = f": {quoted(rule.reason, 200)}" if rule.reason else ""
    return f"{before} frozen {days} ({rule.zone}){why}".strip()
