"""How does it read when a promotion cannot go on: a conflict, a refusal, and the end of both?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import RefusedError, UserError
from bot.model.promotion import Hop
from bot.ports import CheckReport
from bot.promotion.places import spots
from bot.promotion.plan import Conflict
from bot.report import markdown
from bot.report.words import count, shortened

_SECRET_NAME = re.compile(r"secret|credential|\.env$|\.key$", re.IGNORECASE)
_SECRET = re.compile(r"""["']?\bkind["']?:\s*["']?Secret\b|\bsecretGenerator\b|PRIVATE KEY""")


def trouble_name(hop: Hop) -> str:
    """Return the name of the check run on a source commit that cannot be promoted as it is."""
    own = f" ({hop.application})" if hop.application else ""
    return f"lockkeeper / from {hop.source.name} to {hop.target.name}{own}"


def conflict_check(hop: Hop, conflicts: Sequence[Conflict], *, sha: str, record: str) -> CheckReport:
    """Return the check run on the source commit that could not be promoted."""
    lost = any(one.lost for one in conflicts)
    title = f"{count(len(conflicts), 'file')} changed in both {hop.source.name} and {hop.target.name}"
    if lost:
        title = f"What was promoted last from {hop.source.name} to {hop.target.name} is not known"
    return CheckReport(
        name=trouble_name(hop),
        sha=sha,
        title=title[:250],
        summary=markdown.within(
            [conflict_words(hop, conflicts)], markdown.CHECK_BYTES, _too_long(conflicts), in_bytes=True
        ),
        text=markdown.within(conflict_sides(hop, conflicts), markdown.CHECK_BYTES, _too_long(()), in_bytes=True),
        conclusion="action_required",
        external_id=record,
    )


def refused_check(hop: Hop, error: UserError, *, sha: str, record: str) -> CheckReport:
    """Return the check run on the source commit whose promotion GitHub refused, or which somebody has to mend first."""
    by_github = isinstance(error, RefusedError)
    refused = f" (status {error.status})" if isinstance(error, RefusedError) else ""
    words = error.reason if isinstance(error, RefusedError) else ""
    what, where, reason, how = (
        markdown.prose(shortened(text, 2000)) for text in (error.what, error.where, words, error.how)
    )
    place = f"\n\n**Where:** {where}" if where else ""
    said = f"\n\n> {reason}" if reason else ""
    following = f"\n\n**Next:** {how}" if how else ""
    named = error.what.startswith("GitHub") or not by_github
    return CheckReport(
        name=trouble_name(hop),
        sha=sha,
        title=(error.what if named else f"GitHub refused: {error.what}")[:250],
        summary=f"{what}{refused}{place}{said}{following}\n\n"
        "Lockkeeper tries again at the next event and with every sweep.",
        conclusion="action_required",
        external_id=record,
    )


def deployment_check(hop: Hop, error: RefusedError, *, sha: str) -> CheckReport:
    """Return the check run on a merged promotion that GitHub would not record as a deployment."""
    following = f"\n\n{markdown.escape(error.how)}" if error.how else ""
    return CheckReport(
        name=f"lockkeeper / deployment to {hop.target.name}",
        sha=sha,
        title="Not recorded as a deployment",
        summary=f"{markdown.escape(error.what)} (status {error.status}){following}\n\nPromotions go on without it.",
        conclusion="neutral",
    )


def resolved_check(hop: Hop, *, sha: str, record: str) -> CheckReport:
    """Return the same check run once the conflict or the refusal is gone."""
    return CheckReport(
        name=trouble_name(hop),
        sha=sha,
        title="Resolved",
        summary=f"Nothing stands between {hop.source.name} and {hop.target.name} any more.",
        conclusion="success",
        external_id=record,
    )


def _too_long(conflicts: Sequence[Conflict]) -> str:
    return f"{count(len(conflicts), 'file')} in all." if conflicts else "Further files are left out here."


def conflict_words(hop: Hop, conflicts: Sequence[Conflict]) -> str:
    """Return what is in the way and how to resolve it, without the texts of both sides."""
    if lost := next((one for one in conflicts if one.lost), None):
        return f"Nothing was written: {markdown.prose(lost.kind)}.\n\n**Next:** {markdown.prose(lost.lost)}."
    rows = [[markdown.code(one.path), markdown.escape(one.kind)] for one in conflicts[:100]]
    source, target = spots(hop)
    return (
        f"Nothing was written. These files were changed in **{markdown.escape(hop.source.name)}** "
        f"({source}) and, differently, in **{markdown.escape(hop.target.name)}** "
        f"({target}) since the last promotion:\n\n"
        + markdown.table(["file", "conflict"], rows)
        + f"\n\nTo resolve it, make both sides agree on these lines: bring what {target} has into "
        f"{source} by pull request (or undo it in {target}). "
        "The promotion goes on by itself after that."
    )


def conflict_sides(hop: Hop, conflicts: Sequence[Conflict]) -> list[str]:
    """Return both sides of every file, each file a part of its own."""
    parts = []
    for one in (each for each in conflicts if not each.lost):
        hidden = _may_hold_secrets(one)
        source, target = (
            markdown.fence("(not shown: it may hold secrets)" if text and hidden else text or "(deleted)")
            for text in (one.source, one.target)
        )
        parts.append(
            f"##### {markdown.code(one.path)}\n\n{markdown.escape(hop.source.name)}:\n\n{source}\n\n"
            f"{markdown.escape(hop.target.name)}:\n\n{target}"
        )
    return parts


def _may_hold_secrets(one: Conflict) -> bool:
    return _SECRET_NAME.search(one.path) is not None or any(_SECRET.search(text) for text in (one.source, one.target))
