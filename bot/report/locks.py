"""What do people read about locks, freezes and holds: whose they are, since when, why, and how they end?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model.quoting import quoted
from bot.promotion.locks import MOST_READ, PREFIX, Kept, Lock
from bot.report import markdown, replies
from bot.report.words import moment

_STATE = {"lock": "locked", "freeze": "frozen", "hold": "on hold"}
_ICONS = {"lock": "🔒", "freeze": "❄️", "hold": "✋"}


def what(record: Lock) -> str:
    """Return what a record shuts, as people read it."""
    if record.pull:
        return f"the promotion {record.pull} to {record.environment}"
    return record.environment or "all environments"


def placed(record: Lock) -> str:
    """Return the answer when something was shut."""
    why = f": {quoted(record.reason, 200)}" if record.reason else ""
    into = "it" if record.environment else "them"
    end = "It is not merged" if record.pull else f"No promotion into {into} is merged"
    text = f"{_capital(_state(record))} now{why}. {end} until somebody comments "
    return f"{_ICONS[record.kind]} {markdown.prose(f'{text}`{record.opened_by}`.')}"


def standing(record: Lock, now: datetime) -> str:
    """Return the answer when the same person shut the same before."""
    return replies.nothing(f"you did that already: {described(record, now)}; it ends with `{record.opened_by}`")


def taken(record: Lock, now: datetime) -> str:
    """Return the refusal when somebody else was first: who, since when, why, and what to do."""
    return replies.refused(
        f"{_state(record)} already",
        required=f"nobody else's {record.kind} on it",
        has=f"came second: {described(record, now)}",
        following=f"talk to {record.owner}; they, or whoever maintains the repository, comment `{record.opened_by}`",
    )


def not_yours(record: Lock, permission: str, now: datetime) -> str:
    """Return the refusal to take away what somebody else shut."""
    return replies.refused(
        f"the {record.kind} on {what(record)} is not yours to end",
        required=f"to be {record.owner}, or to maintain the repository",
        has=f"{permission} permission; {described(record, now)}",
        following=f"ask {record.owner}, or somebody with maintain permission, to comment `{record.opened_by}`",
    )


def opened(record: Lock, now: datetime) -> str:
    """Return the answer when something was opened again."""
    text = f"{_capital(_state(record, 'no longer '))} ({described(record, now)})."
    return f"🔓 {markdown.prose(text)}"


def not_there(record: Lock) -> str:
    """Return the answer when there was nothing to open; `record` is what there could have been."""
    return replies.nothing(f"there is no {record.kind} on {what(record)}")


def described(record: Lock, now: datetime) -> str:
    """Return whose it is, since when, how long that is, and why."""
    why = f": {quoted(record.reason, 200)}" if record.reason else ""
    return f"{_STATE[record.kind]} by {record.owner} since {moment(record.since)} ({age(now - record.since)}){why}"


def age(length: timedelta) -> str:
    """Return how long ago something was: in days, hours or minutes."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"


def _state(record: Lock, now: str = "") -> str:
    """Return the sentence that says what is shut, or no longer is."""
    return f"{what(record)} {'is' if record.environment else 'are'} {now}{_STATE[record.kind]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listing(kept: Kept, now: datetime, lost: Sequence[Lock] = ()) -> str:
    """Return all that is shut as a table, with what opens it, and what counts for nothing; '' when there is nothing.

    `lost` is what was shut, and was opened by nobody's word.
    """
    parts = [table(kept.locks, now)] if kept.locks else []
    parts += [_gone(one, now) for one in lost[:10]]
    if kept.forged:
        refs = ", ".join(markdown.code(one) for one in kept.forged[:10])
        more = f" and {len(kept.forged) - 10} more" if len(kept.forged) > 10 else ""
        parts.append(
            f"⚠️ Lockkeeper did not write what stands in {refs}{more}, so it counts for nothing. Somebody who may push "
            "put it there; take it away with `git push origin :REF`."
        )
    if kept.unread:
        end = "nobody can tell what it shuts, so gate `lock` of everything fails" if kept.untold else "it opens no gate"
        parts.append(
            f"⛔ There are more than {MOST_READ:,} refs of the kind {' and '.join(kept.unread)} below "
            f"{markdown.code(PREFIX)}. What is beyond that is not read: {end}. Take away those that Lockkeeper did not "
            "write."
        )
    return "\n\n".join(parts)


def _gone(record: Lock, now: datetime) -> str:
    """Return what is said of a record that somebody pushed away."""
    again = f"/{record.kind}" if record.pull or not record.environment else f"/{record.kind} {record.environment}"
    was = "was" if record.environment else "were"
    then = _capital(f"{what(record)} {was} {described(record, now)}")
    return (
        f"⚠️ {markdown.prose(then)}. That is gone, and no command ended it: somebody who may push took "
        f"{markdown.code(record.ref)} away. Comment {markdown.code(again)} where it shall hold."
    )


def table(locks: Sequence[Lock], now: datetime) -> str:
    """Return what is shut, by whom, since when, why, and the command that opens it."""
    rows = []
    for one in locks:
        rows.append(
            [
                f"{_ICONS[one.kind]}\u00a0{markdown.prose(what(one))}",
                markdown.escape(_STATE[one.kind]),
                markdown.escape(one.owner),
                f"{moment(one.since)} ({age(now - one.since)})",
                markdown.prose(quoted(one.reason, 200)) if one.reason else "–",
                markdown.code(one.opened_by),
            ]
        )
    return markdown.table(["what", "state", "by", "since", "why", "opened by"], rows)
