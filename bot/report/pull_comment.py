"""What does the one comment on a pull request say about what the change does to each environment?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.checks.diff import EnvironmentDiff, ResourceChange, summarise
from bot.model.finding import Finding
from bot.report import markdown
from bot.report.findings import blocking, distinct, list_item
from bot.report.words import count, listed

MARKER = "<!-- lockkeeper:checks -->"
LEFT_OUT = "Parts are left out here, the text is longer than GitHub takes."
OPEN_LINES = 80  # a diff up to this long is shown unfolded


@dataclass(frozen=True, slots=True)
class EnvironmentResult:
    """What one environment gets from the change.

    `deployed` is True when the pull request's base branch is the one the environment deploys from, False when
    the change only reaches it by a later promotion. `note` says why there is no diff, '' when there is one;
    `remarks` are said beside it.
    """

    name: str
    deployed: bool
    diff: EnvironmentDiff
    note: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullChecks:
    """Everything the comment is made of. `hint` is a friendly line for repositories without configuration."""

    head_sha: str
    results: tuple[EnvironmentResult, ...]
    findings: tuple[Finding, ...]
    approvers: str = ""
    hint: str = ""
    full_url: str = ""
    notes: tuple[str, ...] = ()


def comment(checks: PullChecks) -> str:
    """Return the comment's body, within GitHub's length limit; long diffs are left out at resource borders."""
    more = _left_out(checks.full_url)
    parts = [MARKER + "\n" + _headline(checks), _overview(checks)]
    parts += [markdown.escape(note) for note in checks.notes]
    parts += _findings(checks)
    for result in checks.results:
        parts += sections(result)
    if checks.approvers:
        parts.append(f"Approval is asked from {markdown.unmention(checks.approvers)}.")
    if checks.hint:
        parts.append(checks.hint)
    parts.append(
        f"<sub>Rendered from commit {checks.head_sha[:7]}. Comment `/diff` for the whole diff, `/check` to look "
        "again, `/help` for more.</sub>"
    )
    return markdown.within(parts, markdown.COMMENT_CHARACTERS - 1024, more)


def is_cut(body: str) -> bool:
    """Say whether parts were left out of a comment for its length."""
    return LEFT_OUT in body


def with_link(checks: PullChecks, url: str) -> PullChecks:
    """Return the same checks with the address where all of it can be read."""
    return replace(checks, full_url=url)


def full_text(checks: PullChecks) -> str:
    """Return the same without a limit, as Markdown, for the page that the bot serves."""
    parts = [_headline(checks), _overview(checks), *_findings(checks)]
    for result in checks.results:
        parts += sections(result)
    return "\n\n".join(parts)


def _left_out(full_url: str) -> str:
    where = f" [Read all of it]({full_url})." if full_url else " Use `/diff <environment>` or render it at your desk."
    return f"⚠️ {LEFT_OUT}{where}"


def _headline(checks: PullChecks) -> str:
    blocks = blocking(checks.findings)
    if blocks:
        return f"### ❌ Lockkeeper: {count(len(distinct(blocks)), 'problem')} to mend before merging"
    changed = [result.name for result in checks.results if result.diff.changes]
    if not changed:
        return "### ✅ Lockkeeper: no environment changes"
    return f"### ✅ Lockkeeper: ready, changes {listed(changed)}"


def _overview(checks: PullChecks) -> str:
    if not checks.results:
        return "No environment deploys from what this change touches."
    rows = []
    for result in checks.results:
        here = [one for one in checks.findings if one.environment == result.name and one.new]
        when = "on merge" if result.deployed else "on promotion"
        rows.append(
            [
                f"**{markdown.escape(result.name)}**",
                when,
                markdown.escape(result.note or summarise(result.diff)),
                _mark(here, "manifests"),
                _mark(here, "policies"),
            ]
        )
    return markdown.table(["environment", "arrives", "what changes", "manifests", "policies"], rows)


def _mark(findings: Sequence[Finding], concern: str) -> str:
    own = [one for one in findings if one.concern == concern]
    blocks, warns = len(blocking(own)), sum(one.state == "warn" for one in own)
    if blocks:
        return f"❌ {blocks}"
    return f"⚠️ {warns}" if warns else "✅"


def _findings(checks: PullChecks) -> list[str]:
    new = [one for one in checks.findings if one.new and one.state not in ("pass", "skip")]
    old = sum(not one.new for one in checks.findings)
    blocks = distinct([one for one in new if one.blocks])
    rest = distinct([one for one in new if not one.blocks])
    parts = []
    if blocks:
        parts += ["#### To mend", *(list_item(group) for group in blocks)]
    if rest:
        items = "\n".join(list_item(group) for group in rest[:50])
        parts.append(markdown.details(count(len(rest), "remark"), items))
    if old:
        parts.append(f"{count(old, 'finding')} that the base branch already has do not block this change.")
    return parts


def sections(result: EnvironmentResult) -> list[str]:
    """Return the rendered diff of one environment: a section a resource, so that limits cut between them."""
    if not result.diff.changes:
        return []
    title = f"#### {markdown.escape(result.name)}: {markdown.escape(_counts(result.diff))}"
    return [title, *(_resource(change, opened=result.deployed) for change in result.diff.changes)]


def _counts(diff: EnvironmentDiff) -> str:
    words = []
    for kind in ("changed", "added", "removed"):
        number = sum(change.kind == kind for change in diff.changes)
        if number:
            words.append(f"{number} {kind}")
    return ", ".join(words)


def _resource(change: ResourceChange, *, opened: bool) -> str:
    signs = {"added": "added", "removed": "removed", "changed": "changed"}
    size = change.lines.count("\n+") + change.lines.count("\n-")
    highlights = f": {markdown.html('; '.join(change.brief[:4]))}" if change.brief else ""
    summary = f"<b>{markdown.html(str(change.key))}</b> {signs[change.kind]}{highlights} <i>({count(size, 'line')})</i>"
    body = markdown.fence(change.lines, "diff")
    return markdown.details(summary, body, opened=opened and size <= OPEN_LINES)
