"""Somebody changes an environment's branch directly, without a promotion: who has to approve that?

The check run `lockkeeper / promotion to …` may be required on the branch, so such a pull request needs one as well;
and whoever must approve promotions must approve what goes around them.
"""

from __future__ import annotations

from bot.flows.approvals import authors_of, read_approvals
from bot.flows.tools import Tools
from bot.model.environment import Configuration
from bot.model.repository import PullRequest, Repository
from bot.promotion.gates import approvals_of
from bot.promotion.pipeline import pairs
from bot.report.promotion import direct_check


def judge_direct_change(tools: Tools, repository: Repository, pull: PullRequest, configuration: Configuration) -> None:
    """Write the check run for a pull request that is no promotion, into a branch that is promoted into."""
    targets = {hop.target.name: hop.target for hop in pairs(configuration) if hop.target.branch == pull.base_ref}
    for target in targets.values():
        verdicts = read_approvals(tools, repository, pull.number, target.approvers)
        gate = approvals_of(target.approvers, verdicts, pull.head_sha, authors_of(tools, repository, pull), "")
        tools.github.ensure_check(repository, direct_check(target, gate, sha=pull.head_sha))
