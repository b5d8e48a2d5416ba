"""Can an expression make its values grow without end?

The engine bounds rounds and levels, not sizes: thirty times `.map(a, a + a)` is a thousand million times the text.
Here is a bound from above of how many times larger than its inputs a value may become, from the words alone: sums add
up, comparisons give nothing large, and a comprehension multiplies by how often its body names the element.
Kubernetes keeps a budget of its own for the same reason (https://kubernetes.io/docs/reference/using-api/cel/,
"Resource constraints").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.policy.cel.problem import DEEP, ElsewhereError
from bot.policy.cel.tokens import Token, after, arguments, before, joined, tokens_of

MOST_GROWTH = 5_000
SHORT = 100  # characters of a text that count for nothing

_MAPS = ("map", "optMap", "optFlatMap")
_TESTS = ("all", "exists", "exists_one", "filter")
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")

Sizes = Mapping[str, int]
Words = Sequence[Token]


def growth(expression: str, sizes: Sizes) -> int:
    """Return the bound for an expression written for the engine; `sizes` are those of the names that are bound.

    Raises `ElsewhereError` when any part of it goes beyond all bounds.
    """
    try:
        return _size(tokens_of(expression), sizes)
    except RecursionError:
        raise ElsewhereError(DEEP) from None


def _size(words: Words, sizes: Sizes) -> int:
    condition, branches = _ternary(words)
    if branches:
        _size(condition, sizes)
        return max(_size(branch, sizes) for branch in branches)
    parts = list(_compared(words))
    if len(parts) > 1:
        for part in parts:
            _size(part, sizes)
        return 1
    return _sum(words, sizes)


def _sum(words: Words, sizes: Sizes) -> int:
    total, index = 0, 0
    while index < len(words):
        token = words[index]
        opening = after(words, index)
        member = before(words, index) == "."
        if token.kind == "sign" and token.text in _OPEN:
            found, index = _within(words, index)
            total += sum(_size(one, sizes) for one in found)
        elif token.kind == "name" and opening < len(words) and words[opening].text == "(":
            found, index = arguments(words, opening)
            total = _call(token.text if member else "", found, total, sizes)
        elif token.kind == "name" and not member:
            total += sizes.get(token.text, 1)
        elif token.kind == "text":
            total += len(token.text) // SHORT
        if total > MOST_GROWTH:
            raise ElsewhereError(f"its values could grow to more than {MOST_GROWTH} times their size")
        index += 1
    return total


def _call(name: str, found: Sequence[Words], total: int, sizes: Sizes) -> int:
    if name not in (*_MAPS, *_TESTS, "bind") or len(found) < 2:
        return total + sum(_size(one, sizes) for one in found)
    bound = joined(found[0]).strip()
    if name == "bind":  # of `cel`, which is no value
        return total - 1 + _size(found[-1], {**sizes, bound: max(1, _size(found[1], sizes))})
    inner = max(_size(one, {**sizes, bound: 1}) for one in found[1:])
    return total if name in _TESTS else max(1, total) * max(1, inner)


def _within(words: Words, opening: int) -> tuple[list[list[Token]], int]:
    """The parts between brackets of any kind, and the index of the closing one."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for index in range(opening + 1, len(words)):
        token = words[index]
        if token.kind == "sign":
            if depth == 0 and token.text in _CLOSE:
                return parts, index
            if depth == 0 and token.text in ",:":
                parts.append([])
                continue
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
        parts[-1].append(token)
    return parts, len(words)


def _outside(words: Words) -> Iterator[tuple[int, Token]]:
    """The words that are within no brackets."""
    depth = 0
    for index, token in enumerate(words):
        if token.kind == "sign":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0:
            yield index, token


def _ternary(words: Words) -> tuple[Words, tuple[Words, ...]]:
    """Condition and branches of `a ? b : c`; no branches when it is none. A `?` after `.` is no question."""
    question, nested = None, 0
    for index, token in _outside(words):
        if token.text == "?" and before(words, index) != ".":
            nested += 1
            question = index if question is None else question
        elif token.text == ":" and question is not None:
            nested -= 1
            if nested == 0:
                return words[:question], (words[question + 1 : index], words[index + 1 :])
    return words, ()


def _compared(words: Words) -> Iterator[Words]:
    """The sides of comparisons and logical operators, one when there are none."""
    start = 0
    for index, token in _outside(words):
        if (token.kind == "sign" and token.text in "|&=!<>") or token == ("name", "in"):
            if index > start:
                yield words[start:index]
            elif not start:
                yield ()
            start = index + 1
    yield words[start:]
