"""How does a promotion read: title and body of its pull request, its gates, its commit, its conflict?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.environment import Environment
from bot.model.promotion import Change, Gate, Hop, Record
from bot.ports import CheckReport
from bot.promotion.gates import PROMOTION_CHECK
from bot.promotion.places import spot, spots
from bot.promotion.plan import Snapshot
from bot.promotion.trailers import write_trailers
from bot.report import markdown
from bot.report.again import again_note
from bot.report.words import count, listed

CHECK = PROMOTION_CHECK  # of a whole repository; each target has its own, see `check_name`
BODY_MARKER = "<!-- lockkeeper:promotion -->"
REFUSED_MARKER = "<!-- lockkeeper:refused -->"
CLOSED_MARKER = "<!-- lockkeeper:closed -->"
GATE_ICONS = {"pass": "✅", "wait": "⏳", "fail": "❌"}
BODY_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Journey:
    """The pipeline's environments in order, and the hop that a text is about; for the picture."""

    environments: tuple[Environment, ...]
    hop: Hop


def title(hop: Hop, changes: Sequence[Change], versions: Sequence[str] = ()) -> str:
    """Return the pull request's title; GitHub takes 256 characters. Where versions move, it names them."""
    what = f"{'Bring back' if hop.way == 'back' else 'Promote'} to {hop.target.name}"
    if versions:
        more = f" and {len(versions) - 1} more" if len(versions) > 1 else ""
        return f"{what}: {versions[0]}"[: 256 - len(more)] + more
    if len(changes) == 1:
        number = f" ({changes[0].reference})" if changes[0].number else ""
        return f"{what}: {changes[0].title}"[: 256 - len(number)] + number
    which = f"{count(len(changes), 'change')} from" if changes else "the state of"
    return f"{what}: {which} {hop.source.name}"


def body(snapshot: Snapshot, gates: Sequence[Gate], journey: Journey) -> str:
    """Return the pull request's body."""
    hop = snapshot.hop
    asked = f", asked for by {snapshot.record.requested_by}" if snapshot.record.requested_by else ""
    what = count(len(snapshot.changes), "change") if snapshot.changes else "everything"
    source, target = spots(hop)
    parts = [
        f"{BODY_MARKER}\nMoves {what} from **{markdown.escape(hop.source.name)}** "
        f"({source} at {snapshot.record.source_sha[:7]}) to "
        f"**{markdown.escape(hop.target.name)}** "
        f"({target}){markdown.escape(asked)}. The rendered diff of "
        f"{markdown.escape(hop.target.name)} is in the comment below.",
        version_list(snapshot.versions),
        change_table(snapshot.changes),
        "#### Gates",
        gate_table(gates),
        again_note(snapshot),
        _back_note(hop),
        _base_note(snapshot),
        _drift(snapshot),
        picture(journey),
        f"<sub>This pull request follows {markdown.escape(hop.source.name)} by itself. Close it to decline this "
        f"state; `/promote {hop.target.name}` brings it back.</sub>",
    ]
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, "The rest does not fit here.")


def version_list(versions: Sequence[str]) -> str:
    """Return the versions that move, one a line."""
    listing = "\n".join(f"- {markdown.escape(one)}" for one in versions[:BODY_CHANGES])
    left = len(versions) - BODY_CHANGES
    return listing + (f"\n- … and {left} more" if left > 0 else "")


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
    first = "First promotion of this pair"
    if snapshot.rolled_back is not None:
        first = "Compared as at the first promotion of this pair, because what was promoted since then was rolled back"
    if snapshot.base == "merge base":
        return f"<sub>{first}: compared with the last common commit of both branches.</sub>"
    name, source = (markdown.escape(one.name) for one in (snapshot.hop.target, snapshot.hop.source))
    if snapshot.base == "rewritten":
        return (
            f"<sub>⚠️ The history of {source} was rewritten since the last promotion. What it holds now is compared "
            f"with what was promoted then: what was taken out of it goes from {name}, too. Look at the whole diff."
            "</sub>"
        )
    if snapshot.base == "vanished":
        return (
            "<sub>⚠️ The commit that was promoted last is not there any more: the history of "
            f"{source} was rewritten. What it holds now is compared with the newest commit that {name} holds wholly. "
            "Look at the whole diff.</sub>"
        )
    if snapshot.base == "configured":
        return (
            f"<sub>{first}: what differed when it was configured belongs to {name}, and only what "
            f"{source} changed since then moves.</sub>"
        )
    if snapshot.base == "dated":
        return (
            f"<sub>⚠️ First promotion of this pair. GitHub does not tell any more what {source} held when it was "
            f"configured, so the dates in its commits had to. What differed then belongs to {name}, and what {source} "
            "changed since then moves; a clock that was wrong makes that too much. Look at the whole diff.</sub>"
        )
    if snapshot.base == "copy":
        return (
            f"<sub>Nothing to compare with is known: everything that {source} holds is laid over {name}, "
            f"also where they differed before; files that only {name} has are kept. Look at the whole diff.</sub>"
        )
    if snapshot.base == "none" and snapshot.hop.target.strategy != "branch":
        return f"<sub>First promotion of this pair: {spot(snapshot.hop.target, 'directory')} does not exist yet.</sub>"
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
    what = "value" if snapshot.hop.target.strategy == "values" else "file"
    return markdown.details(
        f"{count(len(snapshot.drift), what)} kept as {markdown.html(name)} has {'it' if one else 'them'}",
        f"{name} differs here on its own account, and this promotion leaves it so:\n\n{listing}{more}\n\n"
        f"What {markdown.escape(snapshot.hop.source.name)} should have as well is brought there by commenting "
        f"`/promote {snapshot.hop.source.name}` here.",
    )


def _back_note(hop: Hop) -> str:
    if hop.way != "back":
        return ""
    source, target = (markdown.escape(one.name) for one in (hop.source, hop.target))
    return (
        f"<sub>This goes against the stream: {source} was changed directly since the last promotion, and {target} "
        "lacks that. Once it is merged, both have it, and promotions go on without a conflict. Gates that ask what a "
        "new change has to show (checks, health, soak, test, drift) are not asked.</sub>"
    )


def picture(journey: Journey) -> str:
    """Return the journey as a small Mermaid flowchart, which GitHub draws."""
    lines = ["flowchart LR"]
    identifiers = {one.name: f"e{number}" for number, one in enumerate(journey.environments)}
    for one in journey.environments:
        lines.append(f'  {identifiers[one.name]}["{_mermaid(one.name)}"]')
    for one in journey.environments:
        for before in one.after:
            this = before == journey.hop.source.name and journey.hop.leads_to(one.name)
            arrow = "==>|this pull request|" if this else "-->"
            lines.append(f"  {identifiers[before]} {arrow} {identifiers[one.name]}")
    for one in journey.environments:
        if journey.hop.leads_to(one.name):
            lines.append(f"  style {identifiers[one.name]} stroke-width:3px")
    return markdown.fence("\n".join(lines), "mermaid")


def _mermaid(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")


def check_name(environment: Environment) -> str:
    """Return the name of the check run with the gates of one target.

    It names the target because a check run belongs to a commit: a commit that may go to staging could otherwise be
    taken, with its success, to production.
    """
    return f"{CHECK} to {environment.name}"


def gate_check(hop: Hop, gates: Sequence[Gate], *, sha: str, record: str) -> CheckReport:
    """Return the check run that says which gate waits for whom. Waiting gates leave it in progress."""
    failed = [gate for gate in gates if gate.state == "fail"]
    waiting = [gate for gate in gates if gate.state == "wait"]
    if failed:
        heading = f"{listed([gate.name for gate in failed])}: {failed[0].reason}"
    elif waiting:
        heading = f"{listed([gate.name for gate in waiting])}: waiting for {waiting[0].owner}"
    else:
        heading = f"All gates are open: {_now(hop.target)}"
    return CheckReport(
        name=check_name(hop.target),
        sha=sha,
        title=heading[:250],
        summary=f"{_kind(hop)}.\n\n{gate_table(gates)}",
        conclusion="failure" if failed else None if waiting else "success",
        external_id=record,
    )


def _now(target: Environment) -> str:
    if target.strategy == "tag":
        return "the tag is set"
    return "merging" if target.merge == "auto" else "ready to merge"


def _kind(hop: Hop) -> str:
    source, target = (markdown.escape(one.name) for one in (hop.source, hop.target))
    match hop.way:
        case "rollback":
            return f"Rollback of {target}"
        case "back":
            return f"What {source} changed directly, brought back to {target}"
        case "promote":
            return f"Promotion from {source} to {target}"


def direct_check(environment: Environment, gate: Gate, *, sha: str) -> CheckReport:
    """Return the check run for a change that goes into an environment without being promoted."""
    where = environment.name
    heading = f"{gate.name}: waiting for {gate.owner}" if gate.state != "pass" else f"A direct change to {where}"
    return CheckReport(
        name=check_name(environment),
        sha=sha,
        title=heading[:250],
        summary=f"This is no promotion: it goes into {markdown.escape(where)} directly. What it changes there, later "
        "promotions keep and list as drift; bring it to the environments before, too, if it should stay. Approve it "
        f"by a review: `/approve` speaks for promotions.\n\n{gate_table([gate])}",
        conclusion={"fail": "failure", "wait": None, "pass": "success"}[gate.state],
    )


def untouched_check(environment: Environment, *, sha: str) -> CheckReport:
    """Return the check run for a change that goes into the branch of an environment, but not into the environment."""
    where = environment.name
    return CheckReport(
        name=check_name(environment),
        sha=sha,
        title=f"Does not change {where}"[:250],
        summary=f"{markdown.escape(where)} is deployed from this branch as well, and nothing that is its own changes.",
        conclusion="success",
    )


def commit_message(hop: Hop, record: Record, changes: Sequence[Change], seal: str, versions: Sequence[str] = ()) -> str:
    """Return the promotion commit's message with its trailers (git-interpret-trailers form)."""
    lines = [title(hop, changes, versions), ""]
    lines += [f"* {one}" for one in versions[1:BODY_CHANGES]]
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
