"""How are two versions of one resource laid side by side, so that only what differs is worked on?

Parts that are the same on both sides are masked once and become one object, which stands on both sides: whoever
compares the sides later asks `is` and is done with it.
"""

from __future__ import annotations

from typing import Any

import orjson

from bot.checks.masking import MASK, Masked, is_secret, mask, mask_field
from bot.checks.pairing import pairs

_CONTAINERS = (dict, list)


def side_by_side(base: Any, head: Any) -> tuple[Any, Any]:
    """Return two resources with their secrets masked and ready for text: see `mask` and `settle`."""
    return settle(*masked(base, head))


def masked(base: Any, head: Any) -> tuple[Any, Any]:
    """Return `mask` of both; parts that are the same become one object."""
    if type(base) is dict and type(head) is dict and not (is_secret(base) or is_secret(head)):
        return _mappings(base, head)
    if type(base) is list and type(head) is list:
        return _lists(base, head)
    return mask(base), mask(head)


def _mappings(base: dict[Any, Any], head: dict[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    old: dict[Any, Any] = {}
    both: dict[Any, Any] = {}
    named_alike = str(base.get("name", "")) == str(head.get("name", ""))  # the name beside a value says what it is
    for key, one in base.items():
        if key not in head:
            old[key] = mask_field(key, one, base)
            continue
        other = head[key]
        if (named_alike or key != "value") and same(one, other):
            old[key] = both[key] = mask_field(key, one, base)
        elif key not in ("stringData", "annotations") and type(one) in _CONTAINERS and type(one) is type(other):
            old[key], both[key] = masked(one, other)
        else:
            old[key], both[key] = mask_field(key, one, base), mask_field(key, other, head)
    return old, {key: both[key] if key in both else mask_field(key, one, head) for key, one in head.items()}


def _lists(base: list[Any], head: list[Any]) -> tuple[list[Any], list[Any]]:
    old: list[Any] = []
    new: list[Any] = []
    if len(base) == len(head):
        for one, other in zip(base, head, strict=True):
            if same(one, other):
                before = after = mask(one)
            else:
                before, after = masked(one, other)
            old.append(before)
            new.append(after)
        return old, new
    known: dict[bytes, tuple[Any, Any]] = {}
    for one in base:
        old.append(mask(one))
        if (text := _exact(one)) is not None:
            known[text] = (one, old[-1])
    for other in head:
        alike = known.get(_exact(other) or b"")
        new.append(alike[1] if alike and alike[0] == other else mask(other))
    return old, new


def same(base: Any, head: Any) -> bool:
    """Say whether two JSON values are the same, to the order of keys; 1, 1.0 and true are different.

    False may also mean that it is not known: for numbers too large, say.
    """
    if type(base) is str and type(head) is str:
        return base == head
    return bool(base == head) and (text := _exact(base)) is not None and text == _exact(head)


def _exact(value: Any) -> bytes | None:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return None


def settle(base: Any, head: Any, field: str = "") -> tuple[Any, Any]:
    """Return both masked values ready for text: lists of base in head's order, masks that say what changed.

    `field` is the name of the field the values stand in, '' for a whole resource. What is one object on both
    sides stays one.
    """
    if base is head:
        shown = _unchanged(base)
        return shown, shown
    if isinstance(base, str) and isinstance(head, str):
        return base, head
    if isinstance(base, dict) and isinstance(head, dict):
        old = {key: told(value, f"{MASK} (removed)") for key, value in base.items() if key not in head}
        new = {key: told(value, f"{MASK} (added)") for key, value in head.items() if key not in base}
        for key, value in base.items():
            if key in head:
                old[key], new[key] = settle(value, head[key], str(key))
        return old, new
    if isinstance(base, list) and isinstance(head, list):
        return _settle_lists(base, head, field)
    if isinstance(base, Masked) and isinstance(head, Masked):
        return base.beside(head)
    return told(base, MASK), told(head, f"{MASK} (changed)")


def _settle_lists(base: list[Any], head: list[Any], field: str) -> tuple[list[Any], list[Any]]:
    old: list[Any] = []
    new: list[Any] = []
    for before, after in pairs(field, base, head):
        if before is None:
            new.append(told(head[after or 0], f"{MASK} (added)"))
        elif after is None:
            old.append(told(base[before], f"{MASK} (removed)"))
        else:
            settled = settle(base[before], head[after])
            old.append(settled[0])
            new.append(settled[1])
    return old, new


def told(value: Any, words: str) -> Any:
    """Return a masked value in which each `Masked` became text, these words if it is hidden whole."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: one if type(one) is str else told(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [told(one, words) for one in value]
    return value.told(words) if isinstance(value, Masked) else value


def _unchanged(value: Any) -> Any:
    """Return a masked value that both sides have, each mask as text; the value itself where nothing is masked."""
    if isinstance(value, Masked):
        return value.beside(value)[0]
    if not isinstance(value, dict | list) or _exact(value) is not None:  # a Masked has no JSON form
        return value
    if isinstance(value, dict):
        return {key: _unchanged(one) for key, one in value.items()}
    return [_unchanged(one) for one in value]
