"""Which changes of an environment are the same in several applications, and are told only once?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.checks.diff import EnvironmentDiff, Kind, ResourceChange, summarise
from bot.report.words import among, count

KINDS: tuple[Kind, ...] = ("changed", "added", "removed")
NAMED = 10  # applications that are named, of those with the same changes
_BRIEF = 3  # changes in a summary of several applications
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_OWN = re.compile(r"([+-])  (name|namespace): (.+)")

Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is told together: the changes of the first of `applications`, which are the same in the others.

    `shown` are those told here, `elsewhere` those that are the same as in an application told before, with its name.
    """

    applications: tuple[str, ...]
    shown: tuple[ResourceChange, ...]
    elsewhere: tuple[tuple[ResourceChange, str], ...] = ()

    @property
    def application(self) -> str:
        """The name of the application whose changes are shown, '' where an environment is but one."""
        return self.applications[0]

    @property
    def summary(self) -> str:
        """The changes in one line."""
        changes = (*self.shown, *(one for one, _ in self.elsewhere))
        return summarise(EnvironmentDiff(tuple(sorted(changes, key=lambda one: (one.key, one.kind)))))

    @property
    def others(self) -> str:
        """In words, where else the changes are the same; '' when nowhere."""
        more = self.applications[1:]
        if not more:
            return ""
        return f"the same in {count(len(more), 'more application')}: {among(more, NAMED)}"


def parts(diff: EnvironmentDiff) -> tuple[Part, ...]:
    """Return the changes by application, in their order, with nothing told twice.

    Changes are the same when the same lines of the same kind of resource change, at places that read the same but
    for the resource's own name and namespace.
    """
    by_application: dict[str, list[ResourceChange]] = {}
    for change in diff.changes:
        by_application.setdefault(change.application, []).append(change)
    alike: dict[tuple[Signature, ...], list[str]] = {}
    for name, changes in by_application.items():
        alike.setdefault(tuple(_signature(one) for one in changes), []).append(name)
    told: dict[Signature, str] = {}
    return tuple(_part(names, by_application[names[0]], told) for names in alike.values())


def _part(names: Sequence[str], changes: Sequence[ResourceChange], told: dict[Signature, str]) -> Part:
    shown: list[ResourceChange] = []
    elsewhere: list[tuple[ResourceChange, str]] = []
    for change in changes:
        where = told.setdefault(_signature(change), names[0])
        if where == names[0]:
            shown.append(change)
        else:
            elsewhere.append((change, where))
    return Part(tuple(names), tuple(shown), tuple(elsewhere))


def _signature(change: ResourceChange) -> Signature:
    """Return what two changes have in common when one of them need not be shown."""
    return (change.kind, change.key.group, change.key.kind, change.highlights, *_common(change))


def _common(change: ResourceChange) -> Iterator[str]:
    """Yield the lines of a diff without what says which resource it is; of a line that changes all is kept."""
    own = {"name": change.key.name, "namespace": change.key.namespace}
    names = [re.escape(one) for one in (change.key.name, change.key.namespace) if one]
    anywhere = re.compile(rf"(?<![\w.-])(?:{'|'.join(names)})(?![\w.-])") if names else None
    for line in change.lines.splitlines():
        if _HUNK.match(line):
            yield "@@"
        elif line[:1] not in ("+", "-"):
            yield anywhere.sub("\0", line) if anywhere else line
        elif change.kind != "changed" and (found := _OWN.fullmatch(line)) and own[found[2]] == found[3]:
            yield f"{found[1]}{found[2]}"
        else:
            yield line


def counts(changes: Sequence[ResourceChange]) -> str:
    """Return `3 changed, 1 added`."""
    numbers = Counter(one.kind for one in changes)
    return ", ".join(f"{numbers[kind]} {kind}" for kind in KINDS if numbers[kind])


def overview(diff: EnvironmentDiff) -> str:
    """Return all of an environment's changes in one line: by resource, or, of several applications, all together."""
    names = dict.fromkeys(one.application for one in diff.changes)
    if not any(names):
        return summarise(diff)
    briefs = Counter(brief for one in diff.changes for brief in one.brief)
    rank = sorted(briefs.items(), key=lambda one: (not one[0].startswith(("image ", "replicas ")), -one[1]))
    told = [f"{brief} ({number}×)" if number > 1 else brief for brief, number in rank[:_BRIEF]]
    rest = [f"{len(rank) - _BRIEF} more"] if len(rank) > _BRIEF else []
    where = next(iter(names)) if len(names) == 1 else f"{len(names)} applications"
    said = f"{counts(diff.changes)} in {where}"
    return f"{said}; {', '.join((*told, *rest))}" if told else said


def remarks(said: Sequence[str]) -> list[str]:
    """Return remarks, each that is made of several applications once, with their names after it."""
    groups: dict[str, list[str]] = {}
    for one in said:
        name, _, words = one.partition(": ")
        groups.setdefault(words or one, []).append(name if words else "")
    found = []
    for words, names in groups.items():
        if len(names) > 1 and all(names):
            found.append(f"{words} ({among(names, NAMED)})")
        else:
            found += [f"{name}: {words}" if name else words for name in names]
    return found
