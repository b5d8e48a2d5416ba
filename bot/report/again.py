"""What is to say of a promotion that brings again what was rolled back?"""

from __future__ import annotations

from bot.promotion.plan import Snapshot
from bot.report import markdown
from bot.report.words import listed, moment

MOST_NAMED = 20


def again_note(snapshot: Snapshot) -> str:
    """Return the note on a promotion that brings again what was rolled back, '' for any other."""
    back = snapshot.rolled_back
    if back is None:
        return ""
    again = [one.reference for one in snapshot.changes if one.reference in back.includes]
    if back.includes and not again:  # it came again already, or is out of the source
        return ""
    by = f"#{back.number}" if back.number else f"`{markdown.escape(back.tag)}`"
    when = f" {moment(back.at)}" if back.at else ""
    what = f"It brings again {listed(again[:MOST_NAMED])}" if again else "It may bring again what was taken back then"
    name = markdown.escape(snapshot.hop.target.name)
    return f"⚠️ **{name} was rolled back by {by}{when}.** {what}. Look whether the reason for the rollback is gone."
