"""Is this pull request a promotion of ours?"""

from __future__ import annotations

from bot.flows.changes import PROMOTE
from bot.model.repository import PullRequest


def is_promotion(pull: PullRequest, bot_login: str) -> bool:
    """Say whether Lockkeeper opened the pull request to promote."""
    return pull.author.login == bot_login and pull.head_ref.startswith(PROMOTE)
