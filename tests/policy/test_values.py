"""Scalars of a pattern: wildcards, operators, ranges, quantities, durations, absent values.

The rows follow the tables of the Kyverno documentation (validate rules: "Wildcards", "Operators") and the
behaviour of `pkg/engine/pattern` and `pkg/engine/operator` in kyverno/kyverno.
"""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.kyverno.quantity import LARGEST, parse_duration, parse_quantity
from bot.policy.kyverno.values import as_text, compile_value
from bot.policy.kyverno.wildcard import compile_wildcard


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        # wildcards: ? is exactly one character, * any run
        ("nginx:*", "nginx:1.27", True),
        ("nginx:*", "nginx", False),
        ("*", "", True),
        ("?*", "", False),
        ("?*", "x", True),
        ("v?", "v", False),
        ("v?", "v1", True),
        ("v?", "v12", False),
        ("*.example.com/*", "a.example.com/b", True),
        ("*:latest", "nginx:latest-1", False),
        ("a*a", "a", False),
        ("a*b*c", "axxbxxc", True),
        ("a*b*c", "acb", False),
        ("*\n*", "a\nb", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        # equality
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("", "", True),
        ("", "x", False),
        ("a | b", "a | b", True),
        # alternatives and conjunctions: | binds weaker than &
        ("a | b", "b", True),
        ("a|b", "c", False),
        ("!a & !b", "c", True),
        ("!a & !b", "b", False),
        ("a* & *z | q", "abz", True),
        ("a* & *z | q", "q", True),
        ("a* & *z | q", "ab", False),
        # negation
        ("!*:latest", "nginx:1", True),
        ("!*:latest", "nginx:latest", False),
        ("!true", True, False),
        ("!", "!", True),
        # an absent value reads as zero where an amount is compared, and as nothing where a text is
        (">=1", None, False),
        ("<1", None, True),
        ("!5", None, True),
        ("0", None, True),
        ("!default", None, False),
        ("*", None, False),
        ("?*", None, False),
        ("<1h", None, True),
        # numbers
        ("5", 5, True),
        ("5", "5", True),
        (">5", 6, True),
        (">5", 5, False),
        (">= 5", 5, True),
        ("<5", 4.5, True),
        ("<=5", 6, False),
        ("!5", 5, False),
        (">5", "abc", False),
        (">5", True, False),
        (">abc", "abd", False),
        # quantities
        (">=1Gi", "1024Mi", True),
        ("<1Gi", "1024Mi", False),
        ("1Gi", "1024Mi", True),
        ("!1Gi", "1024Mi", False),
        (">500m", "1", True),
        ("<=1", "1000m", True),
        ("<1k", "1e3", False),
        ("<1Ki", 1000, True),
        # durations come before quantities: 90m is an hour and a half, not 0.09
        (">1h", "90m", True),
        (">1h", "59m59s", False),
        ("<=24h", "1440m", True),
        ("60s", "1m", True),
        ("!1m", "60s", False),
        (">100ms", "0.5s", True),
        ("<-1h", "-90m", True),
        # ranges
        ("1-10", 1, True),
        ("1-10", 10, True),
        ("1-10", 11, False),
        ("1-10", 0, False),
        ("10Mi-100Mi", "64Mi", True),
        ("10Mi-100Mi", "128Mi", False),
        ("1h-2h", "90m", True),
        ("-5-5", 0, True),
        ("-5--1", -3, True),
        ("1.5-2.5", "2", True),
        ("1!-10", 11, True),
        ("1!-10", 0, True),
        ("1!-10", 5, False),
        ("1!-10", 10, False),
        ("10Mi!-100Mi", "1Gi", True),
        ("a-b", "a-b", True),
        ("1-10 | 20-30", 25, True),
        # other types of pattern
        (True, True, True),
        (True, "true", False),
        ("true", True, True),
        (False, None, False),
        (5, 5, True),
        (5, 5.0, True),
        (5, "5", True),
        (5, "05x", False),
        (1, True, False),
        (1.5, 1.5, True),
        (1.5, "1.5", True),
        (1.5, "x", False),
        (2.0, 2, True),
        (None, None, True),
        (None, 0, True),
        (None, "", True),
        (None, False, True),
        (None, "x", False),
        (None, {}, False),
        # lists and maps never satisfy a scalar
        ("*", {"a": 1}, False),
        ("*", ["a"], False),
    ],
)
def test_value(pattern: object, value: object, expected: bool) -> None:
    assert compile_value(pattern)(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Fraction(1)),
        ("1.5", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("-2", Fraction(-2)),
        ("+2", Fraction(2)),
        ("250m", Fraction(1, 4)),
        ("1k", Fraction(1000)),
        ("1Ki", Fraction(1024)),
        ("1Mi", Fraction(1024**2)),
        ("1.5Gi", Fraction(3 * 1024**3, 2)),
        ("1Ei", Fraction(1024**6)),
        ("1e3", Fraction(1000)),
        ("1E3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("1e-3", Fraction(1, 1000)),
        ("5n", Fraction(5, 10**9)),
        ("3u", Fraction(3, 10**6)),
        ("1e-20", Fraction(1, 10**9)),
        ("1e999999999", LARGEST),
        ("9Ei", LARGEST),
        ("", None),
        ("m", None),
        ("1 Gi", None),
        ("1GiB", None),
        ("1K", None),  # only the small k is a suffix
        ("1e", None),
        ("0x10", None),
        ("١", None),
        ("9" * 65, None),
    ],
)
def test_quantity(text: str, expected: Fraction | None) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", Fraction(0)),
        ("1h30m", Fraction(5400)),
        ("1.5h", Fraction(5400)),
        ("-1m", Fraction(-60)),
        ("100ms", Fraction(1, 10)),
        ("1us", Fraction(1, 10**6)),
        ("1µs", Fraction(1, 10**6)),
        ("1ns", Fraction(1, 10**9)),
        ("1", None),
        ("1d", None),
        ("h", None),
        ("", None),
        ("1h 30m", None),
    ],
)
def test_duration(text: str, expected: Fraction | None) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, "1.5E+00"),
        (100.0, "1E+02"),
        (0.25, "2.5E-01"),
        (0.0, "0E+00"),
        (7, "7"),
        (True, "true"),
        (None, None),
    ],
)
def test_text_is_written_as_go_does(value: object, expected: str | None) -> None:
    assert as_text(value) == expected


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcard_means_the_obvious_regular_expression(pattern: str, text: str) -> None:
    obvious = pattern.replace("*", ".*").replace("?", ".")
    assert compile_wildcard(pattern)(text) is (re.fullmatch(obvious, text) is not None)


@given(st.text("*?a", min_size=30, max_size=60))
def test_wildcard_never_explodes(pattern: str) -> None:
    compile_wildcard(pattern + "b")("a" * 5000)
