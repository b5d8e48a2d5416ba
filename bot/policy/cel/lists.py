"""Which functions does Kubernetes add to CEL for lists, sets and maps?

Source: https://kubernetes.io/docs/reference/using-api/cel/ ("Kubernetes list library") and
https://pkg.go.dev/github.com/google/cel-go/ext ("Lists", "Sets", "TwoVarComprehensions").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.policy.cel.function import METER, Function

LARGEST_RANGE = 10_000
LONGEST_TEXT = 2_000_000

Values = Sequence[Any]


def same(one: Any, other: Any) -> bool:
    """Compare as CEL does: numbers of any type by value, and true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _index(values: Values, wanted: Any) -> int:
    return next((at for at, value in enumerate(values) if same(value, wanted)), -1)


def _last_index(values: Values, wanted: Any) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if same(values[at], wanted)), -1)


def _sum(values: Values) -> Any:
    if not values:
        return 0
    total = values[0]
    for value in values[1:]:
        total += value
    if isinstance(total, bool) or not isinstance(total, (int, float, timedelta)):
        raise ValueError("only numbers and durations are summed")
    return total


def _ordered(values: Values) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        raise ValueError("the elements cannot be compared with each other") from None


def _end(place: int) -> Any:
    def pick(values: Values) -> Any:
        if not values:
            raise ValueError("the list is empty")
        return _ordered(values)[place]

    return pick


def _distinct(values: Values) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if _index(found, value) < 0:
            found.append(value)
    return found


def _flatten(values: Values, depth: int = 1) -> list[Any]:
    if depth < 0:
        raise ValueError("the depth is negative")
    flat: list[Any] = []
    for value in values:
        flat.extend(_flatten(value, depth - 1) if isinstance(value, list) and depth > 0 else [value])
    return flat


def _slice(values: Values, start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(values):
        raise ValueError("the slice is outside of the list")
    return list(values[start:end])


def _range(count: int) -> list[int]:
    if count > LARGEST_RANGE:
        raise ValueError(f"a range of more than {LARGEST_RANGE} numbers")
    return list(range(count))


def _contains(outer: Values, inner: Values) -> bool:
    return all(_index(outer, one) >= 0 for one in inner)


def _text_index(text: str, part: str, start: int = 0) -> int:
    if not 0 <= start <= len(text):
        raise ValueError("the start is outside of the text")
    return text.find(part, start)


def _text_last_index(text: str, part: str, start: int | None = None) -> int:
    if start is not None and not 0 <= start <= len(text):
        raise ValueError("the start is outside of the text")
    return text.rfind(part) if start is None else text.rfind(part, 0, start + len(part))


def _replace(text: str, part: str, other: str, limit: int = -1) -> str:
    METER.use(text, part, other)
    if len(text) + (text.count(part) + 1) * len(other) > LONGEST_TEXT:
        raise ValueError(f"the text would be longer than {LONGEST_TEXT} characters")
    return text.replace(part, other, limit)


def _join(values: Values, separator: str = "") -> str:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("only texts are joined")
    METER.use(*values)
    if sum(map(len, values)) + len(values) * len(separator) > LONGEST_TEXT:
        raise ValueError(f"the text would be longer than {LONGEST_TEXT} characters")
    return separator.join(values)


def _pairs(found: Any) -> list[list[Any]]:
    if isinstance(found, list):
        return [[at, value] for at, value in enumerate(found)]
    return [[key, found[key]] for key in sorted(found, key=str)]


def _map(pairs: Values) -> dict[Any, Any]:
    return {key: value for key, value in pairs}  # noqa: C416 - pairs are lists


def _merged(maps: Values) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for one in maps:
        if found.keys() & one.keys():
            raise ValueError("a key is there twice")
        found |= one
    return found


FUNCTIONS = (
    Function("isSorted", ("list",), "bool", lambda values: _ordered(values) == list(values), member=True),
    Function("sum", ("list",), "dyn", _sum, member=True),
    Function("min", ("list",), "dyn", _end(0), member=True),
    Function("max", ("list",), "dyn", _end(-1), member=True),
    Function("indexOf__", ("list", "any"), "int", _index, member=True),
    Function("indexOf__", ("string", "string"), "int", _text_index, member=True),
    Function("indexOf__", ("string", "string", "int"), "int", _text_index, member=True),
    Function("lastIndexOf__", ("list", "any"), "int", _last_index, member=True),
    Function("lastIndexOf__", ("string", "string"), "int", _text_last_index, member=True),
    Function("lastIndexOf__", ("string", "string", "int"), "int", _text_last_index, member=True),
    Function("reverse__", ("list",), "list", lambda values: values[::-1], member=True),
    Function("reverse__", ("string",), "string", lambda text: text[::-1], member=True),
    Function("replace__", ("string", "string", "string"), "string", _replace, member=True),
    Function("replace__", ("string", "string", "string", "int"), "string", _replace, member=True),
    Function("join__", ("list",), "string", _join, member=True),
    Function("join__", ("list", "string"), "string", _join, member=True),
    Function("distinct", ("list",), "list", _distinct, member=True),
    Function("flatten", ("list",), "list", _flatten, member=True),
    Function("flatten", ("list", "int"), "list", _flatten, member=True),
    Function("slice", ("list", "int", "int"), "list", _slice, member=True),
    Function("sort", ("list",), "list", _ordered, member=True),
    Function("lists.range", ("int",), "list", _range),
    Function("sets.contains", ("list", "list"), "bool", _contains),
    Function("sets.equivalent", ("list", "list"), "bool", lambda one, two: _contains(one, two) and _contains(two, one)),
    Function("sets.intersects", ("list", "list"), "bool", lambda one, two: any(_index(two, each) >= 0 for each in one)),
    Function("pairs__", ("list",), "list", _pairs, member=True),
    Function("pairs__", ("map",), "list", _pairs, member=True),
    Function("mapOf__", ("list",), "map", _map, member=True),
    Function("merged__", ("list",), "map", _merged, member=True),
)
