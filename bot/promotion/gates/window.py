"""Is this a time at which promotions into the target may merge?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts
from bot.promotion.hours import opening, shown
from bot.promotion.times import window_words


def window(facts: GateFacts) -> Gate:
    """One of the target's windows is open."""
    windows = facts.hop.target.gates.windows
    if not windows:
        return Gate("window", "pass", "promotions may merge at any time")
    is_open, changes = opening(windows, facts.now)
    hours = " or ".join(f"`{window_words(one)}`" for one in windows)
    if is_open:
        until = f"open until {shown(changes, facts.zone)}" if changes else "open at all times"
        return Gate("window", "pass", f"{until} ({hours})", again=changes)
    following = (
        f"nothing to do: it opens at {shown(changes, facts.zone)}" if changes else "change the window: it is never open"
    )
    return Gate("window", "wait", f"closed now; open {hours}", "the clock", following, again=changes)
