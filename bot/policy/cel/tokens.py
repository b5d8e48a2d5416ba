"""What are the words of a CEL expression?

Enough of the language's lexis (https://github.com/google/cel-spec, "Syntax") to change names without touching texts,
and to find where the arguments of a call end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ESCAPED = r"""\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_RAW = r"""\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*'"""
_TOKEN = re.compile(
    rf"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[bB]?[rR][bB]?(?:{_RAW})|[bB]?(?:{_ESCAPED}))
    |(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


class Token(NamedTuple):
    """One word: `kind` is space, text, number, name or sign."""

    kind: str
    text: str


def tokens_of(expression: str) -> list[Token]:
    """Split an expression into its words; joined again they are the expression."""
    return [Token(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(expression)]


def joined(tokens: Sequence[Token]) -> str:
    """Join words to an expression."""
    return "".join(token.text for token in tokens)


def deepest(tokens: Sequence[Token]) -> int:
    """How many brackets are within each other at most."""
    depth = most = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            most = max(most, depth)
    return most


def after(tokens: Sequence[Token], index: int) -> int:
    """The index of the next word that is no space, or the number of words."""
    index += 1
    while index < len(tokens) and tokens[index].kind == "space":
        index += 1
    return index


def before(tokens: Sequence[Token], index: int) -> str:
    """The last word before `index` that is no space, empty when there is none."""
    index -= 1
    while index >= 0 and tokens[index].kind == "space":
        index -= 1
    return tokens[index].text if index >= 0 else ""


def arguments(tokens: Sequence[Token], opening: int) -> tuple[list[list[Token]], int]:
    """Return the arguments of the call whose `(` is at `opening`, and the index of its `)`.

    The index is the number of words when the bracket never closes.
    """
    found: list[list[Token]] = [[]]
    depth = 0
    for index in range(opening + 1, len(tokens)):
        token = tokens[index]
        if token.kind == "sign":
            if depth == 0 and token.text == ")":
                return ([] if len(found) == 1 and not joined(found[0]).strip() else found), index
            if depth == 0 and token.text == ",":
                found.append([])
                continue
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
        found[-1].append(token)
    return found, len(tokens)


def paths_from(tokens: Sequence[Token], root: str) -> Iterator[tuple[str, ...]]:
    """Yield the field names that follow each use of the variable `root`: `root.a.?b` gives `("a", "b")`."""
    for index, token in enumerate(tokens):
        if token == ("name", root) and before(tokens, index) != ".":
            yield tuple(_path(tokens, index))


def _path(tokens: Sequence[Token], index: int) -> Iterator[str]:
    while True:
        index = after(tokens, index)
        if index >= len(tokens) or tokens[index].text != ".":
            return
        index = after(tokens, index)
        if index < len(tokens) and tokens[index].text == "?":
            index = after(tokens, index)
        if index >= len(tokens) or tokens[index].kind != "name":
            return
        following = after(tokens, index)
        if following < len(tokens) and tokens[following].text == "(":
            return
        yield tokens[index].text
