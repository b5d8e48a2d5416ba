"""What changes in an environment: which resources, in which fields, with nothing secret shown?

Order: match resources, mask both sides, settle them against each other, and only then write text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.checks.hashed import KINDS, stem
from bot.checks.highlights import Highlight, highlights
from bot.checks.manifest_text import manifest_text, manifest_texts
from bot.checks.masking import MASK, mask
from bot.checks.settling import same, side_by_side, told
from bot.checks.unified import unified
from bot.model.manifest import Resource, ResourceKey

Kind = Literal["added", "removed", "changed"]

CONTEXT = 3  # unchanged lines around a change
_NAMED = 3  # resources a summary line names
_TOLD = 3  # changes it tells of each
_WEIGHTY = ("image ", "replicas ")


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource that differs. `lines` is a unified diff of its YAML, from the first `@@` on.

    `highlights` name what matters most, `brief` the same in shorter words. `path` is the source file. The key
    is that of the head; of the base where the resource was removed. Secret values occur nowhere.
    """

    key: ResourceKey
    kind: Kind
    lines: str
    highlights: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    path: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """All resources of one environment that differ between base and head, ordered by key."""

    changes: tuple[ResourceChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def count(self, kind: Kind) -> int:
        """Return how many resources were added, removed or changed."""
        return sum(one.kind == kind for one in self.changes)


def compare(base: Sequence[Resource], head: Sequence[Resource]) -> EnvironmentDiff:
    """Return what differs between two sets of resources of one environment.

    The order of resources, of keys and of lists with merge keys is no difference. A generated ConfigMap or
    Secret whose name differs in its hash only is one changed resource.
    """
    changes = (_change(old, new) for old, new in _matched(base, head))
    return EnvironmentDiff(tuple(sorted((one for one in changes if one), key=_rank)))


def _rank(change: ResourceChange) -> tuple[str, ...]:
    key = change.key
    return key.group, key.kind, key.namespace, key.name, change.kind


def summarise(diff: EnvironmentDiff) -> str:
    """Return the diff in one line: `2 changed, 1 added; web: replicas 2 → 3, image tag 1.4 → 1.5`."""
    if not diff:
        return "no changes"
    kinds: tuple[Kind, ...] = ("changed", "added", "removed")
    counts = ", ".join(f"{diff.count(kind)} {kind}" for kind in kinds if diff.count(kind))
    told = sorted((one for one in diff.changes if one.brief), key=lambda one: not one.brief[0].startswith(_WEIGHTY))
    named = [f"{_plain_name(one.key)}: {', '.join(one.brief[:_TOLD])}" for one in told[:_NAMED]]
    more = [f"{len(told) - _NAMED} more"] if len(told) > _NAMED else []
    return "; ".join([counts, *named, *more])


def _plain_name(key: ResourceKey) -> str:
    return (stem(key.name) or key.name) if key.kind in KINDS else key.name


def _matched(base: Sequence[Resource], head: Sequence[Resource]) -> Iterator[tuple[Resource | None, Resource | None]]:
    """Pair the resources of both sides: by key, then by name without hash; the rest stand alone."""
    old, new = _by_key(base), _by_key(head)
    lonely_new: list[Resource] = []
    for key, one in new.items():
        former = old.pop(key, None)
        if former is None:
            lonely_new.append(one)
        else:
            yield former, one
    lonely_old = list(old.values())
    old_stems, new_stems = _by_stem(lonely_old), _by_stem(lonely_new)
    renamed = {id(one): old_stems[name] for name, one in new_stems.items() if name in old_stems}
    yield from ((renamed.get(id(one)), one) for one in lonely_new)
    gone = {id(one) for one in renamed.values()}
    yield from ((one, None) for one in lonely_old if id(one) not in gone)


def _by_key(resources: Iterable[Resource]) -> dict[tuple[ResourceKey, int], Resource]:
    """Index resources by key; where one key stands twice, the second is told apart by its number."""
    found: dict[tuple[ResourceKey, int], Resource] = {}
    for one in resources:
        key, number = one.key, 0
        while (key, number) in found:
            number += 1
        found[key, number] = one
    return found


def _by_stem(resources: Iterable[Resource]) -> dict[tuple[str, str, str], Resource]:
    """Index generated resources by kind, namespace and name without hash, where that is unique."""
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for one in resources:
        if one.kind in KINDS and (name := stem(one.name)):
            found.setdefault((one.kind, one.namespace, name), []).append(one)
    return {key: group[0] for key, group in found.items() if len(group) == 1}


def _change(base: Resource | None, head: Resource | None) -> ResourceChange | None:
    if base and head:
        if same(base.body, head.body):
            return None
        before, after = side_by_side(base.body, head.body)
        old, new = manifest_texts(before, after)
        if old == new:
            return None
        return _told(head, "changed", unified(old.splitlines(), new.splitlines(), CONTEXT), highlights(before, after))
    if head:
        return _told(head, "added", _all(head, "+"), ())
    return _told(base, "removed", _all(base, "-"), ()) if base else None


def _told(one: Resource, kind: Kind, lines: str, found: Sequence[Highlight]) -> ResourceChange | None:
    if not lines:
        return None
    words = tuple(each.text for each in found), tuple(each.brief for each in found)
    return ResourceChange(one.key, kind, lines, *words, path=one.path)


def _all(one: Resource, sign: Literal["+", "-"]) -> str:
    """Return the unified diff of a whole resource that stands on one side only."""
    text = manifest_text(told(mask(one.body), MASK)).splitlines()
    return unified([], text, CONTEXT) if sign == "+" else unified(text, [], CONTEXT)
