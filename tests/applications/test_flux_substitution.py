"""Are the variables of rendered resources substituted in their YAML, and is it read again as Kubernetes reads it?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.applications.substitution import DISABLED, UNKNOWN, substituted
from bot.model.manifest import Resource

VARIABLES = {"count": "3", "on": "true", "name": "web", "quote": '"', "list": "[a, b]", "text": "a: b", "bad": "]: ["}


def one(value: Any, variables: dict[str, str] = VARIABLES, **metadata: Any) -> Any:
    """Return what a value of a resource becomes; a text for the problem instead."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}, "data": {"value": value}}
    found, problems = substituted([Resource(body, "apps/x", 4)], variables)
    if problems:
        assert not found and (problems[0].path, problems[0].line) == ("apps/x", 4)
        return problems[0].message
    return found[0].body["data"]["value"]


TABLE = [
    ("a number", "${count}", 3),
    ("a boolean", "${on}", True),
    ("text within text", "a-${name}-b", "a-web-b"),
    ("text that is quoted stays text", "a: ${count}", "a: 3"),
    ("quotes by a variable", "${quote}${count}${quote}", "3"),
    ("a list", "${list}", ["a", "b"]),
    ("an empty value is null", "${nothing}", None),
    ("lines", "a ${name}\nb ${count}\n", "a web\nb 3\n"),
    ("no variables, no change", "on", "on"),
    ("an escape", "$${name}", "${name}"),
    ("texts beside a variable that look like others", ["${name}", "1e3", "y", "0o7", "12:30", "~", ".inf", "<<"],
     ["web", "1e3", "y", "0o7", "12:30", "~", ".inf", "<<"]),
    ("deep", {"a": [{"b": "${count}"}]}, {"a": [{"b": 3}]}),
    ("keys", {"${name}-key": 1}, {"web-key": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_substituted(value: Any, expected: Any) -> None:
    found = one(value)
    assert found == expected and type(found) is type(expected)


def test_without_variables_nothing_is_substituted() -> None:
    assert one("${name:=x}", {}) == "${name:=x}"


@pytest.mark.parametrize("kind", ["labels", "annotations"])
def test_a_resource_may_forbid_it(kind: str) -> None:
    assert one("${name}", **{kind: {DISABLED: "disabled"}}) == "${name}"
    assert one("${name}", **{kind: {DISABLED: "enabled"}}) == "web"


def test_what_is_no_longer_yaml_is_a_problem() -> None:
    assert one("${bad}").startswith("not rendered: the variables of ConfigMap x cannot be substituted: not valid YAML")
    assert one("${text}") == "not rendered: the variables of ConfigMap x cannot be substituted: not valid YAML: " + (
        "mapping values are not allowed in this context"
    )
    assert one("${name").endswith("cannot be substituted: missing closing brace")


def test_unknown_variables_stay_as_they_are_written() -> None:
    assert one("${name}-${nothing}", {"name": "web", UNKNOWN: ""}) == "web-${nothing}"


def test_the_name_of_a_resource_may_change() -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "${name}"}}
    (found,), problems = substituted([Resource(body, "apps/x", 4)], VARIABLES)
    assert (found.name, found.path, found.line, problems) == ("web", "apps/x", 4, ())


def test_too_deep_is_a_problem() -> None:
    deep: Any = "${name}"
    for _ in range(2000):
        deep = [deep]
    assert "nested too deep" in one(deep)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=10,
)


@given(values)
def test_what_has_no_variables_is_read_again_as_it_was(value: Any) -> None:
    """Writing as YAML and reading again must not change a value: `1e3` and `y` are texts here, and stay so."""
    body = {"kind": "X", "metadata": {"name": "x", "labels": {"made": "${name}"}}, "value": _without_dollars(value)}
    found, problems = substituted([Resource(body)], VARIABLES)
    if not problems:
        assert found[0].body == {**body, "metadata": {"name": "x", "labels": {"made": "web"}}}


def _without_dollars(value: Any) -> Any:
    match value:
        case str():
            return value.replace("$", "S")
        case list():
            return [_without_dollars(below) for below in value]
        case dict():
            return {key.replace("$", "S"): _without_dollars(below) for key, below in value.items()}
    return value
