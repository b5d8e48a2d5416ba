"""What does a JMESPath expression find in a document, the way Kyverno reads it?

The parser is that of the `jmespath` package; the meaning is Kyverno's, who forked the Go library
(github.com/kyverno/go-jmespath): a key that a map lacks is an error, not null, unless it stands in a
comparison, `||`, `!`, a function's argument, a projection, a filter, a pipe or a multi-select. Indexing past
the end, or a field of what is no map, is null. Comparisons order numbers only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.parser import Parser

from bot.policy.kyverno import steps
from bot.policy.kyverno.answers import Node, QueryError
from bot.policy.kyverno.functions import FUNCTIONS

LONGEST = 4_000  # characters of an expression
DEEPEST = 100  # levels of an expression

_QUOTED = re.compile(r"""'(?:\\'|[^'])*'|"(?:\\.|[^"\\])*"|`((?:\\`|[^`])*)`""")


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled expression. `names` are all fields it mentions, so that what they need can be made ready."""

    text: str
    names: frozenset[str]
    find: Node


@lru_cache(maxsize=4096)
def compile_query(text: str) -> Query:
    """Compile an expression; raises `QueryError` when it is none, or uses a function nobody knows."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise QueryError("an empty expression" if not text else f"an expression of more than {LONGEST} characters")
    _check_literals(text)
    try:
        tree = Parser().parse(text).parsed
    except (JMESPathError, ValueError, RecursionError) as broken:
        raise QueryError(f"`{text}` is no JMESPath expression: {_first_line(broken)}") from broken
    return Query(text, frozenset(_names(tree)), _compile(tree, 0))


def _check_literals(text: str) -> None:
    """Refuse a literal in backticks that is no JSON, as Go does and the parser does not."""
    for quoted in _QUOTED.finditer(text):
        if quoted[1] is not None:
            try:
                json.loads(quoted[1].replace("\\`", "`"))
            except (ValueError, RecursionError):
                raise QueryError(f"`{text}` is no JMESPath expression: {quoted[0]} is no JSON") from None


def _first_line(broken: BaseException) -> str:
    return str(broken).splitlines()[0] if str(broken) else "it cannot be read"


def _names(tree: Mapping[str, Any]) -> Iterator[str]:
    if tree["type"] == "field":
        yield tree["value"]
    for child in tree["children"]:
        if isinstance(child, dict):
            yield from _names(child)


def _compile(tree: Mapping[str, Any], depth: int) -> Node:
    if depth > DEEPEST:
        raise QueryError(f"the expression is nested deeper than {DEEPEST} levels")
    kind = tree["type"]
    if kind == "slice":
        return steps.sliced(*tree["children"])
    if kind == "function_expression":
        return _call(tree["value"], [_compile(child, depth + 1) for child in tree["children"]])
    if kind in ("subexpression", "index_expression"):
        return _chain(tree["children"], depth)
    children = [_compile(child, depth + 1) for child in tree["children"]]
    match kind:
        case "field":
            return steps.path((tree["value"],))
        case "index":
            return steps.indexed(tree["value"])
        case "literal":
            return steps.literal(tree["value"])
        case "comparator":
            return steps.comparison(tree["value"], *children)
        case "multi_select_dict":
            return steps.multi_hash([child["value"] for child in tree["children"]], children)
        case _:
            maker = _MAKERS.get(kind)
            if maker is None:
                raise QueryError(f"this version does not know JMESPath's {kind}")
            return maker(*children)


def _chain(children: list[Mapping[str, Any]], depth: int) -> Node:
    """Steps, one after the other; runs of plain fields become one step."""
    parts: list[Node] = []
    names: list[str] = []
    for child in _flat(children):
        if child["type"] == "field":
            names.append(child["value"])
            continue
        if names:
            parts.append(steps.path(tuple(names)))
            names = []
        parts.append(_compile(child, depth + 1))
    if names:
        parts.append(steps.path(tuple(names)))
    if len(parts) == 1:
        return parts[0]

    def walk(value: object) -> object:
        for part in parts:
            value = part(value)
            if value is None:
                return None
        return value

    return walk


def _flat(children: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for child in children:
        if child["type"] in ("subexpression", "index_expression"):
            yield from _flat(child["children"])
        else:
            yield child


def _call(name: str, arguments: list[Node]) -> Node:
    function = FUNCTIONS.get(name)
    if function is None:
        raise QueryError(f"there is no function `{name}`")
    if not function.takes(len(arguments)):
        raise QueryError(f"the function `{name}` does not take {len(arguments)} arguments")
    return steps.call(function, arguments)


_MAKERS: Mapping[str, Callable[..., Node]] = {
    "identity": lambda: steps.identity,
    "current": lambda: steps.identity,
    "key_val_pair": lambda node: node,
    "or_expression": steps.either,
    "and_expression": steps.both,
    "not_expression": steps.negation,
    "pipe": steps.pipe,
    "projection": steps.projection,
    "value_projection": steps.value_projection,
    "filter_projection": steps.filtered,
    "flatten": steps.flatten,
    "multi_select_list": steps.multi_list,
    "expref": steps.reference,
}
