"""What does the one comment on a pull request say about what the change does to each environment?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.checks.diff import EnvironmentDiff, ResourceChange
from bot.model.finding import Concern, Finding
from bot.report import changes as change_words
from bot.report import excepted, existing, markdown
from bot.report.changes import Part, counts
from bot.report.findings import list_item
from bot.report.grouping import blocking, distinct, worst_first
from bot.report.words import count, listed

MARKER = "<!-- lockkeeper:checks -->"
LEFT_OUT = "Parts are left out here, the text is longer than GitHub takes."
OPEN_LINES = 80  # a diff up to this long is shown unfolded
OPEN_PARTS = 10  # applications of an environment whose diffs are shown unfolded
MOST_REMARKS = 20  # that are said below the table


@dataclass(frozen=True, slots=True)
class EnvironmentResult:
    """What one environment gets from the change.

    `deployed` is True when the pull request's base branch is the one the environment deploys from, False when
    the change only reaches it later: by a tag where it is `tagged`, else by a promotion. `note` says why there is no
    diff, '' when there is one; `remarks` are said beside it.
    """

    name: str
    deployed: bool
    diff: EnvironmentDiff
    note: str = ""
    remarks: tuple[str, ...] = ()
    tagged: bool = False

    @property
    def arrives(self) -> str:
        """Return how the change gets into the environment, as people and programs read it."""
        if self.deployed:
            return "on merge"
        return "by tag" if self.tagged else "on promotion"


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
    parts = _whole(checks)
    parts[0] = f"{MARKER}\n{parts[0]}"
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
    return "\n\n".join(_whole(checks))


def at_desk(results: tuple[EnvironmentResult, ...], findings: tuple[Finding, ...], said: tuple[str, ...]) -> str:
    """Return what the comment would say, for a change that has no pull request yet; `said` stands below the table."""
    checks = PullChecks("", results, findings, notes=said)
    return markdown.within(
        _whole(checks), markdown.COMMENT_CHARACTERS - 1024, f"⚠️ {LEFT_OUT} `lockkeeper diff` shows all."
    )


def _whole(checks: PullChecks) -> list[str]:
    parts = [_headline(checks), _overview(checks), *(markdown.prose(note) for note in checks.notes)]
    parts += [_remarks(checks.results), *_findings(checks)]
    for result in checks.results:
        parts += sections(result)
    return [part for part in parts if part]


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
        here = [one for one in checks.findings if one.environment == result.name]
        rows.append(
            [
                f"**{markdown.escape(result.name)}**",
                result.arrives,
                markdown.escape(result.note or change_words.overview(result.diff)),
                _mark(here, "manifests"),
                _mark(here, "policies"),
            ]
        )
    return markdown.table(["environment", "arrives", "what changes", "manifests", "policies"], rows)


def _mark(findings: Sequence[Finding], concern: Concern) -> str:
    own = [one for one in findings if one.concern == concern and one.new]
    blocks, warns = (len(distinct(some)) for some in (blocking(own), [one for one in own if one.state == "warn"]))
    mark = f"❌ {blocks}" if blocks else f"⚠️ {warns}" if warns else "✅"
    before = existing.briefly(findings, concern)
    return f"{mark} <sub>{before}</sub>" if before else mark


def _remarks(results: Sequence[EnvironmentResult]) -> str:
    """Return what is said beside the diffs as a list; what is said of several environments is said once."""
    environments: dict[str, list[str]] = {}
    for result in results:
        for words in change_words.remarks(result.remarks):
            environments.setdefault(words, []).append(result.name)
    items = [
        f"- {markdown.prose(words)} <sub>in {markdown.escape(listed(names))}</sub>"
        for words, names in environments.items()
    ]
    rest = [f"- {len(items) - MOST_REMARKS} more remarks"] if len(items) > MOST_REMARKS else []
    return "\n".join((*items[:MOST_REMARKS], *rest))


def _findings(checks: PullChecks) -> list[str]:
    new = [one for one in checks.findings if one.new and one.state not in ("pass", "skip")]
    blocks = distinct([one for one in new if one.blocks])
    rest = worst_first([one for one in new if not one.blocks])
    parts = []
    if blocks:
        parts += ["#### To mend", *(list_item(group) for group in blocks)]
    if rest:
        items = "\n".join(list_item(group) for group in rest[:50])
        parts.append(markdown.details(count(len(rest), "remark"), items))
    parts += [existing.section(checks.findings), excepted.section(checks.findings)]
    return parts


def sections(result: EnvironmentResult) -> list[str]:
    """Return the rendered diff of one environment: a section a resource, so that limits cut between them.

    Where it holds several applications, each has its heading; those with the same changes share one.
    """
    if not result.diff.changes:
        return []
    told = change_words.parts(result.diff)
    name, opened = markdown.escape(result.name), result.deployed and len(told) <= OPEN_PARTS
    return [
        f"#### {name}: {markdown.escape(counts(result.diff.changes))}",
        *(section for part in told for section in _application(part, opened=opened)),
    ]


def _application(part: Part, *, opened: bool) -> list[str]:
    """Return the heading of an application and its resources; one without a name needs no heading."""
    heading = [f"##### {markdown.escape(f'{part.application}: {part.summary}')}"] if part.application else []
    if part.others:
        heading.append(f"{markdown.escape(part.others[:1].upper() + part.others[1:])}.")
    known = [
        f"- {markdown.code(str(change.key))} {change.kind} as in {markdown.escape(where)}"
        for change, where in part.elsewhere
    ]
    if known:
        heading.append("\n".join(known))
    said = ["\n\n".join(heading)] if heading else []
    return [*said, *(_resource(change, opened=opened) for change in part.shown)]


def _resource(change: ResourceChange, *, opened: bool) -> str:
    size = change.lines.count("\n+") + change.lines.count("\n-")
    highlights = f": {markdown.html('; '.join(change.brief[:4]))}" if change.brief else ""
    summary = f"<b>{markdown.html(str(change.key))}</b> {change.kind}{highlights} <i>({count(size, 'line')})</i>"
    body = markdown.fence(change.lines, "diff")
    return markdown.details(summary, body, opened=opened and size <= OPEN_LINES)
