"""Does a text match a Kyverno wildcard pattern?

`*` stands for any run of characters (also none, also `/`), `?` for exactly one character. There is no escape.
Source: the Kyverno documentation ("Wildcards" of the validate rules) and `ext/wildcard` of kyverno/kyverno.

The matcher never backtracks over more than one `*`, so a pattern full of stars costs length times length at
most.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Glob = Callable[[str], bool]


def has_wildcard(text: str) -> bool:
    """Say whether the text holds `*` or `?`."""
    return "*" in text or "?" in text


def compile_wildcard(pattern: str) -> Glob:
    """Turn a pattern into a function that says whether a whole text matches it."""
    if pattern and not pattern.strip("*"):
        return _anything
    if "?" in pattern:
        return _with_single_characters(pattern)
    if "*" not in pattern:
        return pattern.__eq__
    head, *middle, tail = pattern.split("*")
    parts = tuple(part for part in middle if part)
    if parts:
        return _in_order(head, parts, tail)
    if not tail:
        return lambda text: text.startswith(head)
    shortest = len(head) + len(tail)
    return lambda text: len(text) >= shortest and text.startswith(head) and text.endswith(tail)


def _anything(_: str) -> bool:
    return True


def _in_order(head: str, parts: tuple[str, ...], tail: str) -> Glob:
    def matches(text: str) -> bool:
        end = len(text) - len(tail)
        if end < len(head) or not text.startswith(head) or not text.endswith(tail):
            return False
        at = len(head)
        for part in parts:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches


def _with_single_characters(pattern: str) -> Glob:
    """Each run between stars becomes a regular expression without repetition, so a search cannot explode."""
    head, *rest = [
        re.compile("".join("." if one == "?" else re.escape(one) for one in part), re.DOTALL)
        for part in pattern.split("*")
    ]
    if not rest:
        return lambda text: head.fullmatch(text) is not None
    *middle, tail = rest
    tail_length = len(pattern.rpartition("*")[2])

    def matches(text: str) -> bool:
        start = head.match(text)
        end = len(text) - tail_length
        if start is None or end < start.end() or tail.fullmatch(text, end) is None:
            return False
        at = start.end()
        for part in middle:
            found = part.search(text, at, end)
            if found is None:
                return False
            at = found.end()
        return True

    return matches
