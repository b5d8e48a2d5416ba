"""Somebody changes an environment's branch directly, without a promotion: who has to approve that?

The check run `lockkeeper / promotion to …` may be required on the branch, so such a pull request needs one as well;
and whoever must approve promotions must approve what goes around them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.flows.approvals import authors_of, by_rights, read_approvals, with_unknown_teams
from bot.flows.approvers import AskedFor, Wish, anybody, ask_approvers
from bot.flows.house import House
from bot.flows.owners import approvers_of, asked_into, changed_in, span_of
from bot.flows.rights import Rights
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.promotion import Hop
from bot.model.repository import PullRequest
from bot.promotion.gates import approvals_into
from bot.promotion.pipeline import pairs, pooled
from bot.promotion.places import lies_below, target_of
from bot.promotion.rbac import Allowed
from bot.report.promotion import direct_check


def judge_direct_change(tools: Tools, house: House, pull: PullRequest, changed: Sequence[Environment]) -> None:
    """Write the check run for a pull request that is no promotion, for each environment it changes that has a gate."""
    repository, rights = house.repository, Rights(tools, house.home, house.configuration)
    hops = {hop.target.name: hop for hop in pairs(house.configuration)}  # a group as one: so is its check run
    touched = {one.name for one in changed}
    authors, span = authors_of(tools, repository, pull), span_of(tools, repository, pull)
    for hop in hops.values():
        target = hop.target
        if touched.isdisjoint(one.name for one in target.members or (target,)):
            continue
        paths = changed_in(tools, repository, span) if target.approvers.codeowners else ()
        asked = asked_into(tools, repository, target, span, _own(house, hop, paths))
        verdicts = [by_rights(rights, asked, one) for one in read_approvals(tools, repository, pull.number, asked)]
        gate = approvals_into(asked, verdicts, pull.head_sha, authors)
        if gate.state == "wait":
            asked = with_unknown_teams(tools, repository, asked, pull.requested_teams, lambda _: True)
            gate = approvals_into(asked, verdicts, pull.head_sha, authors)
        tools.github.ensure_check(repository, direct_check(target, gate, sha=pull.head_sha))


def _own(house: House, hop: Hop, paths: Sequence[str]) -> Callable[[Environment], tuple[str, ...]]:
    """Return what says which of the changed paths are an environment's own; where none is, what is shared counts."""

    def scope(one: Environment) -> tuple[str, ...]:
        own = target_of(replace(hop, target=one, application=""), house.home).scope
        return own if any(lies_below(path, own) for path in paths) else ()

    return scope


def ask_for_direct_change(
    tools: Tools, house: House, pull: PullRequest, changed: Sequence[Environment], *, again: bool = False
) -> AskedFor:
    """Ask those who have to approve what goes around promotions into the environments that it changes."""
    asking = [one for one in changed if one.approvers.people or one.approvers.assign or one.approvers.codeowners]
    if not asking:
        return AskedFor()
    repository, rights = house.repository, Rights(tools, house.home, house.configuration)
    approvers, owners = approvers_of(
        tools, repository, pooled([one.approvers for one in asking]), span_of(tools, repository, pull)
    )

    def may(login: str) -> bool:
        return any(isinstance(rights.may(login, "approve", one), Allowed) for one in asking)

    authors = authors_of(tools, repository, pull)
    wish = Wish(repository, pull, approvers, owners.others, authors, may=may if rights.is_asked else anybody)
    return ask_approvers(tools, wish, again=again)
