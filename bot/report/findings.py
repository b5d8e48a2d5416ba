"""How do findings read as a check run with annotations, and as a list in a comment?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.model.finding import Concern, Finding, State
from bot.ports import Annotation, CheckReport
from bot.promotion.gates import compared_with
from bot.report import markdown
from bot.report.words import among, count, listed

NAMES: dict[Concern, str] = {"manifests": "lockkeeper / manifests", "policies": "lockkeeper / policies"}
MAX_ANNOTATIONS = 200  # four requests of 50
NAMED = 5  # applications of an environment that are named where one thing is to be mended
ICONS = {"fail": "❌", "error": "❌", "warn": "⚠️", "not evaluable here": "❔", "pass": "✅", "skip": "➖"}

_ORDER: tuple[State, ...] = ("error", "fail", "warn", "not evaluable here", "skip", "pass")


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that hold up a merge: new ones that fail or could not be decided for an error."""
    return tuple(one for one in findings if one.new and one.blocks)


def check_report(  # noqa: PLR0913 - the parts of one report, each by name
    concern: Concern,
    findings: Sequence[Finding],
    *,
    sha: str,
    base: str,
    environments: Sequence[str],
    full_url: str = "",
) -> CheckReport:
    """Return the check run of one concern.

    `findings` may hold other concerns too; they are left out. `environments` are the names that were looked at.
    `base` is the branch the commit was compared with, kept in the `external_id`. `full_url` is where the untruncated
    text can be read, said when something had to be left out.
    """
    own = [one for one in findings if one.concern == concern and one.state not in ("pass", "skip")]
    new = [one for one in own if one.new]
    blocks = blocking(own)
    title = _title(concern, new, environments, before=len(own) - len(new))
    more = f"The list is longer than GitHub takes. [Read all of it]({full_url})." if full_url else "The list goes on."
    return CheckReport(
        name=NAMES[concern],
        sha=sha,
        title=title,
        summary=markdown.within(_summary(own, environments), markdown.CHECK_BYTES, more, in_bytes=True),
        conclusion="failure" if blocks else "success",
        text=markdown.within(
            [list_item(group) for group in worst_first(new)], markdown.CHECK_BYTES, more, in_bytes=True
        ),
        annotations=_annotations(new),
        external_id=compared_with(base),
        details_url=full_url,
    )


def unchecked(concern: Concern, error: UserError, *, sha: str, base: str) -> CheckReport:
    """Return the check run of a pull request that could not be looked at: what was not checked does not pass."""
    parts = [f"**Where:** {markdown.escape(error.where)}"] if error.where else []
    parts += [f"**Next:** {markdown.escape(error.how)}; then comment `/check`."] if error.how else []
    return CheckReport(
        name=NAMES[concern],
        sha=sha,
        title=f"The {concern} could not be checked",
        summary="\n\n".join([markdown.escape(error.what), *parts]),
        conclusion="failure",
        external_id=compared_with(base),
    )


def _title(concern: Concern, new: Sequence[Finding], environments: Sequence[str], *, before: int) -> str:
    blocks, warns = len(distinct(blocking(new))), len(distinct([one for one in new if one.state == "warn"]))
    where = ", ".join(environments) or "no environment"
    if blocks:
        return f"{count(blocks, 'problem')} to mend before merging" + (f", {count(warns, 'warning')}" if warns else "")
    if warns:
        return f"{count(warns, 'warning')}, nothing blocks"
    if not environments:
        return "No environment is affected"
    if before:
        return f"No new findings, {before} were there before"
    what = "Manifests are valid" if concern == "manifests" else "All policies pass"
    return f"{what} in {where}"[:120]


def _summary(own: Sequence[Finding], environments: Sequence[str]) -> list[str]:
    if not environments:
        return ["This change reaches no environment, so nothing was rendered."]
    if not own:
        return [f"Nothing to mend in {markdown.escape(listed(environments))}."]
    rows = []
    for name in environments:
        here = [one for one in own if one.environment == name]
        new = [one for one in here if one.new]
        rows.append(
            [
                markdown.escape(name),
                str(len(distinct(blocking(new)))),
                str(len(distinct([one for one in new if one.state == "warn"]))),
                str(len(distinct([one for one in new if one.state == "not evaluable here"]))),
                str(len(distinct([one for one in here if not one.new]))),
            ]
        )
    head = ["environment", "to mend", "warnings", "not evaluable here", "there before"]
    parts = [markdown.table(head, rows)]
    if any(not one.new for one in own):
        parts.append("Findings that the base branch already has do not block this change.")
    return parts


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings by application within their environments; they arrive as rendering ends, now so, now so."""
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(one.environment for one in findings))}
    return sorted(findings, key=lambda one: (ranks[one.environment], one.application))


def distinct(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Group findings that are one thing to mend: the same rule at the same place, in several environments and
    applications. These may give the resource names of their own; within one of them another name is another thing.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    names: dict[tuple[object, ...], dict[str, int]] = {}
    for one in ordered(findings):
        resource = (one.resource.kind, one.resource.name) if one.resource else ()
        place = (one.policy, one.rule, one.state, one.field, one.path, one.line, *resource[:1])
        if one.resource and one.path:
            known = names.setdefault((*place, one.environment, one.application), {})
            which: tuple[object, ...] = (known.setdefault(one.resource.name, len(known)),)
        else:
            which = resource
        groups.setdefault((*place, *which), []).append(one)
    return [tuple(group) for group in groups.values()]


def worst_first(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Return the things to mend and to know, the worst first, then as they come."""
    return sorted(distinct(findings), key=weight)


def weight(group: Sequence[Finding]) -> int:
    """Return how far down a list a thing belongs, by what was found."""
    return _ORDER.index(group[0].state)


def subject(group: Sequence[Finding]) -> str:
    """Return what findings are about: `Deployment web`, `Deployment cart-web and 299 more`; '' for no resource."""
    names = dict.fromkeys(one.resource.name for one in group if one.resource)
    if not names or group[0].resource is None:
        return ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{group[0].resource.kind} {next(iter(names))}{more}"


def list_item(group: Sequence[Finding]) -> str:
    """Return one thing to mend as a Markdown list item: what, where, how, in which environments."""
    one = group[0]
    resource = f" · {markdown.code(subject(group))}" if subject(group) else ""
    lines = [
        f"- {ICONS[one.state]} **{markdown.escape(one.title or one.rule)}**{resource}: {markdown.prose(one.message)}"
    ]
    if one.path:
        lines.append(f"  at {markdown.code(one.path + (f':{one.line}' if one.line else ''))}")
    if one.how:
        lines.append(f"  → {markdown.prose(one.how)}")
    rule = one.policy if one.rule in ("", one.policy) else f"{one.policy} / {one.rule}"
    where = f" · in {reach(group)}" if reach(group) else ""
    lines.append(f"  <sub>{markdown.escape(f'rule {rule} · severity {one.severity}{where}')}</sub>")
    return "  \n".join(lines)  # two spaces break the line in comments and in check runs alike


def reach(group: Sequence[Finding]) -> str:
    """Return in words where findings are: `development and production (web, api)`; '' when nowhere in particular."""
    applications: dict[str, dict[str, None]] = {}
    for one in group:
        if one.environment:
            applications.setdefault(one.environment, {}).update({one.application: None} if one.application else {})
    return listed([f"{name} ({among([*inside], NAMED)})" if inside else name for name, inside in applications.items()])


def _annotations(new: Sequence[Finding]) -> tuple[Annotation, ...]:
    """Return one annotation for each thing to mend that has a place."""
    found = []
    for group in distinct([one for one in new if one.path]):
        first = group[0]
        where = reach(group)
        tail = (f"\nHow to mend it: {first.how}" if first.how else "") + (f"\nEnvironments: {where}" if where else "")
        said = first.message[:1].upper() + first.message[1:]
        found.append(
            Annotation(
                path=first.path,
                line=first.line or 1,
                level="failure" if first.blocks else "warning",
                title=(first.title or f"{first.policy}: {first.rule}")[:255],
                message=f"{said}{tail}".replace("`", "'")[:16_000],  # GitHub shows annotations as plain text
            )
        )
    found.sort(key=lambda one: (one.level != "failure", one.path, one.line))
    return tuple(found[:MAX_ANNOTATIONS])
