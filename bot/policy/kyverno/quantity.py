"""How much is a Kubernetes quantity, how long is a Go duration?

Sources: `ParseQuantity` of k8s.io/apimachinery (`pkg/api/resource`) and `time.ParseDuration` of Go's library.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

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
