"""Who asked for what, where, and under which rules?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bot.flows.rules import Rules
from bot.flows.tools import Tools
from bot.intake.tasks import PendingCommand
from bot.model.repository import PullRequest, Repository
from bot.promotion.pipeline import pairs

Alone = Callable[[], AbstractContextManager[Tools]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One comment with commands, read together with its pull request and the rules in force.

    `heads` is what each environment's branch held when the comment was first read, by branch.
    """

    repository: Repository
    command: PendingCommand
    pull: PullRequest
    rules: Rules
    heads: Mapping[str, str]
    alone: Alone

    def default_target(self) -> str:
        """Return the environment that comes after the one this pull request goes into; '' unless it is one."""
        hops = pairs(self.rules.configuration)
        after = {hop.target.name for hop in hops if hop.source.branch == self.pull.base_ref}
        return after.pop() if len(after) == 1 else ""
