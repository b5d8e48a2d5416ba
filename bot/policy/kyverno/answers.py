"""What can the answer of an expression be: a JSON value, a missing key, an error, or something nobody here knows?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

MOST_PARTS = 100_000  # of the value of a variable; ten characters of a text count as one
TOO_LARGE = "the value of a variable is too large to work with"
Node = Callable[[object], object]


class QueryError(ValueError):
    """The expression, or what it does with these values, is an error; Kyverno's rule becomes an error too."""


class NotFound(QueryError):
    """A key is missing."""


class NotKnown(Exception):
    """Nobody here can know the value: the text says why, as the end of a sentence."""


class TooLargeError(Exception):
    """A value is larger than anything sound: the rule is an error, whatever would forgive a missing key."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Stands in a document for what nobody here can know; to read it raises `NotKnown`."""

    why: str


def workable(value: object) -> object:
    """Return a value unless it is too large to work with: variables that hold others twice double with each."""
    left, pending = MOST_PARTS, [value]
    while pending:
        one = pending.pop()
        left -= 1
        if isinstance(one, str):
            left -= len(one) // 10
        elif isinstance(one, dict):
            pending += one.values()
        elif isinstance(one, list):
            pending += one
        if left < len(pending):
            raise TooLargeError(TOO_LARGE)
    return value


def falsy(value: object) -> bool:
    """Say whether JMESPath takes a value for false: null, false, and empty texts, lists and maps."""
    return value is None or value is False or (isinstance(value, (str, list, dict)) and not value)


def same(left: object, right: object) -> bool:
    """Say whether two JSON values are equal; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return left == right


def is_number(value: object) -> bool:
    """Say whether a JSON value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number(value: float) -> int | float:
    """Write a whole number as one, as Go's JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


def as_json(value: object) -> str:
    """Write a value as Go's `json.Marshal` does: compact, keys in order, whole numbers without a point."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ",".join(f"{as_json(str(key))}:{as_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(number(value) if isinstance(value, float) else value, default=str)


def as_printed(value: object) -> str:
    """Write a value as Go's `fmt.Sprint` does: `[a b]`, `map[k:v]`, `<nil>`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{as_printed(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(as_printed, value)) + "]"
    return as_json(value)
