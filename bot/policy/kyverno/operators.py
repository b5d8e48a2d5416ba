"""Does a condition's key stand to its value as its operator says?

Source: the Kyverno documentation ("Preconditions", operators) and `pkg/engine/variables/operator`. Texts that
are durations compare with numbers of seconds, texts that are quantities with each other; the `In` operators
match wildcards on either side and also take a range (`1-10`) or a JSON list in a text for the value.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot.policy.kyverno.answers import as_printed, same
from bot.policy.kyverno.quantity import parse_duration, parse_quantity
from bot.policy.kyverno.values import compile_value, is_range
from bot.policy.kyverno.versions import read_version
from bot.policy.kyverno.wildcard import compile_wildcard, has_wildcard

Operator = Callable[[object, object], bool]
Compare = Callable[[Any, Any], bool]

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def find_operator(name: str) -> Operator | None:
    """Return the operator of this name, in whatever case, None when there is none."""
    return _OPERATORS.get(name.lower())


def _seconds(value: object) -> Any:
    return parse_duration(value) if isinstance(value, str) and value != "0" else None


def _durations(key: object, value: object) -> tuple[Any, Any] | None:
    """Both in seconds, when at least one is a duration and the other one too, or a number."""
    left, right = _seconds(key), _seconds(value)
    if left is None and right is None:
        return None
    left = _whole(key) if left is None else left
    right = _whole(value) if right is None else right
    return None if left is None or right is None else (left, right)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value)


def _float(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if len(value) <= 64 and _FLOAT.fullmatch(value) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _equals(key: object, value: object) -> bool | None:
    """None where Kyverno calls neither equality nor inequality true."""
    if key is None:
        return None
    if isinstance(key, bool) or not isinstance(key, (str, int, float)):
        return type(key) is type(value) and same(key, value)
    if not isinstance(key, str):
        number = _float(value)
        return number is not None and number == key
    if (seconds := _durations(key, value)) is not None:
        return bool(seconds[0] == seconds[1])
    if not isinstance(value, str):
        return False
    if (amount := parse_quantity(key)) is not None:
        other = parse_quantity(value)
        return None if other is None else amount == other
    return _glob(value)(key)


def _numeric(compare: Compare) -> Operator:
    def holds(key: object, value: object) -> bool:
        if (seconds := _durations(key, value)) is not None:
            return compare(*seconds)
        number = _float(key)
        if number is not None:
            other = _float(value)
            return other is not None and compare(number, other)
        if not isinstance(key, str) or not isinstance(value, str):
            return False
        if (amount := parse_quantity(key)) is not None:
            quantity = parse_quantity(value)
            return quantity is not None and compare(amount, quantity)
        one, two = read_version(key), read_version(value)
        return one is not None and two is not None and compare(one, two)

    return holds


def _duration(compare: Compare) -> Operator:
    """The old operators for durations only: numbers are seconds."""

    def holds(key: object, value: object) -> bool:
        amounts = [parse_duration(one) if isinstance(one, str) else _whole(one) for one in (key, value)]
        return None not in amounts and compare(*amounts)

    return holds


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> Callable[[str], bool]:
    return compile_wildcard(pattern)


def _alike(one: str, other: str) -> bool:
    """Either matches the other as a wildcard."""
    if one == other:
        return True
    return (has_wildcard(one) and _glob(one)(other)) or (has_wildcard(other) and _glob(other)(one))


def _keys(key: object) -> list[str] | None:
    if isinstance(key, list):
        return [as_printed(one) for one in key]
    return [as_printed(key)] if isinstance(key, (str, int, float)) else None


def _values(value: object) -> list[str] | None:
    """The list a value stands for: itself, the JSON list in a text, or the text alone; None when neither."""
    if isinstance(value, list):
        return [as_printed(one) for one in value]
    if not isinstance(value, str):
        return None
    if value.lstrip()[:1] not in ("[", "{", '"', "t", "f", "n", *"-0123456789"):
        return [value]
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return [value]
    if isinstance(parsed, list) and all(isinstance(one, str) for one in parsed):
        return parsed
    return None


@lru_cache(maxsize=1024)
def _range(text: str) -> Callable[[object], bool]:
    return compile_value(text)


def _within(key: str, value: str, *, outside: bool) -> bool:
    return _range(value.replace("-", "!-", 1) if outside else value)(key)


def _membership(quantifier: Callable[[Any], bool], *, wanted: bool) -> Operator:
    """`quantifier` of the keys are among the values (`wanted`), or are not."""

    def holds(key: object, value: object) -> bool:
        keys = _keys(key)
        if keys is None:
            return False
        if isinstance(value, str) and (fits := _in_text(keys, value, key, wanted=wanted)) is not None:
            return quantifier(fits)
        values = _values(value)
        if values is None:
            return False
        if isinstance(value, str) and not isinstance(key, list):  # no wildcards here
            return quantifier([(keys[0] in values) is wanted])
        return quantifier([any(_alike(one, other) for other in values) is wanted for one in keys])

    return holds


def _in_text(keys: Sequence[str], value: str, key: object, *, wanted: bool) -> list[bool] | None:
    """The answer for each key where the value is one pattern or a range; None when it is a list."""
    if not isinstance(key, list) and _glob(value)(keys[0]):
        return [wanted]
    if len(keys) == 1 and keys[0] == value:
        return [wanted]
    if is_range(value):
        return [_within(one, value, outside=not wanted) for one in keys]
    return None


_OPERATORS: Mapping[str, Operator] = {
    **dict.fromkeys(("equal", "equals"), lambda key, value: _equals(key, value) is True),
    **dict.fromkeys(("notequal", "notequals"), lambda key, value: _equals(key, value) is False),
    "in": _membership(all, wanted=True),
    "notin": _membership(any, wanted=False),
    "anyin": _membership(any, wanted=True),
    "allin": _membership(all, wanted=True),
    "anynotin": _membership(any, wanted=False),
    "allnotin": _membership(all, wanted=False),
    **{
        f"{prefix}{name}": make(compare)
        for prefix, make in (("", _numeric), ("duration", _duration))
        for name, compare in (
            ("greaterthanorequals", operator.ge),
            ("greaterthan", operator.gt),
            ("lessthanorequals", operator.le),
            ("lessthan", operator.lt),
        )
    },
}
