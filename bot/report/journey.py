"""What is the author told on their own pull request about where their change is now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.report import markdown
from bot.report.words import moment, shortened

MARKER = "<!-- lockkeeper:journey -->"


@dataclass(frozen=True, slots=True)
class Station:
    """One environment on a change's way: reached (with the pull request that brought it), underway, or ahead.

    `pull` is the promotion pull request's number, 0 when the change arrived by its own merge; `waits` is what
    the promotion waits for, in words; `repository` is where the pull request is, where it is elsewhere.
    """

    environment: str
    state: Literal["reached", "underway", "stuck", "ahead"]
    pull: int = 0
    since: datetime | None = None
    waits: str = ""
    repository: str = ""


def comment(stations: Sequence[Station]) -> str:
    """Return the comment's body; the same stations give the same text."""
    reached = [one for one in stations if one.state == "reached"]
    where = f"in **{markdown.escape(reached[-1].environment)}**" if reached else "on its way"
    rows = [[f"**{markdown.escape(one.environment)}**", _words(one)] for one in stations]
    head = "### 🚢 Lockkeeper: this change is " + where
    return "\n\n".join([f"{MARKER}\n{head}", markdown.table(["environment", "state"], rows)])


def _words(one: Station) -> str:
    number = f"{one.repository}#{one.pull}"
    by, waits = f" by {number}" if one.pull else "", markdown.prose(shortened(one.waits, 300))
    match one.state:
        case "reached":
            return f"✅ since {moment(one.since)}{by}" if one.since else f"✅ there{by} {waits}".rstrip()
        case "underway":
            return f"⏳ {number} is open: {waits}" if one.pull else f"⏳ {waits}"
        case "stuck":
            return f"❌ {waits}"
        case "ahead":
            return f"– {waits}" if one.waits else "–"
