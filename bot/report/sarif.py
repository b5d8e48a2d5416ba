"""How do findings reach code scanning? As SARIF 2.1.0, which GitHub and many editors read.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and of what GitHub reads of it
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote

from bot.model.finding import Finding, Severity
from bot.promotion.config import PATH
from bot.report.grouping import distinct, reach, subject

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
NAMED = 20  # places within environments that a result names
Level = Literal["error", "warning", "note"]
_SCORES: dict[Severity, str] = {"critical": "9.0", "high": "7.0", "medium": "5.0", "low": "3.0", "info": "0.0"}


def log(findings: Sequence[Finding], *, version: str) -> str:
    """Return all findings as the text of a SARIF log with one run; `version` is Lockkeeper's.

    One thing to mend is one result, in however many environments it is. Its fingerprint does not know line and words,
    so that it stays the same alert while the file around it changes. What the base has already is `unchanged`.
    """
    groups = distinct([one for one in findings if one.state not in ("pass", "skip")])
    numbers = {name: number for number, name in enumerate(dict.fromkeys(_rule_id(one[0]) for one in groups))}
    driver = {"name": "Lockkeeper", "semanticVersion": version, "rules": list(_rules(groups))}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "lockkeeper/"},
        "columnKind": "utf16CodeUnits",
        "results": list(_results(groups, numbers)),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule_id(one: Finding) -> str:
    return one.policy if one.rule in ("", one.policy) else f"{one.policy}/{one.rule}"


def _level(one: Finding) -> Level:
    return "error" if one.blocks else "warning" if one.state == "warn" else "note"


def _rules(groups: Sequence[Sequence[Finding]]) -> Iterator[dict[str, Any]]:
    """Yield a description of each rule, from the first finding of its."""
    seen: set[str] = set()
    for group in groups:
        one, name = group[0], _rule_id(group[0])
        if name in seen:
            continue
        seen.add(name)
        title = _words(one.title or name)
        yield {
            "id": name,
            "shortDescription": {"text": title},
            "fullDescription": {"text": title},
            "help": {"text": _words(one.how or title)},
            "defaultConfiguration": {"level": _level(one)},
            "properties": {
                "tags": [one.concern, "security"] if one.concern == "policies" else [one.concern],
                "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[_level(one)],
                **({"security-severity": _SCORES[one.severity]} if one.concern == "policies" else {}),
            },
        }


def _results(groups: Sequence[Sequence[Finding]], numbers: dict[str, int]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for group in groups:
        one = group[0]
        digest = _digest(group)
        seen[digest] += 1
        where = reach(group)
        about = f"{subject(group)}: " if subject(group) else ""
        yield {
            "ruleId": _rule_id(one),
            "ruleIndex": numbers[_rule_id(one)],
            "level": _level(one),
            "message": {"text": _words(f"{about}{one.message}" + (f" (in {where})" if where else ""))},
            "locations": [_location(group)],
            "partialFingerprints": {"primaryLocationLineHash": f"{digest}:{seen[digest]}"},
            "baselineState": "new" if any(each.new for each in group) else "unchanged",
        }


def _location(group: Sequence[Finding]) -> dict[str, Any]:
    """Return the place of a finding; of one without a file the configuration, as code scanning wants a file."""
    one = group[0]
    names = [
        "/".join(part for part in (each.environment, each.application, str(each.resource or "")) if part)
        for each in group
    ]
    named = [{"fullyQualifiedName": name, "kind": "resource"} for name in [*dict.fromkeys(names)][:NAMED] if name]
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(one.path or PATH, errors="surrogateescape"), "uriBaseId": ROOT},
            "region": {"startLine": one.line or 1},
        },
        **({"logicalLocations": named} if named else {}),
    }


def _digest(group: Sequence[Finding]) -> str:
    """Return what stays the same of a finding while lines move, words are mended and environments join."""
    one = group[0]
    resource = [one.resource.group, one.resource.kind] if one.resource else []
    names = {each.resource.name for each in group if each.resource}
    told = json.dumps([one.policy, one.rule, *resource, *(names if len(names) == 1 else ()), one.field, one.path])
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _words(text: str) -> str:
    """Return foreign text on one line, in which no `[words](address)` becomes a link, as SARIF's messages have them."""
    return " ".join(text.split()).replace("](", "]\u200b(")
