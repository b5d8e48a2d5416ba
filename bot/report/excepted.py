"""Which violations does the configuration except, until when, and why? They block nothing, and are not forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.model.finding import Concern, Finding
from bot.report import markdown
from bot.report.grouping import distinct, reach, subject
from bot.report.words import count

MOST = 50  # that are named


def excepted(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Return the things that would be to mend if the configuration did not except them."""
    return distinct([one for one in findings if one.excepted])


def briefly(findings: Sequence[Finding], concern: Concern | None = None) -> str:
    """Return how many there are: `2 excepted`; '' for none."""
    found = excepted([one for one in findings if concern in (None, one.concern)])
    return f"{len(found)} excepted" if found else ""


def section(findings: Sequence[Finding]) -> str:
    """Return them as a collapsed table with their reasons; '' for none."""
    found = excepted(findings)
    if not found:
        return ""
    rows = []
    for group in found[:MOST]:
        one = group[0]
        about = markdown.code(subject(group)) if subject(group) else ""
        rows.append([markdown.escape(one.title or rule(one)), markdown.code(rule(one)), about, *_told(group)])
    body = markdown.table(["what", "rule", "about", "excepted", "where"], rows)
    if len(found) > MOST:
        body += f"\n\nand {len(found) - MOST} more"
    verb = "is" if len(found) == 1 else "are"
    return markdown.details(f"{count(len(found), 'violation')} {verb} excepted by the configuration.", body)


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield them as lines of plain text."""
    found = excepted(findings)
    for group in found[:MOST]:
        about = " ".join(part for part in (subject(group), f"in {reach(group)}" if reach(group) else "") if part)
        yield f"{rule(group[0])}: {about or 'the repository'}, excepted {group[0].excepted}"
    if len(found) > MOST:
        yield f"and {len(found) - MOST} more"


def rule(one: Finding) -> str:
    """Return the name of a finding's rule: `policy/rule`, or the policy alone where it is called like that."""
    return one.policy if one.rule in ("", one.policy) else f"{one.policy}/{one.rule}"


def _told(group: Sequence[Finding]) -> list[str]:
    return [markdown.escape(group[0].excepted), markdown.escape(reach(group))]
