"""Which violations does the configuration except, until when, and which exceptions are over or not needed?

An exception that has expired counts no more: what it excepted is new again, whoever comes upon it first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from bot.model.environment import Waiver
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.policy.kyverno.wildcard import Glob, compile_wildcard, has_wildcard

SOON = 14  # days before the end in which that is told
DEFAULT_NAMESPACE = "default"  # of a resource that names none

_UNDECIDED = ("error", "not evaluable here")

CONFIGURATION = ".github/lockkeeper.yaml"


@dataclass(frozen=True, slots=True)
class Day:
    """The day on which an environment is judged; None when nobody says. `is_base` is the side before the change."""

    today: date | None
    environment: str = ""
    is_base: bool = False


def waived(findings: Iterable[Finding], waivers: Sequence[Waiver], day: Day) -> tuple[Finding, ...]:
    """Return findings of one pack, those that are excepted as `skip` with the reason, and what is to say of exceptions.

    Only violations are excepted, not what could not be evaluated. On the side before the change an exception counts
    though it has expired, so that what it excepted is not known from there. Exceptions that have expired, and those
    in use that soon will, are told as warnings, on the side after the change only.
    """
    found: list[Finding] = []
    used: set[Waiver] = set()
    for one in findings:
        fitting = [waiver for waiver in waivers if excepts(waiver, one)]
        holding = next((waiver for waiver in fitting if day.is_base or _holds(waiver, day)), None)
        used.update(fitting)
        found.append(_excepted(one, holding) if holding else one)
    if not day.is_base:
        found += (told for one in waivers for told in _notices(one, day, used=one in used))
    return tuple(found)


def excepts(waiver: Waiver, finding: Finding) -> bool:
    """Say whether a finding is a violation that the exception, while it holds, is for."""
    return (
        finding.state in ("fail", "warn")
        and finding.policy == waiver.policy
        and waiver.rule in ("", finding.rule)
        and finding.resource is not None
        and covers(waiver, finding.resource)
    )


def covers(waiver: Waiver, resource: ResourceKey) -> bool:
    """Say whether an exception is for a resource. Kinds, namespaces and names are compared with letter case."""
    namespace = resource.namespace or DEFAULT_NAMESPACE
    if waiver.namespaces and not any(_glob(one)(namespace) for one in waiver.namespaces):
        return False
    return not waiver.resources or any(_is(one, resource, namespace) for one in waiver.resources)


def unneeded(
    waivers: Iterable[Waiver], findings: Collection[Finding], seen: Collection[ResourceKey], *, whole: bool, day: Day
) -> Iterator[Finding]:
    """Yield a warning for each exception that holds and has nothing to except.

    `findings` and `seen` are of all that was looked at in the environment. Where that was not the `whole`, only an
    exception whose resources are written out, and were all seen, can be said to be needless; where a policy did not
    run, none can.
    """
    if any(one.concern == "policies" and not one.resource and one.state in _UNDECIDED for one in findings):
        return
    for one in waivers:
        if not _holds(one, day) or any(_needs(one, finding) for finding in findings):
            continue
        met = any(covers(one, key) for key in seen)
        if whole or (one.resources and all(_seen(pattern, seen) for pattern in one.resources)):
            why = "none of them violates it any more" if met else "nothing there is so called"
            said = f"The exception from `{_rule(one)}` for {_for(one)} excepts nothing: {why}."
            how = f"Remove `{one.key}` from {CONFIGURATION}, unless another environment needs it."
            yield _told(one, day, "An exception is not needed", said, how)


def _needs(waiver: Waiver, finding: Finding) -> bool:
    """Say whether something may be left for an exception: a violation, or a rule that could not be evaluated."""
    return excepts(waiver, replace(finding, state="fail"))


def _seen(pattern: str, seen: Iterable[ResourceKey]) -> bool:
    return not has_wildcard(pattern) and any(_is(pattern, key, key.namespace or DEFAULT_NAMESPACE) for key in seen)


def _is(pattern: str, resource: ResourceKey, namespace: str) -> bool:
    kind, *middle, name = pattern.split("/")
    return _glob(kind)(resource.kind) and _glob(name)(resource.name) and all(_glob(one)(namespace) for one in middle)


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> Glob:
    return compile_wildcard(pattern)


def _holds(waiver: Waiver, day: Day) -> bool:
    return day.today is not None and day.today <= waiver.until


def _excepted(finding: Finding, waiver: Waiver) -> Finding:
    return replace(finding, state="skip", excepted=f"until {waiver.until.isoformat()}: {waiver.reason}")


def _notices(waiver: Waiver, day: Day, *, used: bool) -> Iterator[Finding]:
    until, place = waiver.until.isoformat(), f"`until` of `{waiver.key}` in {CONFIGURATION}"
    what = f"The exception from `{_rule(waiver)}` for {_for(waiver)}"
    if day.today is None:
        if used:
            message = f"{what} does not count: nobody says what day it is."
            yield _told(waiver, day, "An exception cannot be dated", message, "")
    elif day.today > waiver.until:
        rest = "what it excepted counts again" if used else "nothing here needs it"
        how = f"Mend what it excepted, or move {place} if there is a reason to." if used else f"Remove `{waiver.key}`."
        yield _told(waiver, day, "An exception has expired", f"{what} expired on {until}: {rest}.", how)
    elif used and (left := (waiver.until - day.today).days) <= SOON:
        when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
        message = f"{what} ends {when}, on {until}: then what it excepts counts again."
        yield _told(waiver, day, "An exception ends soon", message, f"Mend what it excepts, or move {place}.")


def _told(waiver: Waiver, day: Day, title: str, message: str, how: str) -> Finding:
    return Finding(
        concern="policies",
        policy=waiver.policy,
        rule=waiver.rule,
        state="warn",
        message=message,
        severity="low",
        title=title,
        environment=day.environment,
        field=waiver.key,
        how=how,
    )


def _rule(waiver: Waiver) -> str:
    return f"{waiver.policy}/{waiver.rule}" if waiver.rule else waiver.policy


def _for(waiver: Waiver) -> str:
    names = [f"`{one}`" for one in waiver.resources] or ["everything"]
    some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    spaces = ", ".join(f"`{one}`" for one in waiver.namespaces[:3])
    return f"{some} in {spaces}" if spaces else some
