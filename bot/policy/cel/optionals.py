"""How does an expression read that asks for a value where there may be none?

Kubernetes' and Kyverno's engine (cel-go, `interpreter/planner.go`) takes `x.orValue(y)` and `x.or(y)` for x when x is
not optional at all; the engine here refuses that. So the question is written out where the receiver is not surely
optional.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.cel.tokens import Token, after, arguments, before, joined

_ASKED = ("orValue", "or")
_PLAIN_ROOTS = ("object", "oldObject", "request", "params", "namespaceObject")
_OPTIONAL_CALLS = ("optMap", "optFlatMap", "of", "none", "ofNonZeroValue", "or")
_NAME = "maybe__"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def without_doubt(tokens: list[Token]) -> list[Token]:
    """Rewrite the calls whose receiver may be no optional value."""
    index = 0
    while index < len(tokens):
        opening = after(tokens, index)
        called = tokens[index].text in _ASKED and opening < len(tokens) and tokens[opening].text == "("
        if called and before(tokens, index) == ".":
            found, closing = arguments(tokens, opening)
            dot = max(at for at in range(index) if tokens[at].text == ".")
            start = _start(tokens, dot)
            receiver = tokens[start:dot]
            if closing < len(tokens) and len(found) == 1 and not _surely_optional(receiver):
                text = joined(receiver)
                if not _surely_plain(receiver):
                    other = joined(without_doubt(found[0]))
                    asked = f"{_NAME}.{tokens[index].text}({other})"
                    text = f"cel.bind({_NAME}, {text}, type({_NAME}) == optional_type ? {asked} : dyn({_NAME}))"
                tokens[start : closing + 1] = [Token("name", text)]
                index = start
        index += 1
    return tokens


def _start(tokens: Sequence[Token], dot: int) -> int:
    """The index of the first word of the operand that ends before `dot`."""
    index = dot
    while True:
        index = _operand(tokens, _back(tokens, index))
        previous = _back(tokens, index)
        if previous >= 0 and tokens[previous].text == "?":
            previous = _back(tokens, previous)
        if previous < 0 or tokens[previous].text != ".":
            return index
        index = previous


def _operand(tokens: Sequence[Token], index: int) -> int:
    """From the last word of one selection back to its first: over brackets to what they belong to."""
    while index >= 0 and tokens[index].text in _PAIRS:
        opening = _opening(tokens, index)
        previous = _back(tokens, opening)
        if previous < 0:
            return opening
        owner = tokens[previous]
        indexed = tokens[opening].text == "[" and (owner.text in _PAIRS or owner.kind == "text")
        if not indexed and (owner.kind != "name" or owner.text == "in"):
            return opening
        index = previous
    return max(index, 0)


def _back(tokens: Sequence[Token], index: int) -> int:
    index -= 1
    while index >= 0 and tokens[index].kind == "space":
        index -= 1
    return index


def _opening(tokens: Sequence[Token], closing: int) -> int:
    depth = 0
    for index in range(closing, -1, -1):
        if tokens[index].kind == "sign":
            depth += (tokens[index].text in _PAIRS) - (tokens[index].text in _PAIRS.values())
            if depth == 0:
                return index
    return 0


def _surely_optional(receiver: Sequence[Token]) -> bool:
    """A `?` among the selections after the last call makes the whole optional, and so do some calls."""
    index = len(receiver)
    while (index := _back(receiver, index)) >= 0:
        text = receiver[index].text
        if text == "?":
            return True
        if text in (")", "]"):
            opening = _opening(receiver, index)
            if text == ")":
                name = receiver[max(0, _back(receiver, opening))].text
                return name in _OPTIONAL_CALLS
            following = after(receiver, opening)
            if following < len(receiver) and receiver[following].text == "?":
                return True
            index = opening
    return False


def _surely_plain(receiver: Sequence[Token]) -> bool:
    """Fields of what is no optional value itself are none either."""
    words = [token for token in receiver if token.kind != "space"]
    return (
        words[0].text in _PLAIN_ROOTS
        and all(token.text == "." for token in words[1::2])
        and all(token.kind == "name" for token in words[::2])
    )
