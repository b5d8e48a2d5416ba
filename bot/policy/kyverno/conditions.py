"""Do the conditions of a rule hold: its preconditions, or those on which it denies?

`any` needs one of its conditions, `all` all of them, both together both; a list is the old form of `all`, or
holds several such maps. All variables are looked up before any condition is judged, so one missing key is an
error, as in Kyverno. Source: the Kyverno documentation ("Preconditions", "Deny Rules") and
`pkg/engine/variables/evaluate.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import QueryError
from bot.policy.kyverno.operators import Operator, find_operator
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.variables import Scope, compile_template

_PATH = r"((?:request\.object|element)(?:\.[A-Za-z_]\w*)+)"
_LITERAL = r"[`'][^`']*[`']"
_PLAIN = re.compile(
    rf"\{{\{{ *(?:(?:contains|keys|length|max|min|sum|to_string)\()*{_PATH}"
    rf"(?:\[\])? *(?:\|\| *{_LITERAL})?(?:, *{_LITERAL})? *\)* *\}}\}}",
    re.ASCII,
)
_HAS_KEY = re.compile(rf"\{{\{{ *contains\(keys\({_PATH}\), *'([A-Za-z_]\w*)'\) *\}}\}}", re.ASCII)
_CONDITION = frozenset(["key", "operator", "value", "message"])
_FIXED_OPERATORS = (
    "Equals, NotEquals, AnyIn, AllIn, AnyNotIn, AllNotIn, GreaterThan, GreaterThanOrEquals, LessThan, LessThanOrEquals"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether conditions hold, the messages of those that did, and where the last of them that says so looks."""

    holds: bool
    messages: tuple[str, ...] = ()
    place: Place = ()


Conditions = Callable[[Scope], Judgement]
_Read = Callable[[Scope], object]
Place = tuple[str, ...]  # `request`, `object` or `element`, and the keys below
_Single = tuple[_Read, Operator, _Read, _Read | None, Place]
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
        place: Place = ()
        for some, every in looked_up:
            if some is not None:
                held = _any(some, messages)
                if held is None:
                    return _FAILS
                place = held or place
            for left, holds, right, message, looks in every:
                if not holds(left, right):
                    return _FAILS
                place = looks or place
                if message:
                    messages.append(message)
        return Judgement(True, tuple(messages), place) if messages or place else _HOLDS

    return judge


_LookedUp = list[tuple[object, Operator, object, str, Place]]


def _look_up(conditions: list[_Single], scope: Scope) -> _LookedUp:
    return [
        (key(scope), holds, value(scope), "" if message is None else str(message(scope)), place)
        for key, holds, value, message, place in conditions
    ]


def _any(conditions: _LookedUp, messages: list[str]) -> Place | None:
    """Return where the first that holds looks, None when none holds; keep the messages of all that hold."""
    found: Place | None = None
    for key, holds, value, message, place in conditions:
        if (found is None or message) and holds(key, value):
            found = place if found is None else found
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
        _place(block.get("key")),
    )


def _place(key: object) -> Place:
    """Where the key of a condition looks, if it says it plainly: `{{ request.object.spec.replicas || `1` }}`."""
    if not isinstance(key, str):
        return ()
    found = _HAS_KEY.fullmatch(key) or _PLAIN.fullmatch(key)
    return tuple(".".join(found.groups()).split(".")) if found is not None else ()


def _template(found: object, key: str) -> _Read:
    try:
        return compile_template(found).reader()
    except QueryError as broken:
        raise ShapeError(key, str(broken)) from broken
