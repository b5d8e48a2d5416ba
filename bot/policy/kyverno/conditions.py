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
from bot.policy.kyverno.variables import Scope, compile_template

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
_Read = Callable[[Scope], object]
_Single = tuple[_Read, Operator, _Read, _Read | None]
_Group = tuple[list[_Single] | None, list[_Single]]  # any, all

_HOLDS, _FAILS = Judgement(True), Judgement(False)


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
        looked_up = [
            (None if some is None else _look_up(some, scope), _look_up(every, scope)) for some, every in groups
        ]
        messages: list[str] = []
        for some, every in looked_up:
            if some is not None and not _any(some, messages):
                return _FAILS
            for left, holds, right, message in every:
                if not holds(left, right):
                    return _FAILS
                if message:
                    messages.append(message)
        return Judgement(True, tuple(messages)) if messages else _HOLDS

    return judge


_LookedUp = list[tuple[object, Operator, object, str]]


def _look_up(conditions: list[_Single], scope: Scope) -> _LookedUp:
    return [
        (key(scope), holds, value(scope), "" if message is None else str(message(scope)))
        for key, holds, value, message in conditions
    ]


def _any(conditions: _LookedUp, messages: list[str]) -> bool:
    """Say whether one holds, and keep the messages of those that do."""
    found = False
    for key, holds, value, message in conditions:
        if (not found or message) and holds(key, value):
            found = True
            if message:
                messages.append(message)
    return found


def _group(found: object, key: str) -> _Group:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("any", "all"), key)
    some, every = (
        [_condition(one, f"{key}.{name}[{index}]") for index, one in enumerate(shape.sequence(block.get(name), key))]
        for name in ("any", "all")
    )
    return (some if block.get("any") is not None else None), every


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


def _template(found: object, key: str) -> _Read:
    try:
        return compile_template(found).reader()
    except QueryError as broken:
        raise ShapeError(key, str(broken)) from broken
