"""Which findings are one thing to mend, which of them block, and which are the worst?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.finding import Finding, State
from bot.report.words import among, listed

NAMED = 5  # applications of an environment that are named where one thing is to be mended
ICONS = {"fail": "❌", "error": "❌", "warn": "⚠️", "not evaluable here": "❔", "pass": "✅", "skip": "➖"}

_ORDER: tuple[State, ...] = ("error", "fail", "warn", "not evaluable here", "skip", "pass")


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that hold up a merge: new ones that fail or could not be decided for an error."""
    return tuple(one for one in findings if one.new and one.blocks)


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


def reach(group: Sequence[Finding]) -> str:
    """Return in words where findings are: `development and production (web, api)`; '' when nowhere in particular."""
    applications: dict[str, dict[str, None]] = {}
    for one in group:
        if one.environment:
            applications.setdefault(one.environment, {}).update({one.application: None} if one.application else {})
    return listed([f"{name} ({among([*inside], NAMED)})" if inside else name for name, inside in applications.items()])
