"""Which functions does Kubernetes add to CEL for quantities and semantic versions?

Source: https://kubernetes.io/docs/reference/using-api/cel/ ("Kubernetes quantity library", "Kubernetes semver
library") and https://semver.org.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from bot.policy.cel.function import Function, tagged, untagged

QUANTITY, SEMVER = "kubernetes.Quantity", "kubernetes.Semver"

_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}))(?:([KMGTPE]i)|[eE]([+-]?\d{1,2})|([numkMGTPE]?))"
)
_NUMBER = r"(0|[1-9]\d{0,18})"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII
)
_INT = 2**63

Json = Mapping[str, Any]


def parse(text: str) -> Fraction:
    """Read a quantity such as `1.5Gi`; raises ValueError."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text[:60]}` is no quantity")
    number, binary, exponent, suffix = found.groups()
    factor = Fraction(2) ** _BINARY[binary] if binary else Fraction(10) ** int(exponent or _DECIMAL[suffix])
    return Fraction(number) * factor


def _quantity(text: str) -> dict[str, object]:
    return _tagged(parse(text))


def _tagged(value: Fraction) -> dict[str, object]:
    return tagged(QUANTITY, str(value))  # the same amount is the same text: 1000m is 1


def _amount(found: Json) -> Fraction:
    return Fraction(untagged(QUANTITY, found))


def _is(check: Any) -> Any:
    """A function that says whether another one accepts its arguments."""

    def test(*values: Any) -> bool:
        try:
            check(*values)
        except ValueError:
            return False
        return True

    return test


def _as_integer(found: Json) -> int:
    amount = _amount(found)
    if amount.denominator != 1 or not -_INT <= amount < _INT:
        raise ValueError("the quantity is no integer")
    return int(amount)


def _is_integer(found: Json) -> bool:
    amount = _amount(found)
    return amount.denominator == 1 and -_INT <= amount < _INT


def _sign(found: Json) -> int:
    amount = _amount(found)
    return (amount > 0) - (amount < 0)


def _semver(text: str, normalize: bool = False) -> dict[str, object]:
    if normalize:
        text = text.removeprefix("v")
        head, mark, rest = re.fullmatch(r"([^-+]*)([-+]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        numbers = [re.sub(r"^0+(?=\d)", "", part) for part in head.split(".")]
        text = ".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + mark + rest
    if _SEMVER.fullmatch(text) is None:
        raise ValueError(f"`{text[:60]}` is no semantic version")
    return tagged(SEMVER, text)


def _version(found: Json) -> tuple[Any, ...]:
    """A key that sorts as the versions do: a pre-release comes before its release, numbers before words."""
    parts = _SEMVER.fullmatch(untagged(SEMVER, found))
    if parts is None:
        raise ValueError("expected a Semver")
    words = parts[4].split(".") if parts[4] else []
    ranked = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words)
    return (int(parts[1]), int(parts[2]), int(parts[3]), not words, ranked)


def _keys(one: Json, other: Json) -> tuple[Any, Any]:
    key = _version if SEMVER in one else _amount
    return key(one), key(other)


def _compare(one: Json, other: Json) -> int:
    left, right = _keys(one, other)
    return int(left > right) - int(left < right)


def _added(sign: int) -> Any:
    def add(one: Json, other: Json | int) -> dict[str, object]:
        amount = Fraction(other) if isinstance(other, int) else _amount(other)
        return _tagged(_amount(one) + sign * amount)

    return add


FUNCTIONS = (
    Function("quantity", ("string",), "map", _quantity),
    Function("isQuantity", ("string",), "bool", _is(parse)),
    Function("isInteger", ("map",), "bool", _is_integer, member=True),
    Function("asInteger", ("map",), "int", _as_integer, member=True),
    Function("asApproximateFloat", ("map",), "double", lambda found: float(_amount(found)), member=True),
    Function("sign", ("map",), "int", _sign, member=True),
    Function("add", ("map", "map"), "map", _added(1), member=True),
    Function("add", ("map", "int"), "map", _added(1), member=True),
    Function("sub", ("map", "map"), "map", _added(-1), member=True),
    Function("sub", ("map", "int"), "map", _added(-1), member=True),
    Function("isLessThan", ("map", "map"), "bool", lambda one, other: _compare(one, other) < 0, member=True),
    Function("isGreaterThan", ("map", "map"), "bool", lambda one, other: _compare(one, other) > 0, member=True),
    Function("compareTo", ("map", "map"), "int", _compare, member=True),
    Function("semver", ("string",), "map", _semver),
    Function("semver", ("string", "bool"), "map", _semver),
    Function("isSemver", ("string",), "bool", _is(_semver)),
    Function("isSemver", ("string", "bool"), "bool", _is(_semver)),
    Function("major", ("map",), "int", lambda found: _version(found)[0], member=True),
    Function("minor", ("map",), "int", lambda found: _version(found)[1], member=True),
    Function("patch", ("map",), "int", lambda found: _version(found)[2], member=True),
)
