"""How much is a Kubernetes quantity, how long is a Go duration, and how is either written?

Sources: `ParseQuantity` of k8s.io/apimachinery (`pkg/api/resource`) and `time.ParseDuration` of Go's library.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Notation = Literal["decimal", "binary", "exponent"]

LONGEST = 64  # characters; nothing a person writes is longer, and big numbers stay cheap
LARGEST = Fraction(2**63 - 1)  # ParseQuantity caps here

_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,9}))?", re.ASCII)
_BINARY = {unit: Fraction(1024**power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)},
}
_NANO = Fraction(1, 10**9)

_DURATION = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS = {
    "ns": _NANO,
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Fraction | None:
    """Return the amount a quantity such as `1.5Gi`, `250m` or `1e3` stands for, None when it is not one.

    Like the API server, amounts are capped at 2^63-1 and rounded away from zero to a billionth.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    sign, digits, binary, decimal, exponent = found.groups()
    amount = Fraction(digits if not digits.endswith(".") else digits[:-1])
    if binary:
        amount *= _BINARY[binary]
    elif decimal:
        amount *= _DECIMAL[decimal]
    elif exponent:
        power = max(-LONGEST, min(LONGEST, int(exponent)))
        amount *= Fraction(10) ** power
    nanos = amount / _NANO
    amount = min(LARGEST, -(-nanos.numerator // nanos.denominator) * _NANO)
    return -amount if sign == "-" else amount


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> Fraction | None:
    """Return the seconds a duration such as `1h30m` or `250ms` stands for, None when it is not one.

    A bare `0` is a duration, any other number without a unit is not.
    """
    if text in ("0", "+0", "-0"):
        return Fraction(0)
    if len(text) > LONGEST or _DURATION.fullmatch(text) is None:
        return None
    seconds = sum(
        (Fraction(digits.removesuffix(".")) * _SECONDS[unit] for digits, unit in _DURATION_PART.findall(text)),
        start=Fraction(0),
    )
    return -seconds if text.startswith("-") else seconds


def notation_of(text: str) -> Notation:
    """Say how a good quantity is written: `2Gi` binary, `2e3` with an exponent, all else decimal."""
    found = _QUANTITY.fullmatch(text)
    if found is not None and found[3]:
        return "binary"
    return "exponent" if found is not None and found[5] else "decimal"


def format_quantity(amount: Fraction, notation: Notation) -> str:
    """Write an amount as the API server does: a whole number with the largest unit that needs no point."""
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    if notation == "binary" and amount >= 1024 and amount.denominator == 1:
        whole, units = int(amount), iter(("", *_BINARY))
        unit = next(units)
        while whole % 1024 == 0 and unit != "Ei":
            whole, unit = whole // 1024, next(units)
        return f"{sign}{whole}{unit}"
    nanos = -(-amount.numerator * 10**9 // amount.denominator)
    if not nanos:
        return "0"
    names = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
    place = 0
    while nanos % 1000 == 0 and place < len(names) - 1:
        nanos, place = nanos // 1000, place + 1
    exponent = 3 * place - 9
    unit = names[place] if notation != "exponent" else f"e{exponent}" if exponent else ""
    return f"{sign}{nanos}{unit}"


def format_duration(seconds: Fraction) -> str:
    """Write a duration as Go does: `1h30m0s`, `1.5s`, `250ms`."""
    nanos = int(seconds / _NANO)
    sign, nanos = ("-" if nanos < 0 else ""), abs(nanos)
    if not nanos:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if nanos < size * 1000:
            return f"{sign}{_decimal(nanos, size)}{unit}"
    minutes, rest = divmod(nanos, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 10**9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _decimal(count: int, size: int) -> str:
    whole, rest = divmod(count, size)
    digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
