"""How much of the beginning of a text does a pattern match?

Patterns are those of Go's path.Match (https://pkg.go.dev/path#Match), except that `*` matches `/` too, as in
github.com/fluxcd/pkg/envsubst.
"""

from __future__ import annotations

from collections.abc import Callable

_Token = Callable[[str], bool] | None  # None is `*`


def prefix_length(value: str, pattern: str, greedy: bool) -> int:
    """Return how much of the beginning of a value a pattern matches, the least or the most; 0 when nothing.

    A pattern that is malformed matches nothing. The work grows with the product of both lengths, never faster.
    """
    tokens = _tokens(pattern)
    if tokens is None:
        return 0
    states = _skipped({0}, tokens)
    found = 0
    for count, one in enumerate(value, 1):
        after = {at if tokens[at] is None else at + 1 for at in states if at < len(tokens) and _fits(tokens[at], one)}
        states = _skipped(after, tokens)
        if len(tokens) in states:
            found = count
            if not greedy:
                break
        if not states:
            break
    return found


def _fits(token: _Token, one: str) -> bool:
    return token is None or token(one)


def _skipped(states: set[int], tokens: list[_Token]) -> set[int]:
    """Add the states that are reached without reading: a `*` may match nothing."""
    found = set(states)
    for state in states:
        at = state
        while at < len(tokens) and tokens[at] is None:
            at += 1
            found.add(at)
    return found


def _tokens(pattern: str) -> list[_Token] | None:
    """Take a pattern apart; None when it is malformed."""
    found: list[_Token] = []
    at = 0
    while at < len(pattern):
        one = pattern[at]
        at += 1
        if one == "*":
            found.append(None)
        elif one == "?":
            found.append(lambda char: char != "/")
        elif one == "[":
            listed = _class(pattern, at)
            if listed is None:
                return None
            token, at = listed
            found.append(token)
        else:
            if one == "\\":
                if at == len(pattern):
                    return None
                one = pattern[at]
                at += 1
            found.append(one.__eq__)
    return found


def _class(pattern: str, at: int) -> tuple[Callable[[str], bool], int] | None:
    """Read a class like `[a-z]` or `[^/]` from behind its bracket; return it and where it ends."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while pattern[at : at + 1] != "]" or not ranges:
        low = _char(pattern, at)
        if low is None:
            return None
        high, at = low
        if pattern[at : at + 1] == "-":
            top = _char(pattern, at + 1)
            if top is None:
                return None
            ranges.append((high, top[0]))
            at = top[1]
        else:
            ranges.append((high, high))
    return (lambda one: any(low <= one <= high for low, high in ranges) is not negated), at + 1


def _char(pattern: str, at: int) -> tuple[str, int] | None:
    one = pattern[at : at + 1]
    if one == "\\":
        at += 1
        one = pattern[at : at + 1]
    elif one in ("-", "]"):
        return None
    return (one, at + 1) if one else None
