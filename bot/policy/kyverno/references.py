"""What do the references `$(…)` of a pattern stand for?

A reference names another place of the same pattern, by a path from its own place (`$(./../limits/memory)`) or
from the top (`$(/spec/replicas)`), with an operator before it where wanted: `$(<=./../limits/memory)`. Source:
the Kyverno documentation ("Variables", references) and `pkg/engine/variables/vars.go`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from bot.policy.kyverno.anchors import parse_key
from bot.policy.kyverno.answers import QueryError, as_json, is_number

_REFERENCE = re.compile(r"(?<!\\)\$\(([^ )]+)\)")
_ESCAPED = re.compile(r"\\(\$\([^ )]+\))")
_PARTS = re.compile(r"(>=|<=|>|<|!)?(.+)", re.DOTALL)


def resolve_references(document: object) -> object:
    """Return the pattern with its references replaced; raises `QueryError` for one that leads nowhere."""
    if not any("$(" in value for _, value in _leaves(document, "") if isinstance(value, str)):
        return document
    places = dict(_leaves(document, ""))
    return _resolved(document, "", places)


def _leaves(tree: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _leaves(value, f"{place}/{parse_key(str(key)).name}")
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _leaves(value, f"{place}/{index}")
    else:
        yield place or "/", tree


def _resolved(tree: object, place: str, places: Mapping[str, object]) -> object:
    if isinstance(tree, Mapping):
        return {key: _resolved(value, f"{place}/{parse_key(str(key)).name}", places) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_resolved(value, f"{place}/{index}", places) for index, value in enumerate(tree)]
    if not isinstance(tree, str) or "$(" not in tree:
        return tree
    text = _REFERENCE.sub(lambda found: _value(found[1], place, places), tree)
    return _ESCAPED.sub(r"\1", text)


def _value(reference: str, place: str, places: Mapping[str, object]) -> str:
    parts = _PARTS.fullmatch(reference)
    sign, path = (parts[1] or "", parts[2]) if parts is not None else ("", reference)
    target = posixpath.normpath(posixpath.join(place, path))
    value = places.get(target)
    if isinstance(value, str):
        if _REFERENCE.search(value):
            raise QueryError(f"the reference `$({reference})` leads to another reference")
        return f"{sign}{value}"
    if sign and is_number(value):
        return f"{sign}{as_json(value)}"
    if value is None:
        raise QueryError(f"the reference `$({reference})` leads nowhere: there is no {target}")
    raise QueryError(f"the reference `$({reference})` leads to what is no text")
