"""How does Google's CEL evaluate one expression?

The one room that knows the package `cel-expr-python`. Its own limits bound an evaluation: at most 10,000 rounds of
comprehensions, 32 levels of an expression, and regular expressions that run in linear time. `bounds` adds a limit to
how large values grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.policy.cel import addresses, lists, quantities, texts
from bot.policy.cel.bounds import check_growth
from bot.policy.cel.elsewhere import functions_of
from bot.policy.cel.function import METER, MOST_WORK, WORN, Function
from bot.policy.cel.optionals import careful
from bot.policy.cel.problem import MARK, CelError, ElsewhereError
from bot.policy.cel.rewrite import NOW
from bot.policy.cel.world import World

try:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_strings
except ImportError:  # there is no wheel for this machine
    cel = None

LONGEST = 20_000  # characters of an expression with its variables
BUDGET = "Iteration budget exceeded"  # the engine's words
SPENT = (BUDGET, WORN)
PATIENCE = 5  # evaluations that may run out of their budget
_OF_NULL = ("Applying SELECT", "No matching overloads found : _[?_]", "No matching overloads found : _?._")
ABSENT = "the CEL engine is not installed here (the package cel-expr-python)"
VARIABLES = ("object", "oldObject", "request", "params", "namespaceObject", "exceptions")

_LIBRARY = (*quantities.FUNCTIONS, *addresses.FUNCTIONS, *lists.FUNCTIONS, *texts.FUNCTIONS)
_ANY = ("bool", "bytes", "double", "duration", "int", "list", "map", "null", "string", "timestamp", "uint")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression came to: a value, an error's text, or why it has no answer here."""

    kind: Literal["value", "error", "elsewhere"]
    value: object = None
    text: str = ""


_TRUE, _FALSE = Answer("value", True), Answer("value", False)

Data = Any  # an activation of the engine: the variables, converted once for any number of expressions


class Expression:
    """A compiled expression. `again` compiles it anew, careful about null.

    One that ran out of its budget for many resources is not tried on more.
    """

    __slots__ = ("_again", "_careful", "_compiled", "_spent")

    def __init__(self, compiled: Any, again: Callable[[], Any]) -> None:
        self._compiled, self._again, self._careful = compiled, again, None
        self._spent = 0

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
        result = compiled.eval(data)
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
        self._now = world.now
        self._environment = cel.NewEnv(
            variables={**dict.fromkeys(VARIABLES, cel.Type.DYN), NOW: cel.Type.TIMESTAMP},
            extensions=[
                ext_bindings.ExtBindings(),
                ext_encoders.ExtEncoders(),
                ext_math.ExtMath(),
                ext_optional.ExtOptional(),
                ext_strings.ExtStrings(),
            ],
            functions=list(_declarations((*_LIBRARY, *functions_of(world)))),
        )

    def compile(self, text: str, gives: str = "bool") -> Expression:
        """Compile an expression that gives a bool or a string; raises `CelError` and `ElsewhereError`."""
        if len(text) > LONGEST:
            raise ElsewhereError(f"the expression is longer than {LONGEST} characters")
        check_growth(text)
        try:
            compiled = self._environment.compile(text)
        except RuntimeError as broken:
            said = _said(broken)
            if "recursion" in said:
                raise ElsewhereError("the expression is nested deeper than the engine here goes") from None
            raise CelError("", said) from None
        wanted = getattr(cel.Type, gives.upper()) if gives else cel.Type.DYN
        if compiled.return_type() not in (wanted, cel.Type.DYN) and gives:
            raise CelError("", f"the expression gives no {gives} but {compiled.return_type().name()}")
        return Expression(compiled, lambda: self._careful(text))

    def _careful(self, text: str) -> Any:
        try:
            return self._environment.compile(careful(text))
        except RuntimeError:
            return None  # nested too deeply: the first answer stands

    def data(self, values: Mapping[str, object]) -> Data:
        """Prepare variables for any number of evaluations."""
        given: dict[str, object] = {**dict.fromkeys(VARIABLES), **values}
        if self._now is not None and (now := self._now()) is not None:
            given[NOW] = now
        return self._environment.Activation(given)


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
