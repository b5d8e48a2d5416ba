"""What goes back now, and what is left of a rollback that was called off?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.flows.locks import Word, take_away
from bot.flows.tools import Tools
from bot.model.promotion import Hop
from bot.model.repository import PullRequest, Repository
from bot.promotion.locks import Kept, Rollback
from bot.promotion.places import target_of
from bot.promotion.plan import Idle, Plan
from bot.report import rollback as words


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A rollback was called off: its pull request was closed unmerged."""

    hop: Hop
    said: Rollback
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class Backwards:
    """What is to be done against the stream, and which rollbacks were called off."""

    plans: tuple[tuple[Hop, Plan | Idle], ...]
    gone: tuple[Withdrawn, ...]
    kept: Kept

    def call_off(self, tools: Tools, home: Repository) -> None:
        """Say on the closed pull requests that nothing was rolled back, and take away what was on record for them."""
        for one in self.gone:
            _call_off(tools, home, self.kept, one)
            tools.mark(home.full_name)  # promotions go on


def _call_off(tools: Tools, home: Repository, kept: Kept, gone: Withdrawn) -> None:
    held = kept.find("hold", gone.said.target)
    held = held if held is not None and gone.said.is_hold(held) else None
    where = target_of(gone.hop, home).repository
    body = words.withdrawn(gone.hop, held is not None)
    tools.github.ensure_comment(where, gone.pull.number, words.WITHDRAWN_MARKER, body)
    word = Word(tools.github.bot_login, tools.clock(), gone.pull.url)
    if held is not None:
        take_away(tools, home, held, "resume", word)
    take_away(tools, home, gone.said, "call off rollback", word)
