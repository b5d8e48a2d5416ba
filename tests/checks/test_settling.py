"""Two sides worked on together give what each gives alone, and what is the same is one object."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.masking import MASK, Masked, mask
from bot.checks.settling import masked, same, settle, side_by_side

_NAMES = st.sampled_from(
    [
        "name", "value", "env", "containers", "ports", "data", "password", "apiToken", "stringData", "verbs",
        "annotations", "example.com/last-applied", "metadata", "labels", "x",
    ]
)  # fmt: skip
_SCALARS = st.one_of(
    st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 0.0, 10**25]),
    st.sampled_from(["", "a", "DB_PASSWORD", "--token=abc", "postgres://me:abc@db/shop", "$(A)", "a=1\npassword=b\n"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(_NAMES, below, max_size=4),
        st.dictionaries(_NAMES, below, max_size=3).map(lambda some: {"kind": "Secret", **some}),
    ),
    max_leaves=14,
)


@st.composite
def two_sides(draw: st.DrawFn) -> tuple[Any, Any]:
    """Return a value and the same with some of its parts exchanged, taken out, added or in another order."""
    base = draw(_VALUES)
    return base, _edited(draw, copy.deepcopy(base))


def _edited(draw: st.DrawFn, value: Any) -> Any:
    match draw(st.sampled_from(["keep", "below", "below", "other", "more", "less"])), value:
        case "other", _:
            return draw(_VALUES)
        case "below", dict():
            return {key: _edited(draw, one) for key, one in draw(st.permutations(list(value.items())))}
        case "below", list():
            return [_edited(draw, one) for one in value]
        case "more", dict():
            return value | {draw(_NAMES): draw(_VALUES)}
        case "more", list():
            at = draw(st.integers(0, len(value)))
            return [*value[:at], draw(_VALUES), *value[at:]]
        case "less", dict() | list() if value:
            at = draw(st.integers(0, len(value) - 1))
            return value[:at] + value[at + 1 :] if isinstance(value, list) else dict([*value.items()][:at])
    return value


def written(value: Any) -> str:
    """Return all of a masked value as text, what is hidden included."""
    return json.dumps(value, default=lambda one: {type(one).__name__: repr(one._value)})


@given(two_sides())
@settings(max_examples=600, deadline=None)
def test_masked_together_is_masked_alone(both: tuple[Any, Any]) -> None:
    base, head = both
    before = written(both)
    assert written(masked(base, head)) == written((mask(base), mask(head)))
    assert written(both) == before


@given(two_sides())
@settings(max_examples=600, deadline=None)
def test_settled_together_is_settled_alone(both: tuple[Any, Any]) -> None:
    base, head = both
    assert json.dumps(side_by_side(base, head)) == json.dumps(settle(mask(base), mask(head)))


def test_what_is_the_same_is_one_object() -> None:
    base: dict[str, Any] = {
        "a": {"deep": [1]},
        "b": {"x": 1},
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    }
    head = copy.deepcopy(base)
    head["b"]["x"] = 2
    head["env"].insert(0, {"name": "C", "value": "3"})
    before, after = side_by_side(base, head)
    assert before["a"] is after["a"]
    assert before["b"] is not after["b"]
    assert before["env"][0] is after["env"][1]


def test_the_same_value_under_another_name_is_masked_by_its_own() -> None:
    """The secret and the plain variable have the same value: only the name beside it tells which is which."""
    plain, secret = {"name": "LEVEL", "value": "canary"}, {"name": "DB_PASSWORD", "value": "canary"}
    assert side_by_side(plain, secret) == (
        {"name": "LEVEL", "value": "canary"},
        {"name": "DB_PASSWORD", "value": f"{MASK} (changed)"},
    )
    assert side_by_side([plain], [secret, plain])[1][0]["value"] == f"{MASK} (changed)"


def test_a_secret_on_both_sides_says_so_wherever_it_stands() -> None:
    both = {"spec": {"template": {"password": "canary"}, "args": ["--token=canary", "a=1\ntoken: canary\n"]}}
    before, after = side_by_side({**both, "a": 1}, {**copy.deepcopy(both), "a": 2})
    assert before["spec"] is after["spec"]
    assert before["spec"] == {
        "template": {"password": f"{MASK} (unchanged)"},
        "args": [f"{MASK} (unchanged)", f"a=1\ntoken: {MASK} (unchanged)\n"],
    }


def test_what_json_cannot_tell_apart_is_not_shared_between_lists() -> None:
    before, after = masked([float("nan"), 1], [None])
    assert (str(before), after) == ("[nan, 1]", [None])


SAME: list[tuple[Any, Any, bool]] = [
    ("a", "a", True),
    ({"a": [1, None, "x"]}, {"a": [1, None, "x"]}, True),
    (1, 1.0, False),
    (1, True, False),
    (0.0, -0.0, False),
    ([0], [False], False),
    (float("nan"), None, False),
    ([float("nan")], [None], False),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
    ("1", 1, False),
    ({"a": 10**30}, {"a": 10**30}, False),  # not known
]


@pytest.mark.parametrize(("one", "other", "expected"), SAME)
def test_what_is_the_same(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected


def test_a_masked_value_has_no_form_that_could_leave() -> None:
    assert not same(Masked("canary"), Masked("canary"))
