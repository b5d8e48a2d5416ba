"""How does a promotion read: title and body of its pull request, its gates, its commit, its conflict?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import RefusedError
from bot.model.environment import Environment
from bot.model.promotion import Change, Gate, Hop, Record
from bot.ports import CheckReport
from bot.promotion.plan import Conflict, Snapshot
from bot.promotion.trailers import write_trailers
from bot.report import markdown
from bot.report.words import count, listed, shortened

CHECK = "lockkeeper / promotion"  # of a whole repository; each target has its own, see `check_name`
BODY_MARKER = "<!-- lockkeeper:promotion -->"
REFUSED_MARKER = "<!-- lockkeeper:refused -->"
CLOSED_MARKER = "<!-- lockkeeper:closed -->"
GATE_ICONS = {"pass": "✅", "wait": "⏳", "fail": "❌"}
BODY_CHANGES = 100

_SECRET_NAME = re.compile(r"secret|credential|\.env$|\.key$", re.IGNORECASE)
_SECRET = re.compile(r"""["']?\bkind["']?:\s*["']?Secret\b|\bsecretGenerator\b|PRIVATE KEY""")


@dataclass(frozen=True, slots=True)
class Journey:
    """The pipeline's environments in order, and the hop that a text is about; for the picture."""

    environments: tuple[Environment, ...]
    hop: Hop


def title(hop: Hop, changes: Sequence[Change]) -> str:
    """Return the pull request's title; GitHub takes 256 characters."""
    if len(changes) == 1:
        number = f" ({changes[0].reference})" if changes[0].number else ""
        return f"Promote to {hop.target.name}: {changes[0].title}"[: 256 - len(number)] + number
    what = count(len(changes), "change") if changes else "the state of " + hop.source.name
    return f"Promote to {hop.target.name}: {what} from {hop.source.name}"


def body(snapshot: Snapshot, gates: Sequence[Gate], journey: Journey) -> str:
    """Return the pull request's body."""
    hop = snapshot.hop
    asked = f", asked for by {snapshot.record.requested_by}" if snapshot.record.requested_by else ""
    parts = [
        f"{BODY_MARKER}\nMoves {count(len(snapshot.changes), 'change')} from **{markdown.escape(hop.source.name)}** "
        f"(`{hop.source.branch}` at {snapshot.record.source_sha[:7]}) to **{markdown.escape(hop.target.name)}** "
        f"(`{hop.target.branch}`){markdown.escape(asked)}. The rendered diff of {markdown.escape(hop.target.name)} "
        "is in the comment below.",
        change_table(snapshot.changes),
        "#### Gates",
        gate_table(gates),
        _base_note(snapshot),
        _drift(snapshot),
        picture(journey),
        f"<sub>This pull request follows {markdown.escape(hop.source.name)} by itself. Close it to decline this "
        f"state; `/promote {hop.target.name}` brings it back.</sub>",
    ]
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, "The rest does not fit here.")


def change_table(changes: Sequence[Change]) -> str:
    """Return the carried changes, newest first, with their authors."""
    if not changes:
        return ""
    rows = [
        [
            one.reference or f"`{one.sha[:7]}`",
            markdown.escape(one.title),
            markdown.escape(one.author),
        ]
        for one in changes[:BODY_CHANGES]
    ]
    text = markdown.table(["change", "title", "author"], rows)
    left = len(changes) - BODY_CHANGES
    return text + (f"\n\n… and {count(left, 'earlier change')}." if left > 0 else "")


def gate_table(gates: Sequence[Gate]) -> str:
    """Return all gates with reason, owner and next step."""
    rows = [
        [
            f"{GATE_ICONS[gate.state]}\u00a0{gate.name}",
            markdown.prose(gate.reason),
            markdown.prose(gate.owner) or "–",
            markdown.prose(gate.next) or "–",
        ]
        for gate in gates
    ]
    return markdown.table(["gate", "why", "waits for", "next step"], rows)


def _base_note(snapshot: Snapshot) -> str:
    if snapshot.base == "merge base":
        return "<sub>First promotion of this pair: compared with the last common commit of both branches.</sub>"
    if snapshot.base == "none":
        return (
            "<sub>First promotion of this pair, and the branches share no history: files that only "
            f"{markdown.escape(snapshot.hop.target.name)} has are kept.</sub>"
        )
    return ""


def _drift(snapshot: Snapshot) -> str:
    if not snapshot.drift:
        return ""
    name = markdown.escape(snapshot.hop.target.name)
    listing = "\n".join(f"- {markdown.code(path)}" for path in snapshot.drift[:50])
    left, one = len(snapshot.drift) - 50, len(snapshot.drift) == 1
    more = f"\n- … and {left} more" if left > 0 else ""
    return markdown.details(
        f"{count(len(snapshot.drift), 'file')} kept as {markdown.html(name)} has {'it' if one else 'them'}",
        f"{name} differs here on its own account, and this promotion leaves it so:\n\n{listing}{more}",
    )


def picture(journey: Journey) -> str:
    """Return the journey as a small Mermaid flowchart, which GitHub draws."""
    lines = ["flowchart LR"]
    identifiers = {one.name: f"e{number}" for number, one in enumerate(journey.environments)}
    for one in journey.environments:
        lines.append(f'  {identifiers[one.name]}["{_mermaid(one.name)}"]')
    for one in journey.environments:
        for before in one.after:
            this = (before, one.name) == (journey.hop.source.name, journey.hop.target.name)
            arrow = "==>|this pull request|" if this else "-->"
            lines.append(f"  {identifiers[before]} {arrow} {identifiers[one.name]}")
    lines.append(f"  style {identifiers[journey.hop.target.name]} stroke-width:3px")
    return markdown.fence("\n".join(lines), "mermaid")


def _mermaid(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")


def check_name(environment: Environment) -> str:
    """Return the name of the check run with the gates of one target.

    It names the target because a check run belongs to a commit: a commit that may go to staging could otherwise be
    taken, with its success, to production.
    """
    return f"{CHECK} to {environment.name}"


def trouble_name(hop: Hop) -> str:
    """Return the name of the check run on a source commit that cannot be promoted as it is."""
    return f"lockkeeper / from {hop.source.name} to {hop.target.name}"


def gate_check(hop: Hop, gates: Sequence[Gate], *, sha: str, record: str) -> CheckReport:
    """Return the check run that says which gate waits for whom. Waiting gates leave it in progress."""
    failed = [gate for gate in gates if gate.state == "fail"]
    waiting = [gate for gate in gates if gate.state == "wait"]
    if failed:
        heading = f"{listed([gate.name for gate in failed])}: {failed[0].reason}"
    elif waiting:
        heading = f"{listed([gate.name for gate in waiting])}: waiting for {waiting[0].owner}"
    else:
        heading = "All gates are open" + (": merging" if hop.target.merge == "auto" else ": ready to merge")
    return CheckReport(
        name=check_name(hop.target),
        sha=sha,
        title=heading[:250],
        summary=f"Promotion from {markdown.escape(hop.source.name)} to {markdown.escape(hop.target.name)}.\n\n"
        + gate_table(gates),
        conclusion="failure" if failed else None if waiting else "success",
        external_id=record,
    )


def direct_check(environment: Environment, gate: Gate, *, sha: str) -> CheckReport:
    """Return the check run for a change that goes into an environment without being promoted."""
    where = environment.name
    heading = f"{gate.name}: waiting for {gate.owner}" if gate.state != "pass" else f"A direct change to {where}"
    return CheckReport(
        name=check_name(environment),
        sha=sha,
        title=heading[:250],
        summary=f"This is no promotion: it changes {markdown.escape(where)} directly. Later promotions keep it there "
        f"and list it as drift; bring it to the environments before, too, if it should stay.\n\n{gate_table([gate])}",
        conclusion={"fail": "failure", "wait": None, "pass": "success"}[gate.state],
    )


def conflict_check(hop: Hop, conflicts: Sequence[Conflict], *, sha: str, record: str) -> CheckReport:
    """Return the check run on the source commit that could not be promoted."""
    return CheckReport(
        name=trouble_name(hop),
        sha=sha,
        title=f"{count(len(conflicts), 'file')} changed in both {hop.source.name} and {hop.target.name}"[:250],
        summary=markdown.within(
            [conflict_words(hop, conflicts)], markdown.CHECK_BYTES, _too_long(conflicts), in_bytes=True
        ),
        text=markdown.within(conflict_sides(hop, conflicts), markdown.CHECK_BYTES, _too_long(()), in_bytes=True),
        conclusion="action_required",
        external_id=record,
    )


def refused_check(hop: Hop, error: RefusedError, *, sha: str, record: str) -> CheckReport:
    """Return the check run on the source commit whose promotion GitHub refused."""
    what, reason, how = (markdown.prose(shortened(text, 2000)) for text in (error.what, error.reason, error.how))
    said = f"\n\n> {reason}" if reason else ""
    following = f"\n\n**Next:** {how}" if how else ""
    heading = error.what if error.what.startswith("GitHub") else f"GitHub refused: {error.what}"
    return CheckReport(
        name=trouble_name(hop),
        sha=sha,
        title=heading[:250],
        summary=f"{what} (status {error.status}){said}{following}\n\n"
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
    rows = [[markdown.code(one.path), markdown.escape(one.kind)] for one in conflicts[:100]]
    return (
        f"Nothing was written. These files were changed in **{markdown.escape(hop.source.name)}** "
        f"(`{hop.source.branch}`) and, differently, in **{markdown.escape(hop.target.name)}** "
        f"(`{hop.target.branch}`) since the last promotion:\n\n"
        + markdown.table(["file", "conflict"], rows)
        + f"\n\nTo resolve it, make both sides agree on these lines: bring what `{hop.target.branch}` has into "
        f"`{hop.source.branch}` by pull request (or undo it in `{hop.target.branch}`). "
        "The promotion goes on by itself after that."
    )


def conflict_sides(hop: Hop, conflicts: Sequence[Conflict]) -> list[str]:
    """Return both sides of every file, each file a part of its own."""
    parts = []
    for one in conflicts:
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


def commit_message(hop: Hop, record: Record, changes: Sequence[Change], seal: str) -> str:
    """Return the promotion commit's message with its trailers (git-interpret-trailers form)."""
    lines = [title(hop, changes), ""]
    lines += [f"* {one.reference or one.sha[:7]} {one.title}" for one in changes[:BODY_CHANGES]]
    includes = tuple(one.reference for one in changes[:BODY_CHANGES] if one.number)
    lines += ["", *write_trailers(hop, record, includes, seal)]
    lines += [f"Co-authored-by: {author} <{author}@users.noreply.github.com>" for author in _authors(changes)]
    return "\n".join(lines) + "\n"


def _authors(changes: Sequence[Change]) -> list[str]:
    people = dict.fromkeys(
        one.author for one in changes if one.author and "[" not in one.author and " " not in one.author
    )
    return list(people)[:20]
