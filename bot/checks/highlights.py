"""Which changes in a resource would a reviewer name first: `replicas 2 → 3`, `image nginx:1.25 → nginx:1.26`?

Works on settled values only, in which secrets are masked already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.checks.amounts import parse_image, parse_quantity
from bot.checks.fieldpath import dotted
from bot.checks.hashed import same_but_hash
from bot.checks.masking import MASK
from bot.checks.pairing import label, pairs

MOST = 8  # highlights of one resource
_SHOWN = 60  # characters of a value
_ABSENT = object()
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Highlight:
    """One change in words; `brief` is the same for a summary line. Lower `rank` is told first."""

    text: str
    brief: str
    rank: int = 5


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value that differs: its path (names in place of list indexes where items have names), both sides."""

    path: tuple[str | int, ...]
    base: Any
    head: Any
    container: str = ""


def highlights(base: Any, head: Any) -> tuple[Highlight, ...]:
    """Return what changed between two settled bodies, the weightiest first, at most `MOST` and a rest.

    What is one object on both sides is not looked into.
    """
    leaves = list(_leaves(_Leaf((), base, head)))
    several = any(leaf.container for leaf in leaves) and (_several(base) or _several(head))
    found = {one.text: one for leaf in leaves for one in [_word(leaf, several)]}
    ranked = sorted(found.values(), key=lambda one: one.rank)
    if len(ranked) > MOST:
        rest = f"{len(ranked) - MOST + 1} more"
        return (*ranked[: MOST - 1], Highlight(rest, rest, 9))
    return tuple(ranked)


def _leaves(at: _Leaf) -> Iterator[_Leaf]:
    base, head = at.base, at.head
    if at.path[-1:] == ("env",):  # variables are told one by one, also where there were none before
        base, head = [] if base is _ABSENT else base, [] if head is _ABSENT else head
    if isinstance(base, dict) and isinstance(head, dict):
        for key in [*head, *(key for key in base if key not in head)]:
            before, after = base.get(key, _ABSENT), head.get(key, _ABSENT)
            if not _alike(before, after):
                yield from _leaves(_Leaf((*at.path, str(key)), before, after, at.container))
    elif isinstance(base, list) and isinstance(head, list):
        field = str(at.path[-1]) if at.path else ""
        for old, new in pairs(field, base, head):
            before = base[old] if old is not None else _ABSENT
            after = head[new] if new is not None else _ABSENT
            if not _alike(before, after):
                item = before if after is _ABSENT else after
                name = label(field, item) or (str(item.get("name", "")) if isinstance(item, dict) else "")
                step: str | int = name or (new if new is not None else old or 0)
                yield from _leaves(
                    _Leaf((*at.path, step), before, after, name if field in _CONTAINERS else at.container)
                )
    elif isinstance(base, str) and isinstance(head, str):
        if base != head:
            yield at
    elif not _alike(base, head) and json.dumps(base, default=id) != json.dumps(head, default=id):
        yield at


def _alike(base: Any, head: Any) -> bool:
    """Say whether two values are the same, as far as that is seen at a glance."""
    return base is head or (type(base) is type(head) and isinstance(base, str | int) and bool(base == head))


def _word(leaf: _Leaf, several: bool) -> Highlight:
    """Put one change into words; each rule names the fields it is for."""
    path = leaf.path
    last = str(path[-1]) if path else ""
    where = f" in {leaf.container}" if several and leaf.container and last != leaf.container else ""
    if last == "image" and isinstance(leaf.base, str) and isinstance(leaf.head, str):
        return Highlight(f"image {leaf.base} → {leaf.head}{where}", f"{_brief_image(leaf)}{where}", 0)
    if last == "replicas":
        return _both(f"replicas {_change(leaf)}", 1)
    if len(path) > 2 and path[-2] in ("limits", "requests") and path[-3] == "resources":
        same = _same_amount(leaf.base, leaf.head)
        return _both(f"{last} {str(path[-2])[:-1]} {_change(leaf)}{' (same amount)' if same else ''}{where}", 2)
    if name := same_but_hash(leaf.base, leaf.head):
        return _both("new content hash", 8) if path == ("metadata", "name") else _both(f"{name} has new content", 3)
    if len(path) > 1 and path[0] in ("data", "stringData", "binaryData"):
        return _both(f"{last} {_change(leaf)}", 3)
    if "env" in path[:-1]:
        name = str(path[path.index("env") + 1])
        return _both(f"env {name} {_change(leaf)}{where}", 3)
    if path[:1] == ("metadata",) and len(path) > 2 and path[1] in ("labels", "annotations"):
        return _both(f"{str(path[1])[:-1]} {last} {_change(leaf)}", 7)
    return _both(f"{_place(path, leaf.container)} {_change(leaf)}{where}", 6 if path[:1] == ("metadata",) else 5)


def _both(text: str, rank: int) -> Highlight:
    return Highlight(text, text, rank)


def _change(leaf: _Leaf) -> str:
    """Say how a value changed: both sides where they are short, else just that it did."""
    if leaf.base is _ABSENT:
        return "added" if not _short(leaf.head) else f"added: {_text(leaf.head)}"
    if leaf.head is _ABSENT:
        return "removed"
    if _short(leaf.base) and _short(leaf.head):
        return f"{_text(leaf.base)} → {_text(leaf.head)}"
    return "changed"


def _short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _SHOWN and "\n" not in value and not value.startswith(MASK)
    return value is None or isinstance(value, bool | int | float)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else json.dumps(value)


def _brief_image(leaf: _Leaf) -> str:
    base, head = parse_image(leaf.base), parse_image(leaf.head)
    if base.name != head.name:
        return f"image {leaf.base} → {leaf.head}"
    if base.tag != head.tag:
        return f"image tag {base.tag or 'none'} → {head.tag or 'none'}"
    return f"image digest {base.digest[:19] or 'none'} → {head.digest[:19] or 'none'}"


def _same_amount(base: Any, head: Any) -> bool:
    before, after = parse_quantity(base), parse_quantity(head)
    return before is not None and before == after


def _place(path: tuple[str | int, ...], container: str) -> str:
    """Return the path without what every reader knows: the way to the pod, and to its container."""
    for index, part in enumerate(path):
        if part in _CONTAINERS and container and len(path) > index + 2:
            return dotted(path[index + 2 :])
    for known in (("spec", "template", "spec"), ("spec",)):
        if path[: len(known)] == known and len(path) > len(known):
            return dotted(path[len(known) :])
    return dotted(path)


def _several(body: Any) -> bool:
    """Say whether a body has more than one container."""
    found = 0
    below = [body]
    while below:
        one = below.pop()
        if isinstance(one, dict):
            found += sum(len(one[name]) for name in _CONTAINERS if name in one and isinstance(one[name], list))
            if found > 1:
                return True
            below += one.values()
    return False
