"""What does the bot answer to a comment command?

A reply quotes the command it answers. A refusal says what was refused, what is required, what the person has,
and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.model.environment import ConfigProblem
from bot.model.promotion import Gate, Hop
from bot.model.repository import PullRequest
from bot.promotion.plan import Conflict
from bot.report import markdown
from bot.report.grouping import blocking, distinct
from bot.report.promotion import gate_table
from bot.report.pull_comment import PullChecks
from bot.report.trouble import conflict_sides, conflict_words
from bot.report.words import count, listed

_SIDES = 20_000  # characters of a conflict's files in a reply


def marker(comment_id: int) -> str:
    """Return the hidden first line that ties a reply to the comment it answers."""
    return f"<!-- lockkeeper:reply:{comment_id} -->"


@dataclass(frozen=True, slots=True)
class Answer:
    """One command's answer: Markdown, and how the command is marked by reaction."""

    line: str
    text: str
    outcome: str = "done"  # "done", "refused", "misunderstood"
    note: str = ""  # hidden, on the reply's second line, where no text of other people ever stands


def reply(comment_id: int, actor: str, answers: Sequence[Answer]) -> str:
    """Return the body of the one reply to all commands of a comment."""
    notes = "".join(answer.note for answer in answers)
    parts = ["\n".join(filter(None, [marker(comment_id), notes, f"@{actor}"]))]
    for answer in answers:
        parts += [f"> {markdown.code(answer.line)}", answer.text]
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, "The rest does not fit into one comment.")


def refused(what: str, *, required: str, has: str, following: str) -> str:
    """Return a refusal with all four parts."""
    rows = {"Required": required, "You have": has, "Next": following}
    return f"❌ {markdown.prose(what)}\n\n" + "\n".join(
        f"- **{name}:** {markdown.prose(text)}" for name, text in rows.items()
    )


def moved(hop: Hop, newer: PullRequest, sha: str) -> str:
    """Return the refusal when the source got more after the comment was written, with a line to copy."""
    source, target = hop.source.name, hop.target.name
    text = refused(
        f"{source} has changed since you asked",
        required=f"the commit you mean: {target} takes only what somebody chose",
        has=f"a comment from before #{newer.number} was merged into {source}",
        following=f"look at what {source} holds now, and say so if that is what you mean",
    )
    return f"{text}\n\n{markdown.fence(f'/promote {target} --sha {sha[:12]}')}"


def misunderstood(message: str, hint: str) -> str:
    """Return the answer to a command with a usage error, with a line to copy."""
    return f"🤔 {markdown.prose(message)}" + (f"\n\n{markdown.fence(hint)}" if hint else "")


def proposed(hop: Hop, number: int, gates: Sequence[Gate], repository: str = "") -> str:
    """Return the answer to a promotion that is open now; `repository` is where, '' where the comment is."""
    name = markdown.escape(hop.target.name)
    waiting = [f"{gate.name} ({markdown.prose(gate.owner)})" for gate in gates if gate.state != "pass"]
    state = f"It waits at {listed(waiting)}" if waiting else "All its gates are open"
    return f"🚀 {repository}#{number} carries this to **{name}**. {state}; its page shows how it stands."


def released(hop: Hop, tag: str, commit: str, gates: Sequence[Gate]) -> str:
    """Return the answer to a promotion that sets a tag."""
    name = f"**{markdown.escape(hop.target.name)}**"
    waiting = [f"{gate.name} ({markdown.prose(gate.owner)})" for gate in gates if gate.state != "pass"]
    if waiting:
        return f"🏷️ `{tag}` is set on {commit[:7]} for {name} when these gates open: {listed(waiting)}."
    return f"🏷️ `{tag}` is set on {commit[:7]}: that is what {name} deploys."


def nothing(reason: str) -> str:
    """Return the answer when there was nothing to promote."""
    return f"➖ {markdown.prose(reason)}."


def stuck(hop: Hop, conflicts: Sequence[Conflict]) -> str:
    """Return the answer to a promotion that conflicts: both sides, nothing written."""
    sides = markdown.within(conflict_sides(hop, conflicts), _SIDES, "Further files are left out here.")
    words = f"❌ {conflict_words(hop, conflicts)}"
    return f"{words}\n\n{markdown.details('both sides', sides)}" if sides else words


def remembered(target: str) -> str:
    """Return the answer to a promotion asked for before the merge."""
    return f"📌 Remembered: once this is merged, it is proposed for **{markdown.escape(target)}**."


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One hop of `/status`: what the target holds and what stands between."""

    target: str
    state: str
    gates: tuple[Gate, ...] = ()
    pull: int = 0
    repository: str = ""  # of the pull request, '' where the comment is


def status(rows: Sequence[StatusRow]) -> str:
    """Return the answer to `/status`."""
    head = markdown.table(
        ["environment", "state"],
        [
            [f"**{markdown.escape(row.target)}**", (f"{row.repository}#{row.pull}: " if row.pull else "") + row.state]
            for row in rows
        ],
    )
    tables = [f"**{markdown.escape(row.target)}**\n\n{gate_table(row.gates)}" for row in rows if row.gates]
    return "\n\n".join([head, *tables])


def failed(error: UserError) -> str:
    """Return the answer when GitHub or the repository stood in the way."""
    lines = [f"❌ {markdown.escape(error.what)}"]
    reason = getattr(error, "reason", "")
    if reason and reason not in error.what:
        lines.append(f"- **GitHub says:** {markdown.escape(reason)}")
    if error.where:
        lines.append(f"- **Where:** {markdown.escape(error.where)}")
    if error.how:
        lines.append(f"- **Next:** {markdown.escape(error.how)}")
    return "\n".join(lines)


def broken_configuration(problems: Sequence[ConfigProblem]) -> str:
    """Return the refusal while the configuration is broken."""
    listing = "\n".join(
        f"- {markdown.code(f'line {one.line or 1}')} {markdown.escape(one.key)}: {markdown.prose(one.message)}"
        for one in problems[:10]
    )
    return f"❌ `.github/lockkeeper.yaml` is broken on the default branch, so nothing is promoted:\n\n{listing}"


def checked(checks: PullChecks | None) -> str:
    """Return the answer to `/check`."""
    if checks is None:
        return nothing("this pull request reaches no environment, so there is nothing to check")
    blocks = len(distinct(blocking(checks.findings)))
    if blocks:
        return f"❌ Looked again at {checks.head_sha[:7]}: {count(blocks, 'problem')} to mend; see the checks."
    return f"✅ Looked again at {checks.head_sha[:7]}: nothing blocks."


def would_change(hop: Hop, sha: str, pull: str, differs: bool) -> str:
    """Return what stands above the diff of a promotion; `pull` is its pull request as one links it, '' before it is."""
    source, target = (f"**{markdown.escape(one.name)}**" for one in (hop.source, hop.target))
    by = f" by {pull}" if pull else ""
    what = "would change this there" if differs else "changes nothing that is rendered there"
    return f"Promoting {source} at {sha[:7]} to {target}{by} {what}."


def diff(parts: Sequence[str], url: str) -> str:
    """Return the answer to `/diff`: whole resources as far as they fit, and where the rest is."""
    more = f"The rest does not fit here. [Read all of it]({url})." if url else "The rest does not fit here."
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 4096, more)
