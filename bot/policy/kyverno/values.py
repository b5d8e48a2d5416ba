"""Does one value satisfy a scalar of a Kyverno pattern: a wildcard, an operator, a range, a number?

A string pattern is read as alternatives (`|`) of terms that all hold (`&`). A term starts with an operator
(`>=`, `<=`, `>`, `<`, `!`) or is a range (`a-b`, `a!-b`), and is compared as duration, else as quantity, else
as wildcard. Source: the Kyverno documentation ("Operators"), `pkg/engine/pattern` and `pkg/engine/operator`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from bot.policy.kyverno.quantity import parse_duration, parse_quantity
from bot.policy.kyverno.wildcard import compile_wildcard

Test = Callable[[object], bool]
Comparison = Callable[[Fraction, Fraction], bool]

_COMPARE: dict[str, Comparison] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!": operator.ne,
    "": operator.eq,
}
_END = r"([-+]?\d+(?:\.\d+)?[A-Za-z]*)"
_OUTSIDE = re.compile(rf"{_END}!-{_END}", re.ASCII)
_WITHIN = re.compile(rf"{_END}-{_END}", re.ASCII)


def compile_value(pattern: object) -> Test:
    """Turn a scalar pattern (string, number, boolean or None) into a test of one value.

    A value of None means that the field is absent. Lists and maps never satisfy a scalar.
    """
    if isinstance(pattern, bool):
        return lambda value: value is pattern
    if isinstance(pattern, int):
        return _integer(pattern)
    if isinstance(pattern, float):
        return _float(pattern)
    if isinstance(pattern, str):
        return _text(pattern)
    return _empty


def is_range(text: str) -> bool:
    """Say whether a pattern is a range such as `1-10`."""
    return _WITHIN.fullmatch(text) is not None


def _empty(value: object) -> bool:
    """A null pattern accepts what is absent, zero, false or the empty string."""
    return value is None or (isinstance(value, (bool, int, float, str)) and not value)


def _integer(pattern: int) -> Test:
    def holds(value: object) -> bool:
        if isinstance(value, str):
            try:
                return bool(re.fullmatch(r"[+-]?\d{1,19}", value, re.ASCII)) and int(value) == pattern
            except ValueError:
                return False
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == pattern

    return holds


def _float(pattern: float) -> Test:
    def holds(value: object) -> bool:
        if isinstance(value, str):
            try:
                return float(value) == pattern
            except ValueError:
                return False
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == pattern

    return holds


def _text(pattern: str) -> Test:
    choices = [[_term(term.strip(" ")) for term in choice.split("&")] for choice in pattern.split("|")]
    if len(choices) == 1:
        if len(choices[0]) == 1:
            only = choices[0][0]
            return lambda value: value == pattern or only(value)
        every = choices[0]
        return lambda value: value == pattern or all(holds(value) for holds in every)
    return lambda value: value == pattern or any(all(holds(value) for holds in choice) for choice in choices)


def _term(term: str) -> Test:
    if len(term) < 2:
        return _compared(term, "")
    for sign in (">=", "<=", ">", "<", "!"):
        if term.startswith(sign):
            return _compared(term[len(sign) :].strip(), sign)
    if found := _OUTSIDE.fullmatch(term):
        below, above = _compared(found[1], "<"), _compared(found[2], ">")
        return lambda value: below(value) or above(value)
    if found := _WITHIN.fullmatch(term):
        least, most = _compared(found[1], ">="), _compared(found[2], "<=")
        return lambda value: least(value) and most(value)
    return _compared(term, "")


def _compared(operand: str, sign: str) -> Test:
    duration, quantity = parse_duration(operand), parse_quantity(operand)
    compare = _COMPARE[sign]
    wild = compile_wildcard(operand)
    negated = sign == "!"

    def by_wildcard(value: object) -> bool:
        text = as_text(value)
        return text is not None and wild(text) is not negated

    def by_amount(value: object) -> bool:
        number = _number_text(value)
        if number is not None:
            for wanted, parse in ((duration, parse_duration), (quantity, parse_quantity)):
                if wanted is not None and (found := parse(number)) is not None:
                    return compare(found, wanted)
        return by_wildcard(value) if sign in ("", "!") else False

    if duration is None and quantity is None:
        return by_wildcard if sign in ("", "!") else _never
    return by_amount


def _never(_: object) -> bool:
    return False


def _number_text(value: object) -> str | None:
    """The text that is read as duration or quantity: an absent value counts as zero."""
    if value is None:
        return "0"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    return f"{value:f}" if isinstance(value, float) else None


def as_text(value: object) -> str | None:
    """The text a wildcard is held against; None for absent values, lists and maps.

    Floats are written as Go's `strconv.FormatFloat(v, 'E', -1, 64)` does: `1.5E+00`.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        sign, digits, _ = Decimal(repr(value)).as_tuple()
        text = "".join(map(str, digits)).rstrip("0") or "0"
        power = Decimal(repr(value)).adjusted() if value else 0
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{'-' if sign else ''}{text[0]}{fraction}E{power:+03d}"
    return None
