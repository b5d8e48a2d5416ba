"""What do the `{{ variables }}` in a part of a policy stand for?

A template is a part of a policy compiled once: its variables are found, taken apart and parsed. Variables may
hold variables, the innermost are filled in first. A value that is one variable keeps that variable's type,
elsewhere what is no text is written as JSON; keys are filled in too; `\\{{` is no variable. What a variable
brings in is never read as a variable again: resources are not trusted to write expressions. Source: the Kyverno
documentation ("Variables") and `pkg/engine/variables/vars.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.policy.kyverno.answers import TOO_LARGE, QueryError, TooLargeError, as_json
from bot.policy.kyverno.query import Query, compile_query

_VARIABLE = re.compile(r"(?<!\\)\{\{((?:\{[^{}]*\}|[^{}])*)\}\}")
_ESCAPED = re.compile(r"\\(\{\{(?:\{[^{}]*\}|[^{}])*\}\})")
_TOKEN = re.compile("\ue000(\\d+)\ue001")  # stands for a variable while its text is taken apart

MOST_VARIABLES = 500  # in one text
LONGEST_TEXT = 1_000_000  # characters of a text that variables are filled into


class Scope(Protocol):
    """Where variables are looked up."""

    def find(self, query: Query) -> object:
        """Return what an expression finds; raises `QueryError` or `NotKnown`."""


Fill = Callable[[Sequence[object]], object]


@dataclass(frozen=True, slots=True)
class Variable:
    """One `{{ … }}`: an expression, or a template of one where it holds variables itself."""

    expression: Query | Template

    def value(self, scope: Scope) -> object:
        """Look the variable up; raises `QueryError` or `NotKnown`."""
        if isinstance(self.expression, Query):
            return scope.find(self.expression)
        return scope.find(compile_query(as_text(self.expression.fill(self.expression.values(scope)))))


@dataclass(frozen=True, slots=True)
class Template:
    """A value with its variables taken out; `filler` puts their values back in."""

    variables: tuple[Variable, ...]
    filler: Fill

    def values(self, scope: Scope) -> list[object]:
        """Look all variables up; raises `QueryError` or `NotKnown`."""
        return [variable.value(scope) for variable in self.variables]

    def fill(self, values: Sequence[object]) -> object:
        """Return the value with these in the place of the variables."""
        return self.filler(values)

    def reader(self) -> Callable[[Scope], object]:
        """Return what `of` does, as quick as this template allows."""
        if not self.variables:
            constant = self.filler(())
            return lambda _: constant
        probe = object()
        if len(self.variables) == 1 and self.filler((probe,)) is probe:
            return self.variables[0].value
        return self.of

    def of(self, scope: Scope) -> object:
        """Look all variables up and fill them in; raises `QueryError` or `NotKnown`."""
        return self.filler([variable.value(scope) for variable in self.variables] if self.variables else ())


def as_text(value: object) -> str:
    """Write a value into a text."""
    return value if isinstance(value, str) else as_json(value)


def has_variables(tree: object) -> bool:
    """Say whether a value, or a key or value in it, holds a variable."""
    return any("{{" in text and _VARIABLE.search(text) for text in _texts(tree))


def compile_template(tree: object) -> Template:
    """Take a value (JSON values) apart; raises `QueryError` for an expression that is none."""
    variables: list[Variable] = []
    filler = _compile(tree, variables)
    return Template(tuple(variables), filler)


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from _texts(one)


def _compile(tree: object, variables: list[Variable]) -> Fill:
    if isinstance(tree, str):
        return _text(tree, variables)
    if not any("{{" in text for text in _texts(tree)):
        return lambda _: tree
    if isinstance(tree, Mapping):
        pairs = [(_text(str(key), variables), _compile(value, variables)) for key, value in tree.items()]
        return lambda values: {as_text(key(values)): value(values) for key, value in pairs}
    if isinstance(tree, list):
        ones = [_compile(one, variables) for one in tree]
        return lambda values: [one(values) for one in ones]
    return lambda _: tree


def _text(text: str, variables: list[Variable]) -> Fill:
    if "{{" not in text:
        return lambda _: text
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        found.append(match[1])
        return f"\ue000{len(found) - 1}\ue001"

    rest, before = text.replace("\ue000", "").replace("\ue001", ""), ""
    while rest != before:
        rest, before = _VARIABLE.sub(take, rest), rest
        if len(found) > MOST_VARIABLES:
            raise QueryError(f"more than {MOST_VARIABLES} variables in one text")
    return _assemble(rest, found, variables)


def _assemble(text: str, found: list[str], variables: list[Variable]) -> Fill:
    """Join literal parts and the values of the variables whose tokens stand in the text."""
    pieces = _TOKEN.split(text)  # literal, number, literal, number, …, literal
    literals = [_ESCAPED.sub(r"\1", piece) for piece in pieces[::2]]
    slots = []
    for piece in pieces[1::2]:
        variables.append(_variable(found[int(piece)], found))
        slots.append(len(variables) - 1)
    if not slots:
        return lambda _: literals[0]
    if len(slots) == 1 and not any(literals):
        only = slots[0]
        return lambda values: values[only]

    def fill(values: Sequence[object]) -> object:
        text = literals[0]
        for slot, literal in zip(slots, literals[1:], strict=True):
            text += as_text(values[slot]) + literal
            if len(text) > LONGEST_TEXT:
                raise TooLargeError(TOO_LARGE)
        return text

    return fill


def _variable(text: str, found: list[str]) -> Variable:
    if not _TOKEN.search(text):
        if text.strip() == "@":
            raise QueryError("this version does not know the variable `@` in a pattern")
        return Variable(compile_query(text))
    inner: list[Variable] = []
    filler = _assemble(text, found, inner)
    return Variable(Template(tuple(inner), filler))
