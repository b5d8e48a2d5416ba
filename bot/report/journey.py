"""What is the author told on their own pull request about where their change is now?"""

from __future__ import annotations

from bot.promotion.journey import Journey, Stop
from bot.report import markdown
from bot.report.picture import ICONS, picture
from bot.report.words import count, listed, moment, shortened

MARKER = "<!-- lockkeeper:journey -->"


def comment(journey: Journey) -> str:
    """Return the comment's body; the same journey gives the same text."""
    names = [f"**{markdown.escape(shortened(name, 60))}**" for name in journey.here]
    head = "### 🚢 Lockkeeper: this change is " + (f"in {listed(names)}" if names else "on its way")
    rows = [[f"**{markdown.escape(one.environment)}**", _words(one), _next(one)] for one in journey.stops]
    long = [_long(one) for one in journey.stops if one.days]
    states = {one.environment: one.state for one in journey.stops}
    parts = [
        f"{MARKER}\n{head}",
        *long,
        markdown.table(["environment", "state", "waits for"], rows),
        picture(journey.environments, states),
    ]
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, "The rest does not fit here.")


def _words(one: Stop) -> str:
    by, waits = f" by {one.by}" if one.pull else "", markdown.prose(shortened(one.waits, 300))
    if one.state == "reached":
        return f"✅ since {moment(one.since)}{by}" if one.since else f"✅ there{by} {waits}".rstrip()
    if one.state == "ahead":
        return f"– {waits}" if one.waits else "–"
    if one.taken_back:
        return f"↩️ rolled back by {one.repository}#{one.taken_back}: {waits}"
    return f"{ICONS[one.state]} {one.by} is open: {waits}" if one.pull else f"{ICONS[one.state]} {waits}"


def _next(one: Stop) -> str:
    """Return who can move the gate, what they do, and when time does."""
    gate = one.gate
    if gate is None:
        return "whoever may merge it" if one.state == "underway" and one.pull else "–"
    parts = [markdown.prose(gate.owner), markdown.prose(shortened(gate.next, 200))]
    if gate.again:
        parts.append(f"looked at again {moment(gate.again)}")
    return "; ".join(part for part in parts if part) or "–"


def _long(one: Stop) -> str:
    """Return the line about a promotion that has stood for long."""
    name, waits = markdown.escape(one.environment), markdown.prose(shortened(one.waits, 300))
    return f"⚠️ It has not come to **{name}** for more than {count(one.days, 'day')}: {waits}."
