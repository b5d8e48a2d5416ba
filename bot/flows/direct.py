"""Somebody changes an environment's branch directly, without a promotion: who has to approve that?

The check run `lockkeeper / promotion to …` may be required on the branch, so such a pull request needs one as well;
and whoever must approve promotions must approve what goes around them.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.approvals import authors_of, read_approvals
from bot.flows.house import House
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.repository import PullRequest
from bot.promotion.gates import approvals_of
from bot.promotion.pipeline import pairs
from bot.report.promotion import direct_check


def judge_direct_change(tools: Tools, house: House, pull: PullRequest, changed: Sequence[Environment]) -> None:
    """Write the check run for a pull request that is no promotion, for each environment it changes that has a gate."""
    repository = house.repository
    promoted = {member.name for hop in pairs(house.configuration) for member in hop.target.members or (hop.target,)}
    for target in (one for one in changed if one.name in promoted):
        verdicts = read_approvals(tools, repository, pull.number, target.approvers)
        gate = approvals_of(target.approvers, verdicts, pull.head_sha, authors_of(tools, repository, pull), "")
        tools.github.ensure_check(repository, direct_check(target, gate, sha=pull.head_sha))
