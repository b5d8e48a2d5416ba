"""How does Kyverno calculate with numbers, quantities (`500m`, `2Gi`) and durations (`90s`)?

Sources: the Kyverno documentation ("JMESPath", arithmetic) and `pkg/engine/jmespath/arithmetic.go`; for how a
quantity or a duration is written, `Quantity.String` of k8s.io/apimachinery and `Duration.String` of Go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bot.policy.kyverno.answers import QueryError, is_number, number
from bot.policy.kyverno.quantity import (
    Notation,
    format_duration,
    format_quantity,
    notation_of,
    parse_duration,
    parse_quantity,
)
from bot.policy.kyverno.signature import Library

LARGEST = Fraction(10) ** 30  # beyond it, no result

ARITHMETIC = Library()
function = ARITHMETIC.function


@dataclass(frozen=True, slots=True)
class _Operand:
    kind: Literal["number", "quantity", "duration"]
    amount: Fraction
    notation: Notation = "decimal"

    def with_amount(self, amount: Fraction) -> object:
        """Write an amount as this operand was written."""
        if abs(amount) > LARGEST:
            raise QueryError("the result is too large")
        if self.kind == "quantity":
            return format_quantity(amount, self.notation)
        return format_duration(amount) if self.kind == "duration" else number(float(amount))


def _operand(value: object, name: str) -> _Operand:
    if is_number(value) and isinstance(value, (int, float)) and math.isfinite(value):
        return _Operand("number", Fraction(value))
    if isinstance(value, str):
        if (amount := parse_quantity(value)) is not None:
            return _Operand("quantity", amount, notation_of(value))
        if (seconds := parse_duration(value)) is not None:
            return _Operand("duration", seconds)
    raise QueryError(f"`{name}` takes numbers, quantities and durations")


def _mismatch(name: str) -> QueryError:
    return QueryError(f"`{name}` does not go with operands of these kinds")


def _alike(name: str, one: object, other: object) -> tuple[_Operand, _Operand]:
    left, right = _operand(one, name), _operand(other, name)
    if left.kind != right.kind:
        raise _mismatch(name)
    return left, right


def _sum(name: str, one: object, other: object, work: Callable[[Fraction, Fraction], Fraction]) -> object:
    left, right = _alike(name, one, other)
    return (left if left.amount else right).with_amount(work(left.amount, right.amount))


@function("any", "any")
def add(one: object, other: object) -> object:
    return _sum("add", one, other, lambda left, right: left + right)


@function("any", "any")
def subtract(one: object, other: object) -> object:
    return _sum("subtract", one, other, lambda left, right: left - right)


@function("array", name="sum")
def total(found: list[object]) -> object:
    if not found:
        raise QueryError("`sum` takes at least one element")
    result = found[0]
    for one in found[1:]:
        result = _sum("sum", result, one, lambda left, right: left + right)
    return result


@function("any", "any")
def multiply(one: object, other: object) -> object:
    left, right = _operand(one, "multiply"), _operand(other, "multiply")
    if right.kind != "number":
        left, right = right, left
    if right.kind != "number":
        raise _mismatch("multiply")
    return left.with_amount(left.amount * right.amount)


@function("any", "any")
def divide(one: object, other: object) -> object:
    left, right = _operand(one, "divide"), _operand(other, "divide")
    if right.kind not in ("number", left.kind):
        raise _mismatch("divide")
    if not right.amount:
        raise QueryError("`divide` by zero")
    amount = left.amount / right.amount
    if left.kind == right.kind:
        return number(float(amount))
    if left.kind == "quantity":
        # Kyverno keeps as many digits as the operand that is written with more of them
        scale = 10 ** max(_written_digits(str(one)), _digits(right.amount))
        amount = Fraction(math.trunc(amount * scale), scale)
    return left.with_amount(amount)


def _written_digits(text: str) -> int:
    """How many digits behind the point a quantity is written with: `1500m` has three."""
    fraction = re.match(r"[+-]?\d*\.?(\d*)", text)
    unit = {"m": 3, "u": 6, "n": 9}.get(text[-1:], 0)
    return min(9, unit + (len(fraction[1]) if fraction is not None else 0))


def _digits(amount: Fraction) -> int:
    """How many digits an amount has behind its point, up to nine."""
    return next((count for count in range(9) if (amount * 10**count).denominator == 1), 9)


@function("any", "any")
def modulo(one: object, other: object) -> object:
    left, right = _alike("modulo", one, other)
    if not right.amount:
        raise QueryError("`modulo` by zero")
    if left.kind != "duration" and (left.amount.denominator != 1 or right.amount.denominator != 1):
        raise QueryError("`modulo` takes whole numbers")
    rest = abs(left.amount) % abs(right.amount)
    return left.with_amount(-rest if left.amount < 0 else rest)


@function("number", "number", name="round")
def rounded(value: float, places: float) -> object:
    if places != int(places) or places < 0:
        raise QueryError("`round` takes a whole number of places, not below 0")
    if places > 300 or not math.isfinite(value):
        return number(value)
    scale = 10 ** int(places)
    amount = Fraction(value) * scale
    half = math.floor(abs(amount) + Fraction(1, 2))
    return number(float(Fraction(-half if amount < 0 else half, scale)))
