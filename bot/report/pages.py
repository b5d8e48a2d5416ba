"""How does a pull request of ours read, or a commit: a promotion, or what goes against the stream?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.promotion import Change, Gate
from bot.promotion.plan import Snapshot
from bot.report import promotion, rollback
from bot.report.promotion import Journey


def title(snapshot: Snapshot, changes: Sequence[Change]) -> str:
    """Return the title of the pull request."""
    if snapshot.rollback is not None:
        return rollback.title(snapshot.hop, snapshot.rollback.to)
    return promotion.title(snapshot.hop, changes, snapshot.versions)


def body(snapshot: Snapshot, gates: Sequence[Gate], journey: Journey) -> str:
    """Return the body of the pull request."""
    if snapshot.rollback is not None:
        return rollback.body(snapshot, gates, snapshot.rollback)
    return promotion.body(snapshot, gates, journey)


def commit_message(snapshot: Snapshot, changes: Sequence[Change], seal: str) -> str:
    """Return the message of the commit or tag."""
    if snapshot.rollback is not None:
        return rollback.commit_message(snapshot.hop, snapshot.rollback, changes, seal)
    return promotion.commit_message(snapshot.hop, snapshot.record, changes, seal, snapshot.versions)
