"""Are two lists of resources the same, value for value and type for type, and where do they differ first?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 160


@dataclass(slots=True)
class Tally:
    """What the comparisons came to: how many there were, and each difference in words.

    `refused` counts those in which both sides refused, `excepted` those left out for a reason that is told.
    """

    equal: int = 0
    refused: int = 0
    differences: list[str] = field(default_factory=list)
    excepted: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.equal + len(self.differences)

    def judge(self, name: str, difference: str) -> None:
        """Count one comparison; `difference` is '' where there is none."""
        if difference:
            self.differences.append(f"{name}: {difference}")
        else:
            self.equal += 1

    def __str__(self) -> str:
        notes = [f"{self.refused} refused by both"] if self.refused else []
        notes += [f"{len(self.excepted)} with exceptions"] if self.excepted else []
        return f"{self.equal} of {self.total} equal" + (f" ({', '.join(notes)})" if notes else "")


def difference(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], *, ordered: bool = True) -> str:
    """Return the first difference between two lists of resources in words, '' when they are equal.

    Unordered lists are brought into one order first. Numbers are equal by value; a number and a text, or a number and
    a truth value, are not.
    """
    ours, theirs = [trimmed(one) for one in ours], [trimmed(one) for one in theirs]
    left, right = [exact(one) for one in ours], [exact(one) for one in theirs]
    if left == right:
        return ""
    if sorted(left) == sorted(right):
        return "the same resources in another order" if ordered else ""
    names = (_names(ours), _names(theirs))
    if sorted(names[0]) != sorted(names[1]):
        missing, extra = _less(names[1], names[0]), _less(names[0], names[1])
        return "; ".join(part for part in (_listed("ours lacks", missing), _listed("ours adds", extra)) if part)
    pairs = zip(_by_name(ours, left), _by_name(theirs, right), strict=True)
    for (name, own), (_, other) in pairs:
        if own != other:
            return f"{name}: {_place(json.loads(own), json.loads(other))}"
    return "they differ"


def exact(value: Any) -> str:
    """Return a text that two values share exactly when they are the same, keys in any order."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def trimmed(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out empty annotations: the tool that reads the other side's YAML for us adds them where there are none."""
    metadata = resource.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("annotations"):
        return resource
    return {**resource, "metadata": {key: value for key, value in metadata.items() if key != "annotations"}}


def _plain(value: Any) -> Any:
    """Return the value with every whole number as an integer, however it was written."""
    match value:
        case bool() | None | str() | int():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case _:
            return [_plain(one) for one in value]


def _names(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    return [name_of(one) for one in resources]


def name_of(resource: Mapping[str, Any]) -> str:
    """Return what a resource is called: API version, kind, namespace and name."""
    metadata = resource.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    place = f"{metadata.get('namespace')}/" if metadata.get("namespace") else ""
    return f"{resource.get('apiVersion')} {resource.get('kind')} {place}{metadata.get('name')}"


def _by_name(resources: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> list[tuple[str, str]]:
    return sorted(zip(_names(resources), texts, strict=True))


def _less(names: Sequence[str], others: Sequence[str]) -> list[str]:
    left = list(names)
    for name in others:
        if name in left:
            left.remove(name)
    return left


def _listed(words: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{words} {', '.join(names[:3])}{more}" if names else ""


def _place(own: Any, other: Any, path: str = "") -> str:
    """Return the first place where two values differ, and what stands there."""
    if isinstance(own, dict) and isinstance(other, dict):
        for key in sorted({*own, *other}):
            if key not in own or key not in other:
                return f"{path}.{key} is {'missing in' if key not in own else 'only in'} ours"
            if exact(own[key]) != exact(other[key]):
                return _place(own[key], other[key], f"{path}.{key}")
    if isinstance(own, list) and isinstance(other, list) and len(own) == len(other):
        for index, (one, two) in enumerate(zip(own, other, strict=True)):
            if exact(one) != exact(two):
                return _place(one, two, f"{path}[{index}]")
    return f"{path or 'it'} is {_short(own)}, and {_short(other)} for the real tool"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
