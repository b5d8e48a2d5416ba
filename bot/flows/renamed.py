"""Under which other names, or into which other branch, was a pair promoted before?

Promotions are found by the names in their branch. A new name in the configuration moves nothing: what was promoted last
is what was promoted under the old one.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.flows.content.lineage import Rule, hops_before
from bot.flows.records import HopPulls, list_pulls
from bot.flows.tools import Tools
from bot.promotion.places import Place, target_of


def promoted_before(
    tools: Tools, rule: Rule, pulls: HopPulls, target: Place, standing: Callable[[HopPulls, Place], HopPulls]
) -> HopPulls | None:
    """Return the promotions of a pair under its newest earlier name of which the target still holds any, else None.

    Only where it has none under the name that it has today; `standing` tells which the target still holds.
    """
    if pulls.merged or pulls.hop.target.strategy == "tag":
        return None
    tried = {(pulls.hop.branch, target.branch)}
    for seen in hops_before(tools, rule, pulls.hop):
        place = target_of(seen.hop, rule.home)
        if (seen.hop.branch, place.branch) in tried or place.repository != target.repository:
            continue
        tried.add((seen.hop.branch, place.branch))
        listed = list_pulls(tools, seen.hop, place)
        missing = [one for one in listed.all if tools.git.resolve(target.repository, one.head_sha) is None]
        if missing:
            tools.git.fetch(target.repository, [f"refs/pull/{one.number}/head" for one in missing])
        found = standing(listed, target)
        if found.merged:
            return found
    return None
