"""Who asked for what, where, and under which rules?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from bot.flows.house import House
from bot.flows.rules import Rules
from bot.flows.tools import Tools
from bot.intake.tasks import PendingCommand
from bot.model.promotion import Hop
from bot.model.repository import PullRequest, Repository
from bot.promotion.pipeline import pairs

Alone = Callable[[Repository], AbstractContextManager[Tools]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One comment with commands, read together with its pull request and whose rules are in force.

    `heads` is what each environment's branch held when the comment was first read, by environment; `into` names the
    environments that the pull request changes by itself.
    """

    house: House
    command: PendingCommand
    pull: PullRequest
    heads: Mapping[str, str]
    into: tuple[str, ...]
    alone: Alone

    @property
    def repository(self) -> Repository:
        """The repository that the comment is in."""
        return self.house.repository

    @property
    def rules(self) -> Rules:
        return self.house.rules

    def written(self) -> datetime | None:
        """Return when the comment was written, by GitHub's clock; None where that is not told."""
        try:
            found = datetime.fromisoformat(self.command.created_at)
        except ValueError:
            return None
        return found if found.tzinfo else None

    def own_hop(self, bot_login: str) -> Hop | None:
        """Return the hop that this pull request carries out; None where it is no promotion of ours."""
        return self.house.promotion(self.pull, bot_login)

    def default_target(self) -> str:
        """Return the environment that comes after the one this pull request goes into; '' unless it is one."""
        hops = pairs(self.rules.configuration)
        after = {hop.target.name for hop in hops if hop.source.name in self.into}
        return after.pop() if len(after) == 1 else ""
