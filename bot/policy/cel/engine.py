"""How does Google's CEL evaluate one expression?

The one room that knows the package `cel-expr-python`. Its own limits bound an evaluation: at most 10,000 rounds of
comprehensions, 32 levels of an expression, and regular expressions that run in linear time. `bounds` adds a limit to
how large values grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from bot.policy.cel import addresses, lists, quantities, texts
from bot.policy.cel.bounds import growth
from bot.policy.cel.elsewhere import functions_of
from bot.policy.cel.function import METER, MOST_WORK, WORN, Function
from bot.policy.cel.optionals import careful
from bot.policy.cel.problem import DEEP, MARK, CelError, ElsewhereError
from bot.policy.cel.rewrite import NOW
from bot.policy.cel.world import World

try:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_strings
except ImportError:  # there is no wheel for this machine
    cel = None

LONGEST = 60_000  # characters of an expression with its variables
BUDGET = "Iteration budget exceeded"  # the engine's words
SPENT = (BUDGET, WORN)
PATIENCE = 5  # evaluations that may run out of their budget
_OF_NULL = ("Applying SELECT", "No matching overloads found : _[?_]", "No matching overloads found : _?._")
ABSENT = "the CEL engine is not installed here (the package cel-expr-python)"
VARIABLES = ("object", "oldObject", "request", "params", "namespaceObject", "exceptions")

_LIBRARY = (*quantities.FUNCTIONS, *addresses.FUNCTIONS, *lists.FUNCTIONS, *texts.FUNCTIONS)
_ANY = ("bool", "bytes", "double", "duration", "int", "list", "map", "null", "string", "timestamp", "uint")


def is_installed() -> bool:
    """Say whether there is an engine on this machine."""
    return cel is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression came to: a value, an error's text, or why it has no answer here."""

    kind: Literal["value", "error", "elsewhere"]
    value: object = None
    text: str = ""


_TRUE, _FALSE = Answer("value", True), Answer("value", False)


@dataclass(frozen=True, slots=True)
class Data:
    """The variables of an evaluation; `activation` is what the engine converts once for any number of expressions."""

    values: Mapping[str, object]
    activation: Any


class Expression:
    """A compiled expression. `again` compiles it anew, careful about null.

    One that ran out of its budget for many resources is not tried on more.
    """

    __slots__ = ("_again", "_careful", "_compiled", "_spent", "growth", "optional")

    def __init__(self, compiled: Any, again: Callable[[], Any], growth: int) -> None:
        self._compiled, self._again, self._careful = compiled, again, None
        self._spent = 0
        self.growth = growth
        self.optional = compiled.return_type().name().startswith("optional_type")

    def run(self, data: Data) -> Answer:
        """Evaluate with these variables; never raises for what an expression does."""
        if self._spent > PATIENCE:
            return Answer("error", text=BUDGET)
        answer = _run(self._compiled, data)
        if answer.text in SPENT:
            self._spent += 1
        if answer.kind == "error" and answer.text.startswith(_OF_NULL):
            if self._careful is None:
                self._careful = self._again() or self._compiled
            answer = _run(self._careful, data)
        return answer


def _run(compiled: Any, data: Data) -> Answer:
    METER.left = MOST_WORK
    try:
        result = compiled.eval(data.activation)
        found = result.value()
    except (RuntimeError, TypeError, ValueError, OverflowError) as broken:
        return Answer("error", text=_said(broken))
    if found is True:
        return _TRUE
    if found is False:
        return _FALSE
    if result.type() == cel.Type.ERROR:
        text = _said(found)
        place = text.find(MARK)
        return Answer("elsewhere", text=text[place + len(MARK) :]) if place >= 0 else Answer("error", text=text)
    return Answer("value", result.plain_value())


class Engine:
    """Compiles expressions for one world."""

    def __init__(self, world: World) -> None:
        """Raises `ElsewhereError` when the engine is not installed."""
        if cel is None:
            raise ElsewhereError(ABSENT)
        self._world = world
        self._environment = _environment(world, VARIABLES)

    def with_names(self, names: Sequence[str]) -> Engine:
        """Return an engine for the same world that knows more variables."""
        other = copy(self)
        other._environment = _environment(self._world, (*VARIABLES, *names))
        return other

    def compile(self, text: str, gives: str = "bool", sizes: Mapping[str, int] | None = None) -> Expression:
        """Compile an expression that gives a bool or a string; raises `CelError` and `ElsewhereError`.

        `sizes` are bounds for the values of more variables, see `growth`.
        """
        if len(text) > LONGEST:
            raise ElsewhereError(f"the expression is longer than {LONGEST} characters")
        size = growth(text, sizes or {})
        try:
            compiled = self._environment.compile(text)
        except RuntimeError as broken:
            said = _said(broken)
            if "recursion" in said:
                raise ElsewhereError(DEEP) from None
            raise CelError("", said) from None
        wanted = getattr(cel.Type, gives.upper()) if gives else cel.Type.DYN
        if compiled.return_type() not in (wanted, cel.Type.DYN) and gives:
            raise CelError("", f"the expression gives no {gives} but {compiled.return_type().name()}")
        return Expression(compiled, lambda: self._careful(text), size)

    def _careful(self, text: str) -> Any:
        try:
            return self._environment.compile(careful(text))
        except RuntimeError:
            return None  # nested too deeply: the first answer stands

    def data(self, values: Mapping[str, object]) -> Data:
        """Prepare variables for any number of evaluations."""
        given: dict[str, object] = {**dict.fromkeys(VARIABLES), **values}
        if self._world.now is not None and (now := self._world.now()) is not None:
            given[NOW] = now
        return self.again(given)

    def again(self, values: Mapping[str, object]) -> Data:
        """Prepare just these variables."""
        return Data(values, self._environment.Activation(values))


def _environment(world: World, names: Sequence[str]) -> Any:
    return cel.NewEnv(
        variables={**dict.fromkeys(names, cel.Type.DYN), NOW: cel.Type.TIMESTAMP},
        extensions=[
            ext_bindings.ExtBindings(),
            ext_encoders.ExtEncoders(),
            ext_math.ExtMath(),
            ext_optional.ExtOptional(),
            ext_strings.ExtStrings(),
        ],
        functions=list(_declarations((*_LIBRARY, *functions_of(world)))),
    )


def _declarations(functions: Iterable[Function]) -> Iterable[Any]:
    overloads: dict[str, list[Any]] = {}
    for function in functions:
        listed = overloads.setdefault(function.name, [])
        spread = [function.takes]
        if "any" in function.takes:  # the engine finds no overload by dyn: one for each type
            place = function.takes.index("any")
            spread = [(*function.takes[:place], one, *function.takes[place + 1 :]) for one in _ANY]
        for takes in spread:
            listed.append(
                cel.Overload(
                    f"{function.name}_{len(listed)}",
                    return_type=_type(function.gives),
                    parameters=[_type(one) for one in takes],
                    is_member=function.member,
                    impl=function.call,
                )
            )
    return [cel.FunctionDecl(name, listed) for name, listed in overloads.items()]


def _type(name: str) -> Any:
    return getattr(cel.Type, name.upper())


def _said(broken: object) -> str:
    """The engine's words, without the drawing of the place and its own status codes."""
    line = str(broken).partition("\n")[0]
    for before in ("INVALID_ARGUMENT: ", "NOT_FOUND: ", "UNKNOWN: ", "OUT_OF_RANGE: ", "INTERNAL: ", "ERROR: "):
        line = line.removeprefix(before)
    if line.startswith("<input>:"):
        line = line.partition(" ")[2]
    return line.rpartition(" [")[0] if line.endswith("]") and line.rpartition(" [")[2][:-1].isupper() else line
