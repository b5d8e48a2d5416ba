"""How are variables evaluated that are too many to be bound around an expression?

The engine goes 32 levels deep, and each bound variable is a level. Where that is not enough, variables are evaluated
one after the other and handed on as values. One that breaks is left out, so that it counts only where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.policy.cel.engine import Answer, Data, Engine, Expression
from bot.policy.cel.rewrite import VARIABLE, Definitions, needed
from bot.policy.cel.tokens import Token, before, joined, tokens_of

_MISSING = 'No value with name "'


@dataclass(frozen=True, slots=True)
class Staged:
    """An expression after the variables it needs, in order of declaration."""

    engine: Engine
    stages: tuple[tuple[str, Expression], ...]
    last: Expression

    def run(self, data: Data) -> Answer:
        """Evaluate with these variables; never raises for what an expression does."""
        values = dict(data.values)
        broken: dict[str, Answer] = {}
        for name, expression in self.stages:
            answer = _or_cause(expression.run(self.engine.again(values)), broken)
            if answer.kind == "value":
                values[name] = answer.value
            else:
                broken[name] = answer
        return _or_cause(self.last.run(self.engine.again(values)), broken)


def compile_staged(engine: Engine, text: tuple[str, Sequence[str]], known: Definitions, gives: str) -> Staged:
    """Compile a rewritten expression with the names it uses; raises `CelError` and `ElsewhereError`."""
    expression, used = text
    names = [name for name in known if name in needed(used, known)]
    staged = engine.with_names([VARIABLE + name for name in names])
    sizes: dict[str, int] = {}
    maybe: set[str] = set()
    stages = []
    for name in names:
        written = _asking(known[name][0], maybe)
        compiled = staged.compile(written, "", sizes)
        if compiled.optional:  # no value that can be handed on: a list with one element, or none
            written = f"cel.bind(maybe__, {written}\n, maybe__.hasValue() ? [maybe__.value()] : [])"
            compiled = staged.compile(written, "", sizes)
            maybe.add(VARIABLE + name)
        sizes[VARIABLE + name] = max(1, compiled.growth)  # what is written out grows as well
        stages.append((VARIABLE + name, compiled))
    return Staged(staged, tuple(stages), staged.compile(_asking(expression, maybe), gives, sizes))


def _asking(expression: str, maybe: set[str]) -> str:
    """Read the variables that are lists for what may not be there."""
    tokens = tokens_of(expression)
    for index, token in enumerate(tokens):
        if token.text in maybe and before(tokens, index) != ".":
            tokens[index] = Token("name", f"{token.text}[?0]")
    return joined(tokens)


def _or_cause(answer: Answer, broken: Mapping[str, Answer]) -> Answer:
    """A value that is missing is so because its variable broke."""
    if answer.kind == "error" and answer.text.startswith(_MISSING):
        return broken.get(answer.text[len(_MISSING) :].partition('"')[0], answer)
    return answer
