"""Do the conditions of a rule hold: its preconditions, or those on which it denies?

`any` needs one of its conditions, `all` all of them, both together both; a list is the old form of `all`, or
holds several such maps. All variables are looked up before any condition is judged, so one missing key is an
error, as in Kyverno. Source: the Kyverno documentation ("Preconditions", "Deny Rules") and
`pkg/engine/variables/evaluate.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import QueryError
from bot.policy.kyverno.operators import Operator, find_operator
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.variables import Scope, Template, compile_template

_CONDITION = frozenset(["key", "operator", "value", "message"])
_FIXED_OPERATORS = (
    "Equals, NotEquals, AnyIn, AllIn, AnyNotIn, AllNotIn, GreaterThan, GreaterThanOrEquals, LessThan, LessThanOrEquals"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether conditions hold, and the messages of those that did."""

    holds: bool
    messages: tuple[str, ...] = ()


Conditions = Callable[[Scope], Judgement]
_Single = tuple[Template, Operator, Template, Template | None]
_Group = tuple[list[_Single] | None, list[_Single]]  # any, all


def compile_conditions(found: object, key: str) -> Conditions:
    """Compile conditions at the dotted place `key`; raises `ShapeError`."""
    groups: list[_Group]
    if isinstance(found, list) and found and all(isinstance(one, Mapping) and "key" in one for one in found):
        groups = [(None, [_condition(one, f"{key}[{index}]") for index, one in enumerate(found)])]
    elif isinstance(found, list):
        groups = [_group(one, f"{key}[{index}]") for index, one in enumerate(found)]
    else:
        groups = [_group(found, key)]

    def judge(scope: Scope) -> Judgement:
        answers = [(None if some is None else _answers(some, scope), _answers(every, scope)) for some, every in groups]
        messages = [text for some, every in answers for holds, text in (*(some or ()), *every) if holds and text]
        holds = all(
            (some is None or any(one for one, _ in some)) and all(one for one, _ in every) for some, every in answers
        )
        return Judgement(holds, tuple(messages))

    return judge


def _group(found: object, key: str) -> _Group:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("any", "all"), key)
    some, every = (
        [_condition(one, f"{key}.{name}[{index}]") for index, one in enumerate(shape.sequence(block.get(name), key))]
        for name in ("any", "all")
    )
    return (some if block.get("any") is not None else None), every


def _answers(conditions: list[_Single], scope: Scope) -> list[tuple[bool, str]]:
    looked_up = [
        (key.of(scope), holds, value.of(scope), str(message.of(scope)) if message is not None else "")
        for key, holds, value, message in conditions
    ]
    return [(holds(key, value), message) for key, holds, value, message in looked_up]


def _condition(found: object, key: str) -> _Single:
    block = shape.mapping(found, key)
    shape.known_fields(block, _CONDITION, key)
    name = shape.text(block.get("operator"), f"{key}.operator")
    holds = find_operator(name)
    if holds is None:
        raise ShapeError(f"{key}.operator", f"`{name}` is no operator", f"one of {_FIXED_OPERATORS}")
    message = block.get("message")
    return (
        _template(block.get("key"), f"{key}.key"),
        holds,
        _template(block.get("value"), f"{key}.value"),
        None if message is None else _template(message, f"{key}.message"),
    )


def _template(found: object, key: str) -> Template:
    try:
        return compile_template(found)
    except QueryError as broken:
        raise ShapeError(key, str(broken)) from broken
