"""Which findings did the change bring, and which were there before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from bot.checks.hashed import KINDS, stem
from bot.model.finding import Finding


def mark_new(head_findings: Iterable[Finding], base_findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of the head, in their order, with `new` False for each that the base has too.

    Findings are the same when their identity is; a hash in a generated name does not count. Where the base
    has an identity twice and the head three times, one of the three is new.
    """
    before = Counter(_identity(one) for one in base_findings)
    marked = []
    for one in head_findings:
        identity = _identity(one)
        known = before[identity] > 0
        before[identity] -= known
        marked.append(replace(one, new=not known))
    return tuple(marked)


def _identity(finding: Finding) -> tuple[str, ...]:
    key = finding.resource
    if key and key.kind in KINDS and (plain := stem(key.name)):
        finding = replace(finding, resource=replace(key, name=plain))
    return finding.identity
