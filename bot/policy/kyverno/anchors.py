"""Which anchor does a key of a Kyverno pattern carry?

Source: the Kyverno documentation ("Anchors" of the validate rules) and `pkg/engine/anchor` of
kyverno/kyverno.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Anchor(Enum):
    """What a key says about the field it names; the value is the prefix before the bracket."""

    NONE = None
    CONDITION = ""  # (key): the rest of this map applies only if the field matches
    EQUALITY = "="  # =(key): if the field is there, it must match
    EXISTENCE = "^"  # ^(key): at least one element of the list must match
    NEGATION = "X"  # X(key): the field must be absent
    GLOBAL = "<"  # <(key): the whole rule applies only if the field, where present, matches
    ADDITION = "+"  # +(key): add if absent; means something in mutate rules only


class Key(NamedTuple):
    """A key of a pattern without its anchor, and the anchor."""

    name: str
    anchor: Anchor


_BY_PREFIX = {anchor.value: anchor for anchor in Anchor if anchor is not Anchor.NONE}


def parse_key(key: str) -> Key:
    """Split a pattern's key: `=(image)` is the field `image` with the equality anchor."""
    prefix, bracket, rest = key.partition("(")
    anchor = _BY_PREFIX.get(prefix) if bracket and rest.endswith(")") and len(rest) > 1 else None
    return Key(rest[:-1], anchor) if anchor is not None else Key(key, Anchor.NONE)
