"""Has the target changed on its own, where its configuration says that this stops promotions?"""

from __future__ import annotations

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.order import listed_paths
from bot.promotion.places import spot


def drift(facts: GateFacts) -> Gate:
    """The target holds nothing that did not come from the source; or it may, and keeps it."""
    source, target = facts.hop.source, facts.hop.target
    if not facts.drift:
        return Gate("drift", "pass", "nothing was changed there directly")
    if target.on_drift == "keep":
        kept = "1 file is kept as it is" if len(facts.drift) == 1 else f"{len(facts.drift)} files are kept as they are"
        return Gate("drift", "pass", f"{kept} there: {listed_paths(facts.drift)}")
    return Gate(
        "drift",
        "fail",
        f"{target.name} was changed directly, and its `on_drift` is `block`: {listed_paths(facts.drift)}",
        f"whoever changed {target.name}",
        f"bring the change to {source.name} as well, or undo it in {spot(target, target.strategy)}",
    )
