"""What the operators of conditions say, and how conditions join.

Rows come from https://kyverno.io/docs/policy-types/cluster-policy/preconditions/ ("Operators", "Wildcard Matches",
"Any and All Statements") and `pkg/engine/variables/operator` of kyverno/kyverno.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.kyverno.answers import NotFound
from bot.policy.kyverno.conditions import compile_conditions
from bot.policy.kyverno.context import Context
from bot.policy.kyverno.operators import find_operator
from bot.policy.kyverno.shape import ShapeError


def holds(key: Any, operator: str, value: Any) -> bool:
    found = find_operator(operator)
    assert found is not None
    return found(key, value)


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("a", "Equals", "a", True),
        ("a", "Equal", "a", True),
        ("a", "equals", "b", False),
        ("prod-eu", "Equals", "prod-*", True),  # the value is the pattern …
        ("prod-*", "Equals", "prod-eu", False),  # … the key is not
        ("abc", "Equals", "a?c", True),
        ("", "Equals", "", True),
        ("", "Equals", "?*", False),
        ("1", "Equals", 1, False),
        (1, "Equals", "1", True),
        (1, "Equals", 1.0, True),
        (1.5, "Equals", "1.50", True),
        (True, "Equals", True, True),
        (True, "Equals", "true", False),
        (True, "Equals", 1, False),
        (1, "Equals", True, False),
        ([1, 2], "Equals", [1, 2], True),
        ([1, 2], "Equals", [2, 1], False),
        ({"a": 1}, "Equals", {"a": 1}, True),
        ({"a": True}, "Equals", {"a": 1}, False),
        ("1Gi", "Equals", "1024Mi", True),
        ("1Gi", "Equals", "*", False),  # a quantity compares with quantities only
        ("1h", "Equals", "60m", True),
        ("1h", "Equals", 3600, True),
        (3600, "Equals", "1h", False),  # for equality only a key that is a text may be a duration
        ("0", "Equals", "0", True),
        ("0", "Equals", "0s", False),  # a plain 0 is no duration, and 0s no quantity
        (None, "Equals", None, False),
        (None, "Equals", "", False),
        ("a", "NotEquals", "b", True),
        ("a", "NotEquals", "a*", False),
        ("1", "NotEquals", 1, True),
        (1, "NotEquals", "1", False),
        (True, "NotEquals", "x", True),
        ([1], "NotEquals", "x", True),
        (None, "NotEquals", "x", False),  # null compares with nothing
        ("1Gi", "NotEquals", "x", False),
        ("1h", "NotEquals", "2h", True),
        ("b", "AnyIn", ["a", "b"], True),
        ("c", "AnyIn", ["a", "b"], False),
        ("abc", "AnyIn", ["a*"], True),  # wildcards either way
        ("a*", "AnyIn", ["abc"], True),
        ("b", "AnyIn", "b", True),
        ("abc", "AnyIn", "a*", True),
        ("b", "AnyIn", '["a", "b"]', True),
        ("abc", "AnyIn", '["a*"]', False),  # no wildcards in a text that is a JSON list
        ("b", "AnyIn", '{"a": 1}', False),
        (5, "AnyIn", [5], True),
        (5, "AnyIn", ["5"], True),
        (True, "AnyIn", [True], True),
        (5, "AnyIn", "1-10", True),
        (11, "AnyIn", "1-10", False),
        (["a", "x"], "AnyIn", ["a", "b"], True),
        (["x"], "AnyIn", ["a", "b"], False),
        (["ab", "x"], "AnyIn", ["a*"], True),
        ([], "AnyIn", ["a"], False),
        ([3, 20], "AnyIn", "1-10", True),
        ([20], "AnyIn", "1-10", False),
        (["a"], "AnyIn", "a", True),
        (["a", "b"], "AnyIn", '["b"]', True),
        ({"a": 1}, "AnyIn", ["a"], False),
        (None, "AnyIn", ["a"], False),
        ("a", "AnyIn", None, False),
        ("a", "AnyIn", 5, False),
        (["a", "b"], "AllIn", ["a", "b", "c"], True),
        (["a", "x"], "AllIn", ["a", "b", "c"], False),
        ([], "AllIn", ["a"], True),
        ([3, 4], "AllIn", "1-10", True),
        ([3, 40], "AllIn", "1-10", False),
        ("a", "AllIn", ["a"], True),
        (["ab", "ac"], "AllIn", ["a*"], True),
        (["a", "x"], "AnyNotIn", ["a", "b"], True),
        (["a", "b"], "AnyNotIn", ["a", "b"], False),
        ([], "AnyNotIn", ["a"], False),
        ([3, 40], "AnyNotIn", "1-10", True),
        ([3, 4], "AnyNotIn", "1-10", False),
        ("a", "AnyNotIn", ["a"], False),
        ("x", "AnyNotIn", ["a"], True),
        ("x", "AnyNotIn", 5, False),  # a value of the wrong kind makes nothing true
        (["x", "y"], "AllNotIn", ["a", "b"], True),
        (["a", "y"], "AllNotIn", ["a", "b"], False),
        ([], "AllNotIn", ["a"], True),
        ([30, 40], "AllNotIn", "1-10", True),
        ([3, 40], "AllNotIn", "1-10", False),
        ("x", "AllNotIn", "a*", True),
        ("ab", "AllNotIn", "a*", False),
        ("a", "In", ["a"], True),
        (["a", "x"], "In", ["a"], False),
        ("x", "NotIn", ["a"], True),
        (["a", "x"], "NotIn", ["a"], True),
        (5, "GreaterThan", 4, True),
        (5, "GreaterThan", "4", True),
        ("5", "GreaterThan", 4, True),
        ("5", "GreaterThanOrEquals", "5.0", True),
        (5, "LessThan", 4, False),
        (4, "LessThanOrEquals", 4, True),
        ("1Gi", "GreaterThan", "512Mi", True),
        ("1Gi", "GreaterThan", 5, False),
        ("500m", "LessThan", "1", True),
        ("1h", "GreaterThan", "59m", True),
        ("1h", "GreaterThan", 3599, True),
        (90, "LessThan", "1h", True),
        ("1.2.10", "GreaterThan", "1.2.9", True),  # versions
        ("1.2.3-rc.1", "LessThan", "1.2.3", True),
        ("x", "GreaterThan", "a", False),
        (None, "LessThan", 4, False),
        (True, "GreaterThan", 0, False),
        ([5], "GreaterThan", 4, False),
        (float("inf"), "GreaterThan", "1h", False),
        ("90s", "DurationGreaterThan", 60, True),
        ("90s", "DurationGreaterThan", "1m30s", False),
        ("90s", "DurationGreaterThanOrEquals", "1m30s", True),
        (30, "DurationLessThan", 60, True),
        ("x", "DurationLessThan", 60, False),
        ("30s", "DurationLessThanOrEquals", "x", False),
    ],
)
def test_operators(key: Any, operator: str, value: Any, expected: bool) -> None:
    assert holds(key, operator, value) is expected


def condition(key: Any, value: Any = "x", operator: str = "Equals", **more: Any) -> dict[str, Any]:
    return {"key": key, "operator": operator, "value": value, **more}


YES, NO = condition("x"), condition("y")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"any": [NO, YES], "all": [YES]}, True),
        ({"any": [NO, YES], "all": [NO]}, False),
        ({"any": []}, False),
        ({"all": []}, True),
        ({}, True),
        ([YES, YES], True),  # the old form
        ([YES, NO], False),
        ([{"any": [YES]}, {"all": [NO]}], False),
        ([{"any": [YES]}, {"all": [YES]}], True),
        ([], True),
    ],
)
def test_how_conditions_join(conditions: Any, expected: bool) -> None:
    assert compile_conditions(conditions, "k")(Context({})).holds is expected


def test_the_messages_of_the_conditions_that_hold_are_kept() -> None:
    conditions = {
        "any": [condition("y", message="no"), condition("x", message="is {{ a }}"), condition("x", message="too")]
    }
    assert compile_conditions(conditions, "k")(Context({"a": 5})).messages == ("is 5", "too")


def test_one_missing_key_is_an_error_even_where_another_condition_decides() -> None:
    with pytest.raises(NotFound):
        compile_conditions({"any": [YES, condition("{{ nothing }}")]}, "k")(Context({"a": 1}))


@pytest.mark.parametrize(
    ("conditions", "key"),
    [
        ("x", "k"),
        ({"anny": []}, "k.anny"),
        ({"any": [{"key": "a", "operator": "Equalz", "value": 1}]}, "k.any[0].operator"),
        ({"any": [{"key": "a", "value": 1}]}, "k.any[0].operator"),
        ({"all": [condition("a", valeu=1)]}, "k.all[0].valeu"),
        ({"all": [condition("{{ a..b }}")]}, "k.all[0].key"),
        ({"all": [condition("a", "{{ nosuch(a) }}")]}, "k.all[0].value"),
        ([condition("{{ a( }}")], "k[0].key"),
    ],
)
def test_broken_conditions_are_told_with_their_place(conditions: Any, key: str) -> None:
    with pytest.raises(ShapeError) as told:
        compile_conditions(conditions, "k")
    assert told.value.key == key
