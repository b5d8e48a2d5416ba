"""Which words that people said by comment speak for the promotion commit of a hop, and do they count?

Whether somebody may is asked afresh each time: who has left the team since then opens nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.flows.approvals import verdict
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.gates import Approval, GateFacts, Override
from bot.promotion.locks import Said


def with_words(tools: Tools, home: Repository, where: Repository, said: Iterable[Said], facts: GateFacts) -> GateFacts:
    """Add what was said of the promotion commit; `where` is the repository of the target, `home` that of the rules."""
    about = [one for one in said if one.target == facts.hop.target.name and one.sha == facts.head_sha]
    approvals = _approvals(tools, where, about, facts)
    overrides = [_override(tools, home, facts.hop, one) for one in about if one.kind == "override"]
    return replace(facts, approvals=(*facts.approvals, *approvals), overrides=tuple(overrides))


def may_override(tools: Tools, home: Repository, hop: Hop, gate: str, login: str) -> bool:
    """Say whether somebody may open a gate of the target, or of all members that let it be opened."""
    asked = [one for one in members_of(hop) if gate in one.gates.overridable]
    return bool(asked) and all(one.overriders and tools.github.is_member(home, one.overriders, login) for one in asked)


def _approvals(tools: Tools, where: Repository, about: Sequence[Said], facts: GateFacts) -> Iterable[Approval]:
    """Return approvals by comment of people who have not reviewed the same commit; a person counts once."""
    target = facts.hop.target
    if not target.approvers.required:
        return ()
    reviewed = {one.login.lower() for one in facts.approvals if one.sha == facts.head_sha}
    fresh = (one for one in about if one.kind == "approve" and one.by.lower() not in reviewed)
    return tuple(verdict(tools, where, target, Approval(one.by, True, one.sha, eligible=True)) for one in fresh)


def _override(tools: Tools, home: Repository, hop: Hop, said: Said) -> Override:
    may = may_override(tools, home, hop, said.gate, said.by)
    return Override(said.gate, said.by, said.reason, said.sha, may, said.url)


def members_of(hop: Hop) -> Sequence[Environment]:
    """Return the environments that a hop leads into: the members of a group, else its target."""
    return hop.target.members or (hop.target,)
