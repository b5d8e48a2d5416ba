"""Do the CEL expressions of one rule hold for a resource?

A rule has conditions (all must hold, else it is skipped), variables that are evaluated when asked for, and
validations, of which the first that does not hold decides. Sources: `ValidatingAdmissionPolicy`
(https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/), whose validator Kyverno uses
for `validate.cel`, and https://kyverno.io/docs/policy-types/validating-policy/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from bot.policy.cel.engine import SPENT, Answer, Data, Engine
from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.request import Requests, asks_elsewhere, reads_labels
from bot.policy.cel.rewrite import rewrite, with_variables
from bot.policy.cel.staging import compile_staged
from bot.policy.cel.world import View, World

State = Literal["pass", "fail", "skip", "error", "not evaluable here"]
Json = Mapping[str, Any]

NOTHING = World()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of one resource.

    `message` is the policy's own where a validation failed, else the end of a sentence about what went wrong.
    """

    state: State
    message: str = ""


PASS = Outcome("pass")
SKIP = Outcome("skip")


class Runs(Protocol):
    """A compiled expression."""

    def run(self, data: Data) -> Answer:
        """Evaluate with these variables; never raises for what an expression does."""
        ...


@dataclass(frozen=True, slots=True)
class _Validation:
    text: str
    holds: Runs
    message: str
    says: Runs | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule. `strict` is the failure policy: an expression that breaks counts as `broken` when strict."""

    conditions: tuple[tuple[str, Runs], ...]
    validations: tuple[_Validation, ...]
    requests: Requests
    strict: bool
    broken: State
    reads_labels: bool

    def judge(self, view: View, params: Json | None = None) -> Outcome:
        """Hold the rule against one resource, with what a binding supplies; never raises."""
        if self.reads_labels and view.namespace and view.namespace_labels is None:
            return Outcome("not evaluable here", f"the labels of namespace `{view.namespace}` are not known here")
        data = self.requests.data(view, params)
        skipped = self._conditions(data, secret=view.type.kind == "Secret")
        if skipped is not None:
            return skipped
        for one in self.validations:
            answer = one.holds.run(data)
            if answer.value is True:
                continue
            if answer.kind == "elsewhere":
                return Outcome("not evaluable here", answer.text)
            if answer.value is False:
                return Outcome("fail", _message(one, data, secret=view.type.kind == "Secret"))
            return self._broke(one.text, answer, secret=view.type.kind == "Secret")
        return PASS

    def _conditions(self, data: Data, *, secret: bool) -> Outcome | None:
        """A condition that does not hold outweighs one that breaks."""
        worst: Outcome | None = None
        for text, expression in self.conditions:
            answer = expression.run(data)
            if answer.value is False:
                return SKIP
            if answer.kind == "elsewhere":
                worst = Outcome("not evaluable here", answer.text)
            elif answer.value is not True and worst is None:
                broke = self._broke(text, answer, secret=secret)
                worst = broke if self.strict or broke.state == "not evaluable here" else SKIP
        return worst

    def _broke(self, text: str, answer: Answer, *, secret: bool) -> Outcome:
        if unknown := asks_elsewhere(answer.text):
            return Outcome("not evaluable here", unknown)
        said = answer.text if answer.kind == "error" else "it is neither true nor false"
        state: State = self.broken if self.strict and answer.text not in SPENT else "error"
        why = f"`{_short(text)}` breaks" + ("" if secret else f": {said}")  # the engine's words may hold values
        return Outcome(state, f"The expression {why}." if state == "fail" else why)


def _message(one: _Validation, data: Data, *, secret: bool) -> str:
    if one.says is not None and not secret:
        said = one.says.run(data).value
        if isinstance(said, str) and said.strip() and "\n" not in said.strip():
            return said.strip()
    return one.message or f"The expression `{_short(one.text)}` does not hold."


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}…"


@dataclass(frozen=True, slots=True)
class RuleText:
    """The expressions of a rule as written, each list as in the API (maps with `expression`, `name`, `message`).

    `strict` is False for `failurePolicy: Ignore`; `broken` is what an expression that breaks makes of a strict rule:
    fail where an API server decides (validate.cel, ValidatingAdmissionPolicy), error for a ValidatingPolicy.
    """

    validations: Sequence[Json]
    conditions: Sequence[Json] = ()
    variables: Sequence[Json] = ()
    message: str = ""
    strict: bool = True
    broken: State = "fail"


@lru_cache(maxsize=8)
def _requests(world: World) -> Requests:
    return Requests(Engine(world))


def compile_rule(written: RuleText, key: str, world: World = NOTHING) -> Rule:
    """Compile a rule whose block is at the dotted place `key`.

    Raises `CelError` for what a cluster would refuse, `ElsewhereError` for what cannot be evaluated here at all.
    """
    requests = _requests(world)
    labels = reads_labels(_texts(written))
    words = _Words(requests.engine)
    for at, one in enumerate(written.variables):
        words.define(f"{key}.variables[{at}]", one)
    conditions = tuple(
        (str(one.get("expression")), words.compile(f"{key}.matchConditions[{at}]", one.get("expression")))
        for at, one in enumerate(written.conditions)
    )
    validations = tuple(
        _validation(words, f"{key}.validations[{at}]", one, written.message)
        for at, one in enumerate(written.validations)
    )
    if not validations:
        raise CelError(key, "the rule has no expressions")
    return Rule(conditions, validations, requests, written.strict, written.broken, labels)


def _texts(written: RuleText) -> Iterator[str]:
    for one in (*written.variables, *written.conditions, *written.validations):
        yield from (text for text in (one.get("expression"), one.get("messageExpression")) if isinstance(text, str))


def _validation(words: _Words, key: str, one: Json, message: str) -> _Validation:
    says = one.get("messageExpression")
    return _Validation(
        text=str(one.get("expression")),
        holds=words.compile(key, one.get("expression")),
        message=" ".join(str(one.get("message") or message).split()),
        says=words.compile(f"{key}.messageExpression", says, "string") if says else None,
    )


class _Words:
    """The variables of a rule as far as they are declared."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._definitions: dict[str, tuple[str, tuple[str, ...]]] = {}

    def define(self, key: str, one: Json) -> None:
        name = one.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            raise CelError(f"{key}.name", "a variable needs a name")
        self.compile(key, one.get("expression"), "")
        self._definitions[name] = rewrite(str(one["expression"]), self._definitions)

    def compile(self, key: str, written: object, gives: str = "bool") -> Runs:
        if not isinstance(written, str) or not written.strip():
            raise CelError(f"{key}.expression", "expected a CEL expression")
        try:
            text, used = rewrite(written, self._definitions)
            try:
                return self._engine.compile(with_variables(text, used, self._definitions), gives)
            except ElsewhereError:
                if not used:
                    raise
                return compile_staged(self._engine, (text, used), self._definitions, gives)
        except CelError as broken:
            raise CelError(f"{key}.expression", str(broken)) from broken
