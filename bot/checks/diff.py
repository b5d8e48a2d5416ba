"""What changes in an environment: which resources, in which fields, with nothing secret shown?

Order: match resources, mask both sides, settle them against each other, and only then write text.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bot.checks.hashed import KINDS, stem
from bot.checks.highlights import Highlight, highlights
from bot.checks.manifest_text import manifest_text
from bot.checks.masking import MASK, Masked, mask
from bot.checks.pairing import pairs
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
    return EnvironmentDiff(tuple(sorted((one for one in changes if one), key=lambda one: (one.key, one.kind))))


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
    lonely_old = [one for key, one in old.items() if key not in new]
    lonely_new = [one for key, one in new.items() if key not in old]
    yield from ((old[key], one) for key, one in new.items() if key in old)
    old_stems, new_stems = _by_stem(lonely_old), _by_stem(lonely_new)
    renamed = {id(one): old_stems[name] for name, one in new_stems.items() if name in old_stems}
    yield from ((renamed.get(id(one)), one) for one in lonely_new)
    gone = {id(one) for one in renamed.values()}
    yield from ((one, None) for one in lonely_old if id(one) not in gone)


def _by_key(resources: Iterable[Resource]) -> dict[tuple[ResourceKey, int], Resource]:
    """Index resources by key; where one key stands twice, the second is told apart by its number."""
    found: dict[tuple[ResourceKey, int], Resource] = {}
    for one in resources:
        number = 0
        while (one.key, number) in found:
            number += 1
        found[one.key, number] = one
    return found


def _by_stem(resources: Iterable[Resource]) -> dict[tuple[str, str, str], Resource]:
    """Index generated resources by kind, namespace and name without hash, where that is unique."""
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for one in resources:
        if one.kind in KINDS and (name := stem(one.name)):
            found.setdefault((one.kind, one.namespace, name), []).append(one)
    return {key: group[0] for key, group in found.items() if len(group) == 1}


def _change(base: Resource | None, head: Resource | None) -> ResourceChange | None:
    one = head or base
    if one is None or (base and head and base.body == head.body and _exact(base.body) == _exact(head.body)):
        return None
    if base and head:
        before, after = settle(mask(base.body), mask(head.body))
        lines = _unified(manifest_text(before), manifest_text(after))
        told = highlights(before, after)
    else:
        before, after = (_told(mask(side.body), MASK) if side else None for side in (base, head))
        lines = _unified(manifest_text(before) if base else "", manifest_text(after) if head else "")
        told = ()
    if not lines:
        return None
    kind: Kind = "changed" if base and head else "added" if head else "removed"
    return ResourceChange(one.key, kind, lines, *_words(told), path=one.path)


def _words(told: Iterable[Highlight]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    told = tuple(told)
    return tuple(one.text for one in told), tuple(one.brief for one in told)


def settle(base: Any, head: Any, field: str = "") -> tuple[Any, Any]:
    """Return both masked values ready for text: lists of base in head's order, masks that say what changed.

    `field` is the name of the field the values stand in, '' for a whole resource.
    """
    if isinstance(base, str) and isinstance(head, str):
        return base, head
    if isinstance(base, Mapping) and isinstance(head, Mapping):
        old = {key: _told(value, f"{MASK} (removed)") for key, value in base.items() if key not in head}
        new = {key: _told(value, f"{MASK} (added)") for key, value in head.items() if key not in base}
        for key in (key for key in base if key in head):
            old[key], new[key] = settle(base[key], head[key], str(key))
        return old, new
    if isinstance(base, list) and isinstance(head, list):
        return _settle_lists(base, head, field)
    if isinstance(base, Masked) and isinstance(head, Masked):
        return base.beside(head)
    return _told(base, MASK), _told(head, f"{MASK} (changed)")


def _settle_lists(base: list[Any], head: list[Any], field: str) -> tuple[list[Any], list[Any]]:
    old: list[Any] = []
    new: list[Any] = []
    for before, after in pairs(field, base, head):
        if before is None:
            new.append(_told(head[after or 0], f"{MASK} (added)"))
        elif after is None:
            old.append(_told(base[before], f"{MASK} (removed)"))
        else:
            settled = settle(base[before], head[after])
            old.append(settled[0])
            new.append(settled[1])
    return old, new


def _told(value: Any, words: str) -> Any:
    """Return a value in which each masked value became text, these words if it is hidden whole."""
    if isinstance(value, str):
        return value
    if isinstance(value, Masked):
        return value.told(words)
    if isinstance(value, (dict, Mapping)):  # the exact type first: it is what nearly all are
        return {key: _told(below, words) for key, below in value.items()}
    if isinstance(value, list):
        return [_told(below, words) for below in value]
    return value


def _exact(body: Mapping[str, Any]) -> bytes:
    """Return a text by which bodies are compared and nothing else; 1, 1.0 and true are different there."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return json.dumps(body, default=repr).encode()


def _unified(base: str, head: str) -> str:
    """Return a unified diff without file names, '' when there is none."""
    lines = difflib.unified_diff(base.splitlines(), head.splitlines(), n=CONTEXT, lineterm="")
    return "\n".join(list(lines)[2:])
