"""Under which other names, or into which other branch, was a pair promoted before, and what was shut under these?

Promotions are found by the names in their branch, locks by that of the environment. A new name in the configuration
moves nothing: what was promoted last is what was promoted under the old one, and what was shut is shut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.flows.content.lineage import Rule, environments_before, hops_before
from bot.flows.records import HopPulls, fetch_heads, list_pulls
from bot.flows.tools import Tools
from bot.promotion.locks import Kept, Lock
from bot.promotion.pipeline import environment_names
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
        fetch_heads(tools, target.repository, listed.all)
        found = standing(listed, target)
        if found.merged:
            return found
    return None


def shut_before(tools: Tools, rule: Rule, kept: Kept) -> Sequence[tuple[Lock, str]]:
    """Return the locks, freezes and holds of environments that have other names today, each with one of these.

    Nothing is read where all environments that are shut are in the configuration.
    """
    known = {*environment_names(rule.configuration)}
    strange = [one for one in kept.locks if not one.pull and one.environment and one.environment not in known]
    found: list[tuple[Lock, str]] = []
    for today in rule.configuration.environments if strange else ():
        earlier = {name for _, then in environments_before(tools, rule, today) for name in (then.name, then.group)}
        found += [(one, today.name) for one in strange if one.environment in earlier]
    return found


def as_named_today(tools: Tools, rule: Rule, kept: Kept) -> Kept:
    """Return the records with what was shut under an earlier name shut under today's."""
    found = shut_before(tools, rule, kept)
    away = {one.ref for one, _ in found}
    stay = (one for one in kept.locks if one.ref not in away)
    return replace(kept, locks=(*stay, *(replace(one, environment=name) for one, name in found)))
