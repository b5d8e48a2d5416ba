"""What do the functions of JMESPath do, and which are there?

Source: the JMESPath specification ("Built-in Functions"); those Kyverno adds are in `filters`, `arithmetic` and
`times`.
"""

from __future__ import annotations

import math
import re

from bot.policy.kyverno.answers import Node, QueryError, as_json, is_number, number, same
from bot.policy.kyverno.arithmetic import ARITHMETIC
from bot.policy.kyverno.filters import FILTERS
from bot.policy.kyverno.signature import Function, Library, bounded
from bot.policy.kyverno.times import TIMES

_library = Library()
function = _library.function


@function("number", name="abs")
def _abs(value: float) -> object:
    return abs(value)


@function("numbers")
def avg(values: list[float]) -> object:
    return number(sum(values) / len(values)) if values else None


@function("number")
def ceil(value: float) -> object:
    return math.ceil(value)


@function("number")
def floor(value: float) -> object:
    return math.floor(value)


@function("array|string", "any")
def contains(searched: list[object] | str, wanted: object) -> object:
    if isinstance(searched, str):
        return isinstance(wanted, str) and wanted in searched
    return any(same(one, wanted) for one in searched)


@function("string", "string")
def ends_with(text: str, end: str) -> object:
    return text.endswith(end)


@function("string", "string")
def starts_with(text: str, start: str) -> object:
    return text.startswith(start)


@function("string", "strings")
def join(glue: str, texts: list[str]) -> object:
    return bounded(glue.join(texts))


@function("object")
def keys(found: dict[str, object]) -> object:
    return list(found)


@function("object")
def values(found: dict[str, object]) -> object:
    return list(found.values())


@function("string|array|object")
def length(found: str | list[object] | dict[str, object]) -> object:
    return len(found)


@function("expression", "array", name="map")
def _map(node: Node, found: list[object]) -> object:
    return [node(one) for one in found]


@function("numbers|strings", name="max")
def _max(found: list[float] | list[str]) -> object:
    return max(found, default=None)


@function("numbers|strings", name="min")
def _min(found: list[float] | list[str]) -> object:
    return min(found, default=None)


@function("numbers|strings")
def sort(found: list[float] | list[str]) -> object:
    return sorted(found)


def _keyed(found: list[object], node: Node) -> list[tuple[float | str, int]]:
    """The key and the place of each element; keys are all numbers or all texts."""
    made = [node(one) for one in found]
    if not all(map(is_number, made)) and not all(isinstance(one, str) for one in made):
        raise QueryError("the keys are neither all numbers nor all texts")
    return [(key, place) for place, key in enumerate(made) if isinstance(key, (int, float, str))]


@function("array", "expression")
def sort_by(found: list[object], node: Node) -> object:
    return [found[place] for _, place in sorted(_keyed(found, node))]  # places keep it stable


@function("array", "expression")
def max_by(found: list[object], node: Node) -> object:
    return found[max(_keyed(found, node), key=lambda one: (one[0], -one[1]))[1]] if found else None


@function("array", "expression")
def min_by(found: list[object], node: Node) -> object:
    return found[min(_keyed(found, node))[1]] if found else None


@function("object", many=True)
def merge(*found: dict[str, object]) -> object:
    return {key: value for one in found for key, value in one.items()}


@function("any", many=True)
def not_null(*found: object) -> object:
    return next((one for one in found if one is not None), None)


@function("array|string")
def reverse(found: list[object] | str) -> object:
    return found[::-1]


@function("any")
def to_array(value: object) -> object:
    return value if isinstance(value, list) else [value]


@function("any")
def to_string(value: object) -> object:
    return bounded(value if isinstance(value, str) else as_json(value))


@function("any")
def to_number(value: object) -> object:
    if is_number(value):
        return value
    try:
        return number(float(value)) if isinstance(value, str) and re.fullmatch(r"[-+.\deE]+", value) else None
    except ValueError:
        return None


@function("any", name="type")
def _type(value: object) -> object:
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "number")


FUNCTIONS: dict[str, Function] = {**_library, **FILTERS, **ARITHMETIC, **TIMES}
