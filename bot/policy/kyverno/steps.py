"""How is one step of a JMESPath expression carried out?

Each function here takes the steps it is made of and returns one: a function from a value to a value. Source:
the interpreter of Kyverno's fork of go-jmespath, where a missing key is an error that only some steps forgive.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from bot.policy.kyverno.answers import (
    Node,
    NotFound,
    NotKnown,
    QueryError,
    TooLargeError,
    Unknown,
    falsy,
    is_number,
    same,
)
from bot.policy.kyverno.signature import Function

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}

LARGEST = 200_000  # elements that one projection may yield


def path(names: tuple[str, ...], *, strict: bool = True) -> Node:
    """Walk down the fields of maps; a missing key is an error where it is `strict`, else null."""

    def walk(value: object) -> object:
        found: Any = value
        try:
            for name in names:
                found = found[name]
        except (KeyError, TypeError):
            return _slowly(names, value, strict)
        if isinstance(found, Unknown):
            raise NotKnown(found.why)
        return found

    return _mark(walk, names=names) if strict else _mark(walk)


def _slowly(names: tuple[str, ...], value: object, strict: bool) -> object:
    """Walk down where something is not there, or is no map: then the field is null."""
    for name in names:
        if isinstance(value, dict):
            if name not in value:
                if strict:
                    raise NotFound(f"there is no `{name}` in `{'.'.join(names)}`")
                return None
            value = value[name]
        elif isinstance(value, Unknown):
            raise NotKnown(value.why)
        else:
            return None
    return value


def _mark(node: Node, names: tuple[str, ...] = ()) -> Node:
    """Remember that a step never tells of a missing key, or that it is a plain path of these names."""
    vars(node)["names"] = names
    return node


def lenient(node: Node) -> Node:
    """A missing key is null here."""
    names: tuple[str, ...] | None = getattr(node, "names", None)
    if names is not None:
        return path(names, strict=False) if names else node

    def find(value: object) -> object:
        try:
            return node(value)
        except NotFound:
            return None

    return _mark(find)


def indexed(index: int) -> Node:
    def find(value: object) -> object:
        return value[index] if isinstance(value, list) and -len(value) <= index < len(value) else None

    return _mark(find)


def sliced(start: int | None, stop: int | None, step: int | None) -> Node:
    if step == 0:
        raise QueryError("a slice cannot have the step 0")

    def find(value: object) -> object:
        return value[start:stop:step] if isinstance(value, (list, str)) else None

    return _mark(find)


def comparison(sign: str, left: Node, right: Node) -> Node:
    left, right = lenient(left), lenient(right)
    if sign in ("eq", "ne"):
        wanted = sign == "eq"
        return _mark(lambda value: same(left(value), right(value)) is wanted)
    compare = _COMPARE[sign]

    def find(value: object) -> object:
        one, other = left(value), right(value)
        return compare(one, other) if is_number(one) and is_number(other) else None

    return _mark(find)


def either(left: Node, right: Node) -> Node:
    left, right = lenient(left), lenient(right)

    def find(value: object) -> object:
        found = left(value)
        return right(value) if falsy(found) else found

    return _mark(find)


def both(left: Node, right: Node) -> Node:
    left = lenient(left)

    def find(value: object) -> object:
        found = left(value)
        return found if falsy(found) else right(value)

    return find


def negation(node: Node) -> Node:
    node = lenient(node)
    return _mark(lambda value: falsy(node(value)))


def pipe(left: Node, right: Node) -> Node:
    left, right = lenient(left), lenient(right)
    return _mark(lambda value: right(left(value)))


def _projected(found: object, node: Node) -> object:
    if not isinstance(found, list):
        return found if isinstance(found, str) else None  # a slice of a text stays a text
    if len(found) > LARGEST:
        raise TooLargeError(f"a list of more than {LARGEST} elements")
    return [one for one in map(node, found) if one is not None]


def projection(left: Node, right: Node) -> Node:
    left, right = lenient(left), lenient(right)
    return _mark(lambda value: _projected(left(value), right))


def value_projection(left: Node, right: Node) -> Node:
    left, right = lenient(left), lenient(right)

    def find(value: object) -> object:
        found = left(value)
        return _projected(list(found.values()), right) if isinstance(found, dict) else None

    return _mark(find)


def filtered(left: Node, right: Node, condition: Node) -> Node:
    left, right, condition = lenient(left), lenient(right), lenient(condition)

    def find(value: object) -> object:
        found = left(value)
        if not isinstance(found, list):
            return None
        return _projected([one for one in found if not falsy(condition(one))], right)

    return _mark(find)


def flatten(node: Node) -> Node:
    node = lenient(node)

    def find(value: object) -> object:
        found = node(value)
        if not isinstance(found, list):
            return None
        flat: list[object] = []
        for one in found:
            if isinstance(one, list):
                flat.extend(one)
            else:
                flat.append(one)
        return flat

    return _mark(find)


def multi_hash(keys: list[str], nodes: list[Node]) -> Node:
    pairs = [(key, lenient(node)) for key, node in zip(keys, nodes, strict=True)]
    return _mark(lambda value: {key: node(value) for key, node in pairs})


def multi_list(*nodes: Node) -> Node:
    found = [lenient(node) for node in nodes]
    return _mark(lambda value: [node(value) for node in found])


def reference(node: Node) -> Node:
    """`&node`: a function's argument that is itself a function."""
    node = lenient(node)
    return _mark(lambda _: node)


def literal(found: object) -> Node:
    """A value written in the expression."""
    return _mark(lambda _: found)


def call(function: Function, arguments: list[Node]) -> Node:
    """A function of what the arguments find; a missing key is null."""
    found = [lenient(node) for node in arguments]
    if len(found) == 1:
        only = found[0]
        return _mark(lambda value: function([only(value)]))
    return _mark(lambda value: function([node(value) for node in found]))


def identity(value: object) -> object:
    """`@`: the value itself."""
    return value


_mark(identity)
