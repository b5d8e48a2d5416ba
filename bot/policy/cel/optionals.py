"""How does an expression read that asks for a value where there may be none?

Kubernetes' and Kyverno's engine (cel-go, `interpreter/planner.go`) takes `x.orValue(y)` and `x.or(y)` for x when x is
not optional at all; the engine here refuses that. So the question is written out where the receiver is not surely
optional.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.cel.tokens import Token, after, arguments, before, joined, tokens_of

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
            dot = _back(tokens, index)
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


def careful(expression: str) -> str:
    """Write out that null has no fields: `has(null.a)` is false and `null.?a` is none.

    So it is in cel-go (`interpreter/attributes.go`); the engine here breaks, and is only then asked again so.
    """
    tokens = tokens_of(expression)
    index = 0
    while index < len(tokens):
        token, following = tokens[index], after(tokens, index)
        text = tokens[following].text if following < len(tokens) else ""
        if token == ("name", "has") and text == "(" and before(tokens, index) != ".":
            index = _careful_test(tokens, index, following)
        elif token.text in (".", "[") and text == "?" and _ends_operand(tokens, _back(tokens, index)):
            index = _careful_step(tokens, index, following)
        index += 1
    return joined(tokens)


def _careful_test(tokens: list[Token], index: int, opening: int) -> int:
    found, closing = arguments(tokens, opening)
    if len(found) != 1 or closing >= len(tokens):
        return index
    inner = tokens_of(careful(joined(found[0])))
    dot = next((at for at in range(len(inner) - 1, -1, -1) if inner[at].text == "."), 0)
    if dot:
        head, field = joined(inner[:dot]), joined(inner[dot + 1 :]).strip()
        text = f"cel.bind({_NAME}, dyn({head}), {_NAME} != null && has({_NAME}.{field}))"
        tokens[index : closing + 1] = [Token("name", text)]
    return index


def _careful_step(tokens: list[Token], index: int, mark: int) -> int:
    start = _start(tokens, index)
    receiver = joined(tokens[start:index])
    if tokens[index].text == ".":
        end = after(tokens, mark)
        step = "." + joined(tokens[mark : end + 1])
    else:
        end = _closing(tokens, index)
        step = f"[?{careful(joined(tokens[mark + 1 : end]))}]"
    if end >= len(tokens) or not receiver.strip():
        return index
    nothing = f"{_NAME} == null || {_NAME} == optional.of(null)"
    text = f"cel.bind({_NAME}, dyn({receiver}), ({nothing}) ? optional.none() : {_NAME}{step})"
    tokens[start : end + 1] = [Token("name", text)]
    return start


def _ends_operand(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a selection can follow this word; a list with an optional element begins with `[?` as well."""
    return index >= 0 and tokens[index].text != "in" and (tokens[index].kind != "sign" or tokens[index].text in _PAIRS)


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].kind == "sign":
            depth += (tokens[index].text in _PAIRS.values()) - (tokens[index].text in _PAIRS)
            if depth == 0:
                return index
    return len(tokens)


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
