"""What was wrong before the change already? It blocks nothing, and is told in few words: by rule, not one by one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.finding import Concern, Finding
from bot.report import markdown
from bot.report.grouping import ICONS, distinct, reach, weight
from bot.report.words import count

MOST_RULES = 20  # that are named

Groups = list[tuple[Finding, ...]]


def existing(findings: Sequence[Finding]) -> tuple[Groups, Groups]:
    """Return the things that the base has too: what violates something, and what is not evaluable here."""
    old = distinct([one for one in findings if not one.new and one.state not in ("pass", "skip")])
    unclear = [group for group in old if group[0].state == "not evaluable here"]
    return [group for group in old if group[0].state != "not evaluable here"], unclear


def briefly(findings: Sequence[Finding], concern: Concern) -> str:
    """Return how much was there before: `7 existing violations, 2 not evaluable here`; '' for nothing."""
    there, unclear = existing([one for one in findings if one.concern == concern])
    said = [count(len(there), "existing violation" if concern == "policies" else "existing finding")] if there else []
    return ", ".join([*said, f"{len(unclear)} not evaluable here"] if unclear else said)


def by_rule(findings: Sequence[Finding]) -> list[tuple[str, Groups]]:
    """Return what was there before by rule, as `policy/rule`: the worst first, then what there is most of."""
    rules: dict[tuple[str, str, str], Groups] = {}
    for group in [one for some in existing(findings) for one in some]:
        rules.setdefault((group[0].policy, group[0].rule, group[0].state), []).append(group)
    found = [
        (policy if rule in ("", policy) else f"{policy}/{rule}", some) for (policy, rule, _), some in rules.items()
    ]
    return sorted(found, key=lambda one: (weight(one[1][0]), -len(one[1]), one[0]))


def section(findings: Sequence[Finding]) -> str:
    """Return it as a collapsed table; '' for nothing."""
    rules = by_rule(findings)
    if not rules:
        return ""
    rows = []
    for name, groups in rules[:MOST_RULES]:
        one = groups[0][0]
        what = f"{ICONS[one.state]} {markdown.escape(one.title or name)}"
        where = reach([each for group in groups for each in group])
        rows.append([what, markdown.code(name), str(len(groups)), markdown.escape(where)])
    body = markdown.table(["what", "rule", "times", "where"], rows)
    if len(rules) > MOST_RULES:
        body += f"\n\nand {count(len(rules) - MOST_RULES, 'more rule')}"
    there, unclear = existing(findings)
    number = len(there) + len(unclear)
    verb = "does" if number == 1 else "do"
    said = f"{count(number, 'finding')} that the base branch already has {verb} not block this change."
    return markdown.details(said, body)
