"""Whose verdict stands on a pull request, and does it count?"""

from __future__ import annotations

from bot.flows.tools import Tools
from bot.model.environment import Approvers
from bot.model.repository import Repository, Review
from bot.promotion.gates import Approval


def read_approvals(tools: Tools, repository: Repository, number: int, approvers: Approvers) -> tuple[Approval, ...]:
    """Return the standing verdict of each reviewer: the newest that approves or objects and was not dismissed.

    Nothing is read where no approval is asked for.
    """
    if not approvers.required:
        return ()
    standing: dict[str, Review] = {}
    for review in sorted(tools.github.reviews(repository, number), key=lambda one: str(one.submitted_at)):
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and not review.author.is_bot:
            standing[review.author.login] = review
    return tuple(
        Approval(login, review.state == "APPROVED", review.sha, _eligible(tools, repository, approvers, login))
        for login, review in standing.items()
        if review.state != "DISMISSED"
    )


def _eligible(tools: Tools, repository: Repository, approvers: Approvers, login: str) -> bool:
    if approvers.people:
        return tools.github.is_member(repository, approvers.people, login)
    return tools.github.permission(repository, login) in ("write", "maintain", "admin")
