"""Is this pull request a promotion of ours?"""

from __future__ import annotations

from bot.model.environment import Configuration
from bot.model.repository import PullRequest
from bot.promotion.pipeline import pairs


def is_promotion(pull: PullRequest, bot_login: str, configuration: Configuration) -> bool:
    """Say whether Lockkeeper opened the pull request to promote, and it still goes where it was opened for."""
    if pull.author.login != bot_login:
        return False
    return any((pull.head_ref, pull.base_ref) == (hop.branch, hop.target.branch) for hop in pairs(configuration))
