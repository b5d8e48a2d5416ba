"""What variables and references in a policy stand for.

Rows come from https://kyverno.io/docs/policy-types/cluster-policy/variables/ ("Escaping Variables", "Nested Lookups",
"References") and https://kyverno.io/docs/policy-types/cluster-policy/external-data-sources/ ("Variable").
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.kyverno.answers import NotFound, NotKnown, QueryError, Unknown
from bot.policy.kyverno.context import Context, compile_entries
from bot.policy.kyverno.references import resolve_references
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.variables import compile_template

NAMES: dict[str, Any] = {
    "a": {"text": "x", "number": 5, "list": ["p", "q"], "flag": True, "none": None, "key": "text", "float": 2.0},
    "map": {"x": "found", "x.y/z": "quoted"},
    "evil": "{{ a.text }}",
}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("plain", "plain"),
        ("{{ a.text }}", "x"),
        ("{{a.text}}", "x"),
        ("{{ a.number }}", 5),  # one variable alone keeps its type
        ("{{ a.list }}", ["p", "q"]),
        ("{{ a.flag }}", True),
        ("{{ a.none }}", None),
        ("v{{ a.number }}", "v5"),
        ("{{ a.float }}!", "2!"),
        (" {{ a.number }}", " 5"),
        ("{{ a.text }}-{{ a.number }}-{{ a.flag }}", "x-5-true"),
        ("{{ a.list }} and {{ a.none }}", '["p","q"] and null'),
        ("{{ map.{{ a.text }} }}", "found"),
        ('{{ map."{{ a.text }}.y/z" }}', "quoted"),
        ("{{ a.{{ a.key }} }}/{{ a.{{ a.key }} }}", "x/x"),
        ("{{ a.{n: number} }}", {"n": 5}),
        ("{{ a.{n: number}.n }} of {{ a.{n: number} | keys(@) | [0] }}", "5 of n"),
        ("{{ length('{{ a.text }}') }}", 1),
        ("\\{{ a.text }}", "{{ a.text }}"),
        ("\\{{ a.text }} {{ a.text }}", "{{ a.text }} x"),
        ("{ {a.text} }", "{ {a.text} }"),
        ({"k{{ a.number }}": ["{{ a.text }}", 1, None]}, {"k5": ["x", 1, None]}),
        ({"{{ a.number }}": 1}, {"5": 1}),
        ("{{ evil }}", "{{ a.text }}"),  # what a variable brings in is no variable
        ("say {{ evil }}", "say {{ a.text }}"),
    ],
)
def test_variables(tree: Any, expected: Any) -> None:
    found = compile_template(tree).of(Context(dict(NAMES)))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["{{ }}", "{{ a. }}", "x {{ nosuch(a) }}", "{{ a | }}", "{{ @ }}", "{{ x }}" * 501])
def test_what_is_no_variable_is_an_error(text: str) -> None:
    with pytest.raises(QueryError):
        compile_template(text)


def test_an_expression_that_a_value_makes_is_judged_when_it_is_made() -> None:
    template = compile_template("{{ map.{{ a.number }} }}")
    with pytest.raises(QueryError):
        template.of(Context(dict(NAMES)))


@given(st.text(alphabet="{}\\ ab.$()'`@|[]", max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(QueryError, NotKnown):
        compile_template(text).of(Context(dict(NAMES)))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"a": "x"}, {"a": "x"}),
        ({"a": "5", "b": "$(./../a)"}, {"a": "5", "b": "5"}),
        ({"a": "5", "b": "$(<=./../a)"}, {"a": "5", "b": "<=5"}),
        ({"a": 5, "b": "$(>./../a)"}, {"a": 5, "b": ">5"}),
        ({"a": {"b": "1"}, "c": "$(/a/b)"}, {"a": {"b": "1"}, "c": "1"}),
        ({"l": [{"(a)": "1", "b": "$(!./../a)"}]}, {"l": [{"(a)": "1", "b": "!1"}]}),
        ({"a": "1", "b": "min $(./../a) max $(./../a)"}, {"a": "1", "b": "min 1 max 1"}),
        ({"a": "1", "b": "\\$(./../a)"}, {"a": "1", "b": "$(./../a)"}),
        ({"a": "$5 (each)"}, {"a": "$5 (each)"}),
    ],
)
def test_references(pattern: Any, expected: Any) -> None:
    assert resolve_references(pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        {"b": "$(./../a)"},
        {"a": 5, "b": "$(./../a)"},  # a number needs an operator
        {"a": ["x"], "b": "$(./../a)"},
        {"a": True, "b": "$(>./../a)"},
        {"a": "$(./../b)", "b": "$(./../a)"},
        {"a": "$(./../a)"},
    ],
)
def test_references_that_lead_nowhere(pattern: Any) -> None:
    with pytest.raises(QueryError):
        resolve_references(pattern)


def looked_up(context: list[Any], text: str) -> Any:
    return compile_template(text).of(
        Context({"request": {"object": {"a": 1, "l": [1, 2]}}}, compile_entries(context, "c"))
    )


def variable(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "variable": parts}


@pytest.mark.parametrize(
    ("context", "text", "expected"),
    [
        ([variable("v", value="x")], "{{ v }}", "x"),
        ([variable("v", value={"k": [1]})], "{{ v.k[0] }}", 1),
        ([variable("v", value="{{ request.object.a }}")], "{{ v }}", 1),
        ([variable("v", jmesPath="request.object.a")], "{{ v }}", 1),
        ([variable("v", jmesPath="request.object.l | length(@)")], "{{ v }}", 2),
        ([variable("v", jmesPath="request.object.b", default="d")], "{{ v }}", "d"),
        ([variable("v", jmesPath="request.object.a.b", default="d")], "{{ v }}", "d"),
        ([variable("v", jmesPath="request.object.b", default=0)], "{{ v }}", 0),
        ([variable("v", jmesPath="request.object.b", default="{{ request.object.a }}")], "{{ v }}", 1),
        ([variable("v", value={"k": 5}, jmesPath="k")], "{{ v }}", 5),
        ([variable("v", value={"k": 5}, jmesPath="z", default=6)], "{{ v }}", 6),
        ([variable("v", value="a"), variable("w", jmesPath="request.object.{{ v }}")], "{{ w }}", 1),
        ([variable("v", value=1), variable("v", value=2)], "{{ v }}", 2),
        ([variable("v", value=1), variable("v", jmesPath="add(v, `1`)")], "{{ v }}", 2),
        ([variable("v", jmesPath="w", default="early"), variable("w", value=1)], "{{ v }}", "early"),
        ([variable("v", jmesPath="v", default=7)], "{{ v }}", 7),
        # an entry that cannot be made counts as missing
        ([variable("v", jmesPath="request.object.b")], "{{ v || 'none' }}", "none"),
        # an entry is only made when it is asked for
        ([{"name": "cm", "configMap": {"name": "x", "namespace": "y"}}], "{{ request.object.a }}", 1),
    ],
)
def test_context(context: list[Any], text: str, expected: Any) -> None:
    assert looked_up(context, text) == expected


def test_an_entry_that_cannot_be_made_is_missing() -> None:
    with pytest.raises(NotFound):
        looked_up([variable("v", jmesPath="request.object.b")], "{{ v }}")


@pytest.mark.parametrize(
    "entry",
    [
        {"configMap": {"name": "x", "namespace": "y"}},
        {"apiCall": {"urlPath": "/api"}},
        {"imageRegistry": {"reference": "x"}},
        {"globalReference": {"name": "x"}},
    ],
)
@pytest.mark.parametrize("text", ["{{ e }}", "{{ e.data || 'x' }}", "{{ v }}", "{{ length(v) }}", "{{ v || 'x' }}"])
def test_what_lies_elsewhere_is_not_known(entry: dict[str, Any], text: str) -> None:
    with pytest.raises(NotKnown):
        looked_up([{"name": "e", **entry}, variable("v", jmesPath="e.data", default="x")], text)


def test_what_is_given_from_outside_is_known() -> None:
    entries = compile_entries([{"name": "e", "apiCall": {"urlPath": "/api"}}], "c")
    context = Context({"e": {"data": 3}}, entries, frozenset({"e"}))
    assert compile_template("{{ e.data }}").of(context) == 3
    assert compile_template("{{ e.data }}").of(context.inside({"element": 1}, entries)) == 3


@pytest.mark.parametrize(
    ("context", "key"),
    [
        ({}, "c"),
        (["x"], "c[0]"),
        ([{"variable": {"value": 1}}], "c[0].name"),
        ([{"name": "v"}], "c[0]"),
        ([{"name": "v", "varable": {}}], "c[0].varable"),
        ([variable("v", vaule=1)], "c[0].variable.vaule"),
        ([variable("v", jmesPath="a..b")], "c[0].variable.jmesPath"),
        ([variable("v", value="{{ a..b }}")], "c[0].variable.value"),
    ],
)
def test_broken_contexts_are_told_with_their_place(context: Any, key: str) -> None:
    with pytest.raises(ShapeError) as told:
        compile_entries(context or "x", "c")
    assert told.value.key == key


def test_unknown_values_say_why() -> None:
    with pytest.raises(NotKnown, match="because"):
        compile_template("{{ u.v }}").of(Context({"u": Unknown("because")}))
