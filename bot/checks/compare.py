"""Which findings did the change bring, and which were there before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.checks.hashed import KINDS, stem
from bot.model.finding import Finding


def mark_new(head_findings: Iterable[Finding], base_findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of the head, in their order, with `new` False for each that the base has too.

    Findings are the same when their identity is; a hash in a generated name does not count. Where the base
    has an identity twice and the head three times, one of the three is new. What is missing to a policy is missing at
    the deepest field that is there, so of policies a field counts as that of the base it lies in, or around.
    """
    head = tuple(head_findings)
    before = Counter(_identity(one) for one in base_findings)
    new = [_is_new(_identity(one), before) for one in head]
    left: dict[tuple[str, ...], list[str]] = {}
    if any(new):
        for *rest, field in before.elements():
            left.setdefault(tuple(rest), []).append(field)
    return tuple(
        replace(one, new=is_new and not (one.concern == "policies" and _is_near(_identity(one), left)))
        for one, is_new in zip(head, new, strict=True)
    )


def _is_new(identity: tuple[str, ...], before: Counter[tuple[str, ...]]) -> bool:
    """Say whether the base has no finding left of an identity; one that it has is used up."""
    known = before[identity] > 0
    before[identity] -= known
    return not known


def _is_near(identity: tuple[str, ...], left: Mapping[tuple[str, ...], list[str]]) -> bool:
    """Say whether the base has one left that differs in how deep its field is alone; then that is used up."""
    *rest, field = identity
    fields = left.get(tuple(rest), [])
    found = next((one for one in fields if one and field and (_holds(one, field) or _holds(field, one))), None)
    if found is None:
        return False
    fields.remove(found)
    return True


def _holds(outer: str, inner: str) -> bool:
    return inner.startswith((f"{outer}.", f"{outer}["))


def _identity(finding: Finding) -> tuple[str, ...]:
    key = finding.resource
    if key and key.kind in KINDS and (plain := stem(key.name)):
        finding = replace(finding, resource=replace(key, name=plain))
    return finding.identity
