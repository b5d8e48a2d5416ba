"""Which holds of single promotion pull requests are spent, because the pull request is closed?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.locks import Word, read_kept, take_away
from bot.flows.outcome import HopOutcome
from bot.flows.tools import Tools
from bot.intake.tasks import pull_key
from bot.model.repository import Repository
from bot.promotion.locks import Lock
from bot.promotion.places import target_of


def drop_spent(tools: Tools, home: Repository, outcomes: Sequence[HopOutcome]) -> None:
    """Take away holds of pull requests that are no longer open; where a way was not read, nobody knows."""
    for one in read_kept(tools, home).locks:
        if one.pull and _is_spent(one, home, [each for each in outcomes if each.hop.leads_to(one.environment)]):
            take_away(tools, home, one, "resume", Word(tools.github.bot_login, tools.clock(), ""))


def _is_spent(hold: Lock, home: Repository, into: Sequence[HopOutcome]) -> bool:
    if not into or any(one.snapshot is None for one in into):
        return False
    standing = {
        pull_key(target_of(one.hop, home).repository.full_name, one.snapshot.open.number).lower()
        for one in into
        if one.snapshot and one.snapshot.open
    }
    return hold.pull.lower() not in standing
