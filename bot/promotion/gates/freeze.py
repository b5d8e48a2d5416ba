"""Are promotions into the target frozen, by a date in the configuration or by somebody's word?"""

from __future__ import annotations

from bot.model.gates import FreezeRule
from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.lock import untold
from bot.promotion.hours import frozen_from, past, shown
from bot.promotion.locks import Lock


def freeze(facts: GateFacts) -> Gate:
    """Nothing freezes the target now."""
    if "freeze" in facts.untold:
        return untold("freeze", ("freeze",))
    said = records(facts)
    if said:
        return _spoken(said[0], facts.zone)
    times = sorted(((frozen_from(rule), rule) for rule in freezes(facts)), key=lambda one: one[0].start)
    now = [rule for time, rule in times if time.holds(facts.now)]
    if now:
        end = facts.now
        for time, _ in times:
            if time.start <= end < time.end:
                end = time.end
        return Gate(
            "freeze",
            "wait",
            " and ".join(_words(rule) for rule in now),
            "the calendar",
            f"nothing to do: it is over at {shown(end, now[0].zone)}",
            again=end,
        )
    for time, rule in times:
        if time.start > facts.now:
            return Gate("freeze", "pass", f"not frozen now, but to be {_words(rule)}", again=time.start)
    return Gate("freeze", "pass", "not frozen")


def _spoken(one: Lock, zone: str) -> Gate:
    why = f": {quoted(one.reason, 200)}" if one.reason else ""
    return Gate(
        "freeze",
        "wait",
        f"@{one.owner} froze {one.environment or 'all environments'}, since {past(one.since, zone)}{why}",
        f"@{one.owner}",
        f"comment `{one.opened_by}` when it is over",
    )


def freezes(facts: GateFacts) -> tuple[FreezeRule, ...]:
    """Return the dates that freeze the target."""
    return tuple(one for one in facts.freezes if not one.environments or facts.names & set(one.environments))


def records(facts: GateFacts) -> tuple[Lock, ...]:
    """Return the freezes that somebody spoke, the one for all environments first."""
    found = [one for one in facts.locks if one.kind == "freeze" and one.environment in ("", *facts.names)]
    return tuple(sorted(found, key=lambda one: (one.environment != "", one.since)))


def _words(rule: FreezeRule) -> str:
    days = f"on {rule.start}" if rule.start == rule.end else f"from {rule.start} to {rule.end}"
    why = f": {quoted(rule.reason, 200)}" if rule.reason else ""
    return f"frozen {days} ({rule.zone}){why}"
