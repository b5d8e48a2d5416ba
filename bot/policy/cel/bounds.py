"""Can an expression make its values grow without end?

The engine bounds rounds and levels, not sizes: thirty times `.map(a, a + a)` is a thousand million times the text.
Here is a bound from above of how many times larger than its inputs a value may become, from the words alone: each
name counts once, each comprehension multiplies by how often its body names the element. Kubernetes keeps a budget of
its own for the same reason (https://kubernetes.io/docs/reference/using-api/cel/, "Resource constraints").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.policy.cel.problem import CelError
from bot.policy.cel.tokens import Token, after, arguments, before, joined, tokens_of

MOST_GROWTH = 1_000

_MAPS = ("map", "optMap", "optFlatMap")
_TESTS = ("all", "exists", "exists_one", "filter")


def check_growth(expression: str) -> None:
    """Raise `CelError` for an expression, written for the engine, that may make values grow beyond bounds."""
    _size(tokens_of(expression), {})


def _size(tokens: Sequence[Token], sizes: Mapping[str, int]) -> int:
    total, index = 0, 0
    while index < len(tokens):
        token = tokens[index]
        opening = after(tokens, index)
        called = token.kind == "name" and opening < len(tokens) and tokens[opening].text == "("
        member = before(tokens, index) == "."
        if called and member and (token.text in (*_MAPS, *_TESTS) or token.text == "bind"):
            found, closing = arguments(tokens, opening)
            if len(found) > 1:
                total = _macro(token.text, found, total, sizes)
                index = closing
        elif token.kind == "name" and not member:
            total += sizes.get(token.text, 0 if called else 1)
        elif token.kind == "text":
            total += 1
        if total > MOST_GROWTH:
            raise CelError("", f"its values could grow to more than {MOST_GROWTH} times their size")
        index += 1
    return total


def _macro(name: str, found: Sequence[Sequence[Token]], total: int, sizes: Mapping[str, int]) -> int:
    bound = joined(found[0]).strip()
    if name == "bind":
        return total - 1 + _size(found[-1], {**sizes, bound: _size(found[1], sizes)})
    inner = max(_size(one, {**sizes, bound: 1}) for one in found[1:])
    return total if name in _TESTS else total * max(1, inner)
