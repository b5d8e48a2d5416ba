"""Several environments share a branch: what is said of those that a pull request into it leaves alone?

Whoever protects the branch by requiring `lockkeeper / promotion to production` wants direct changes of production to be
approved, and nothing else to wait for a check run that would never come.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.house import House
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.repository import PullRequest
from bot.promotion.pipeline import pairs
from bot.promotion.places import lies_in
from bot.report.promotion import untouched_check


def say_untouched(tools: Tools, house: House, pull: PullRequest, changed: Sequence[Environment]) -> None:
    """Write the check run of each target on the branch whose promotions need approvals and that is not changed.

    Where one environment has the branch to itself, every pull request changes it, and nothing is written.
    """
    hops = pairs(house.configuration)
    own = house.promotion(pull, tools.github.bot_login)
    targets = {hop.target.name: hop.target for hop in hops if own is None or hop.target != own.target}
    touched = {one.name for one in changed}
    for target in targets.values():
        here = target.branch == pull.base_ref and lies_in(target, house.repository, house.home)
        names = {one.name for one in target.members or (target,)}
        if here and not target.tag and target.approvers.required and not names & touched:
            tools.github.ensure_check(house.repository, untouched_check(target, sha=pull.head_sha))
