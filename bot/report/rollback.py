"""How does a rollback read: its pull request, its commit, and what is said of it elsewhere?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.promotion import Change, Gate, Hop, Record
from bot.model.quoting import quoted
from bot.model.repository import PullRequest
from bot.promotion.locks import Rollback
from bot.promotion.places import spots
from bot.promotion.plan import Conflict, Snapshot
from bot.promotion.standing import rollback_line
from bot.promotion.trailers import write_trailers
from bot.report import markdown, replies
from bot.report.promotion import BODY_CHANGES, BODY_MARKER, change_table, gate_table, version_list
from bot.report.words import listed, moment, shortened

WITHDRAWN_MARKER = "<!-- lockkeeper:withdrawn -->"


def title(hop: Hop, to: str) -> str:
    """Return the pull request's title; GitHub takes 256 characters."""
    return f"Roll back {hop.target.name} to what it held {plain(to)}"[:256]


def commit_message(hop: Hop, said: Rollback, changes: Sequence[Change], seal: str) -> str:
    """Return the message of the commit, or of the tag, that brings an environment back."""
    lines = [title(hop, said.to), ""]
    lines += [f"Reason: {said.reason}", ""] if said.reason else []
    lines += [f"* takes back {one.reference or one.sha[:7]} {one.title}" for one in changes[:BODY_CHANGES]]
    lines += ["", *write_trailers(hop, Record(said.sha, said.by, pinned=True), (), seal), rollback_line(said)]
    return "\n".join(lines) + "\n"


def body(snapshot: Snapshot, gates: Sequence[Gate], said: Rollback) -> str:
    """Return the body of the pull request that brings an environment back."""
    hop = snapshot.hop
    name = markdown.escape(hop.target.name)
    why = f": {markdown.prose(quoted(said.reason, 200))}" if said.reason else ""
    direct = [one for one in snapshot.changes if is_direct(one, hop)]
    carried = [one for one in snapshot.changes if one not in direct]
    parts = [
        f"{BODY_MARKER}\nBrings **{name}** ({spots(hop)[1]}) back to what it held "
        f"{stated(said.to)} (at {said.sha[:7]}), asked for by {markdown.escape(said.by)}{why}. The rendered "
        f"diff of {name} is in the comment below.",
        version_list(snapshot.versions),
        f"#### Goes back\n\n{change_table(carried)}" if carried else "",
        f"#### Was changed in {name} directly, and goes back, too\n\n{change_table(direct)}" if direct else "",
        "#### Gates",
        gate_table(gates),
        f"<sub>Gates that ask what a new change has to show (checks, health, soak, test, drift) are not asked: {name} "
        "held this before.</sub>",
        f"<sub>Promotions to {name} are on hold until `/resume {hop.target.name}` or `/promote {hop.target.name}`; "
        "what goes back here and is still where it came from comes again with the next one. Close this pull "
        "request to leave everything as it is, and to end the hold.</sub>",
    ]
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, "The rest does not fit here.")


def is_direct(change: Change, hop: Hop) -> bool:
    """Say whether a change came into the target by itself, and by no promotion."""
    names = {hop.target.name, *(one.name for one in hop.target.members)}
    return not change.number or bool(names & {*change.into})


def stated(to: str, where: str = "") -> str:
    """Return the words for a state in Markdown; `where` is the repository of its pull request, '' for this one."""
    return markdown.prose(to).replace("\\#", f"{where}#")


def plain(to: str) -> str:
    """Return the words for a state as they stand in titles, without Markdown."""
    return to.replace("`", "")


def proposed(hop: Hop, number: int, gates: Sequence[Gate], said: Rollback, where: str) -> str:
    """Return the answer to a rollback whose pull request is open."""
    name = hop.target.name
    waiting = [f"{gate.name} ({markdown.prose(gate.owner)})" for gate in gates if gate.state != "pass"]
    state = f"It waits at {listed(waiting)}" if waiting else "All its gates are open"
    return (
        f"⏪ {where}#{number} brings **{markdown.escape(name)}** back to what it held {stated(said.to, where)}. "
        f"{state}. {_hold(name)}"
    )


def released(hop: Hop, tag: str, commit: str, gates: Sequence[Gate], said: Rollback) -> str:
    """Return the answer to a rollback that sets a tag."""
    name = hop.target.name
    waiting = [f"{gate.name} ({markdown.prose(gate.owner)})" for gate in gates if gate.state != "pass"]
    when = f" when these gates open: {listed(waiting)}" if waiting else ""
    return (
        f"⏪ `{tag}` is set on {commit[:7]}, which is what **{markdown.escape(name)}** held {stated(said.to)}{when}. "
        f"{_hold(name)}"
    )


def _hold(name: str) -> str:
    return f"Promotions to it are on hold until `/resume {name}` or `/promote {name}`."


def already(hop: Hop, to: str) -> str:
    """Return the answer when there is nothing to bring back."""
    return f"➖ {markdown.escape(hop.target.name)} holds just what it held {stated(to)}."


def missing(hop: Hop, to: str, conflicts: Sequence[Conflict]) -> str:
    """Return the answer when the environment was not there then, or not so that it could be put back."""
    words = "; ".join(f"`{shortened(one.path, 200)}`: {shortened(one.kind, 300)}" for one in conflicts[:5])
    what = f"What {hop.target.name} held {to} cannot be put back. {words[:1].upper()}{words[1:]}."
    return replies.misunderstood(what, f"/rollback {hop.target.name} to <commit>")


def underway(hop: Hop, number: int, where: str) -> str:
    """Return the refusal to promote while a rollback is open."""
    what = f"{where}#{number}" if number else "the rollback"
    return replies.refused(
        f"{hop.target.name} is being rolled back",
        required="no rollback underway: a promotion would meet it half-way",
        has=f"{what}, which is not merged yet",
        following=f"merge {what}, or close it to call it off",
    )


def withdrawn(hop: Hop, held: bool) -> str:
    """Return the comment on a rollback that was closed without being merged."""
    name = markdown.escape(hop.target.name)
    hold = f", and the hold on promotions to {name} that came with it is over" if held else ""
    again = f"`/rollback {hop.target.name}` tries again"
    return f"{WITHDRAWN_MARKER}\nClosed unmerged: nothing was rolled back{hold}. {again}."


def held(hop: Hop, said: Rollback, merged: PullRequest | None) -> str:
    """Return why nothing is promoted by itself after a rollback, or while one is underway."""
    name = hop.target.name
    done = f"was rolled back to what it held {said.to}" if merged else f"is being rolled back to what it held {said.to}"
    when = f" by #{merged.number}, {moment(merged.merged_at)}" if merged else ""
    return f"{name} {done}{when}; promotions go on with `/resume {name}` or `/promote {name}`"


def done(hop: Hop, said: Rollback, merged: PullRequest) -> str:
    """Return how a rollback that is over stands."""
    when = f"by #{merged.number}, {moment(merged.merged_at)}"
    return f"{hop.target.name} was rolled back to what it held {said.to} {when}"


def tag_done(hop: Hop, said: Rollback, tag: str) -> str:
    """Return how a rollback by tag stands that is over."""
    return f"{hop.target.name} was rolled back to what it held {said.to} by tag `{tag}`"


def tag_passed_by(hop: Hop, back: str, newest: str, here: str) -> str:
    """Return why the newest version is not promoted: it was, and was rolled back."""
    again = f"`/rollback {hop.target.name} to {here}`" if here else "a newer version"
    return (
        f"{hop.target.name} was rolled back by tag `{back}`, and {newest} is older than that: a newer version goes "
        f"on, and {again} brings this one again"
    )
