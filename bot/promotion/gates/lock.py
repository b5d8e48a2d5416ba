"""Has somebody locked the target, or put its promotions on hold?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import GateFacts
from bot.promotion.hours import past
from bot.promotion.locks import MOST_READ, PREFIX, Lock

_DONE = {"lock": "locked", "hold": "put on hold"}


def lock(facts: GateFacts) -> Gate:
    """Nobody has locked the target or put it on hold."""
    if facts.untold:
        return untold("lock", facts.untold)
    found = locks(facts)
    if not found:
        return Gate("lock", "pass", "not locked")
    return Gate(
        "lock",
        "wait",
        "; ".join(_words(one, facts.zone) for one in found),
        ", ".join(dict.fromkeys(f"@{one.owner}" for one in found)),
        "comment " + " and ".join(dict.fromkeys(f"`{one.opened_by}`" for one in found)),
    )


def locks(facts: GateFacts) -> tuple[Lock, ...]:
    """Return the locks and holds of the target, the oldest first."""
    found = [one for one in facts.locks if one.kind in _DONE and one.environment in facts.names]
    return tuple(sorted(found, key=lambda one: (one.since, one.kind)))


def is_asked(facts: GateFacts) -> bool:
    """Say whether there is anything that may shut the target."""
    return bool(locks(facts) or facts.untold)


def untold(gate: str, kinds: Sequence[str]) -> Gate:
    """Return a gate where records are too many to read: what nobody can tell is no yes."""
    many = f"more than {MOST_READ:,} refs of the kind {' and '.join(kinds)} below `{PREFIX}`"
    return Gate(
        gate,
        "fail",
        f"there are {many}, more than are read, so nobody can tell what is shut",
        "whoever may push",
        "take away those that Lockkeeper did not write, by `git push origin :REF`; `/status` names some of them",
    )


def _words(one: Lock, zone: str) -> str:
    why = f": {quoted(one.reason, 200)}" if one.reason else ""
    what = one.pull or one.environment
    return f"{what} {_DONE[one.kind]} by @{one.owner}, since {past(one.since, zone)}{why}"
