"""How do findings read as a check run with annotations, and as a list in a comment?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.model.finding import Concern, Finding
from bot.ports import Annotation, CheckReport
from bot.promotion.gates import compared_with
from bot.report import excepted, markdown
from bot.report.existing import briefly, section
from bot.report.grouping import ICONS, blocking, distinct, reach, subject, worst_first
from bot.report.words import count, listed

NAMES: dict[Concern, str] = {"manifests": "lockkeeper / manifests", "policies": "lockkeeper / policies"}
MAX_ANNOTATIONS = 200  # four requests of 50


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
    lifted = [one for one in findings if one.concern == concern and one.excepted]
    title = _title(concern, own, environments) + (f"; {excepted.briefly(lifted)}" if lifted and environments else "")
    more = f"The list is longer than GitHub takes. [Read all of it]({full_url})." if full_url else "The list goes on."
    return CheckReport(
        name=NAMES[concern],
        sha=sha,
        title=title,
        summary=markdown.within(
            [*_summary(own, environments), *_excepted(lifted)], markdown.CHECK_BYTES, more, in_bytes=True
        ),
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


def _title(concern: Concern, own: Sequence[Finding], environments: Sequence[str]) -> str:
    new, before = [one for one in own if one.new], briefly(own, concern)
    blocks, warns = len(distinct(blocking(new))), len(distinct([one for one in new if one.state == "warn"]))
    unclear = len(distinct([one for one in new if one.state == "not evaluable here"]))
    if not environments:
        return "No environment is affected"
    if not (blocks or warns or unclear or before):
        what = "Manifests are valid" if concern == "manifests" else "All policies pass"
        return f"{what} in {', '.join(environments)}"[:120]
    said = [f"{count(blocks, 'problem')} to mend before merging"] if blocks else []
    said += [count(warns, "warning")] if warns else []
    said += [f"{unclear} not evaluable here"] if unclear else []
    said += [] if blocks else ["nothing blocks"] if said else ["No new findings"]
    return ", ".join(said) + (f"; {before}" if before else "")


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
    return [markdown.table(head, rows), section(own)]


def _excepted(lifted: Sequence[Finding]) -> list[str]:
    return [excepted.section(lifted)] if lifted else []


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
