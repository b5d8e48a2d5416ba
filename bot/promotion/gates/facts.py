"""What do the gates of one promotion look at?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.promotion import Change, Hop
from bot.model.repository import CheckState


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's standing verdict on one commit; `eligible` says whether the configuration names them."""

    login: str
    approved: bool
    sha: str
    eligible: bool


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything the gates look at, read beforehand.

    `head_sha` is the promotion commit; `source_holds` says whether the source environment's branch contains
    the commit being promoted; `conflicts` names the files changed on both sides; `foreign` is the id of a commit
    on the promotion branch that is not ours, '' when there is none.
    """

    hop: Hop
    head_sha: str
    source_sha: str
    source_holds: bool
    source_checks: tuple[CheckState, ...]
    head_checks: tuple[CheckState, ...]
    approvals: tuple[Approval, ...]
    changes: tuple[Change, ...]
    requested_by: str
    app_id: int
    conflicts: tuple[str, ...] = ()
    foreign: str = ""
