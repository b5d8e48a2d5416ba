"""Custom resources are checked against the CustomResourceDefinition that is rendered with them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from bot.checks import crd, definitions
from bot.checks.crd import close, custom_kinds, joined
from bot.checks.schema import Rules, crds, judged, validate
from bot.model.finding import Finding
from tests.checks.resources import resources

_DEFINITION = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object, properties: {name: {type: string, maxLength: 10}}}
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9}
              colour: {type: string, enum: [red, blue]}
              note: {type: string, nullable: true}
              code: {type: string, pattern: "^[a-z]+$"}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              half:
                type: object
                x-kubernetes-preserve-unknown-fields: true
                properties: {known: {type: integer}}
              labels: {type: object, additionalProperties: {type: string}}
              parts:
                type: array
                minItems: 1
                items: {type: object, properties: {name: {type: string}}}
              template:
                type: object
                x-kubernetes-embedded-resource: true
                properties: {spec: {type: object}}
              one: {type: string}
              other: {type: string}
            oneOf:
            - required: [one]
            - required: [other]
            - not: {anyOf: [{required: [one]}, {required: [other]}]}
  - name: v1alpha1
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object}}
""")


def check(spec: Any, definition: Any = _DEFINITION, **body: Any) -> tuple[Finding, ...]:
    widget = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": spec,
    } | body
    return validate(
        resources(copy.deepcopy(definition), widget), kubernetes="1.33", unknown_kinds="fail", environment="e"
    )


SOUND: list[dict[str, Any]] = [
    {},
    {"colour": "red", "note": None, "code": "abc"},
    {"colour": None},  # the API server drops it
    {"port": 80},
    {"port": "http"},
    {"port": None},
    {"free": {"anything": [1, {"goes": True}]}},
    {"half": {"known": 1, "unknown": 2}},
    {"labels": {"a": "b"}},
    {"parts": [{"name": "x"}]},
    {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b"}}, "spec": {}}},
    {"one": "x"},
]


@pytest.mark.parametrize("spec", SOUND)
def test_sound(spec: dict[str, Any]) -> None:
    assert check({"size": 1, **spec}) == ()


BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"colur": "red"}, "spec.colur", "unknown field `colur` in spec; did you mean `colour`?"),
    (
        {"colour": "bleu"},
        "spec.colour",
        '`colour` in spec must be `red` or `blue`, but is the string "bleu"; did you mean `blue`?',
    ),
    ({"size": 12}, "spec.size", "`size` in spec must be at most 9, but is the integer 12"),
    ({"size": None}, "spec.size", "`size` in spec must be an integer, but is empty (null)"),
    ({"code": "A1"}, "spec.code", '`code` in spec must match the pattern `^[a-z]+$`, but is the string "A1"'),
    (
        {"port": True},
        "spec.port",
        "`port` in spec must be a string or an integer, but is the boolean true",
    ),
    (
        {"half": {"known": "x"}},
        "spec.half.known",
        '`known` in spec.half must be an integer, but is the string "x"',
    ),
    (
        {"labels": {"a": 1}},
        "spec.labels.a",
        '`a` in spec.labels must be a string, but is the integer 1; write it in quotes: "1"',
    ),
    ({"parts": []}, "spec.parts", "`parts` in spec must hold at least 1 items, but is a list"),
    (
        {"parts": [{"nam": "x"}]},
        "spec.parts[0].nam",
        "unknown field `nam` in spec.parts[0]; did you mean `name`?",
    ),
    (
        {"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"nmae": "x"}}},
        "spec.template.metadata.nmae",
        "unknown field `nmae` in spec.template.metadata; did you mean `name`?",
    ),
    (
        {"one": "x", "other": "y"},
        "spec",
        "`spec` fits more than one of the forms of which the schema allows one",
    ),
]


@pytest.mark.parametrize(("spec", "field", "message"), BROKEN)
def test_broken(spec: dict[str, Any], field: str, message: str) -> None:
    (finding,) = check({"size": 1, **spec})
    assert (finding.field, finding.message) == (field, message)


def test_metadata_is_object_meta_and_what_the_definition_adds() -> None:
    (finding,) = check({"size": 1}, metadata={"name": "w", "labelz": {}})
    assert finding.message == "unknown field `labelz` in metadata; did you mean `labels`?"
    (finding,) = check({"size": 1}, metadata={"name": "much-too-long"})
    assert "at most 10 characters" in finding.message


def test_a_version_the_definition_does_not_serve() -> None:
    (finding,) = check({"size": 1}, apiVersion="example.com/v1alpha1")
    assert (finding.rule, finding.state) == ("removed-api", "fail")
    assert finding.message == (
        "example.com/v1alpha1 Widget is not served: its CustomResourceDefinition here serves example.com/v1"
    )


def test_a_schema_that_cannot_be_used_is_told_and_its_resources_are_not_passed() -> None:
    definition = copy.deepcopy(_DEFINITION)
    outline = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    outline["properties"]["spec"]["properties"]["code"]["pattern"] = "(unclosed"
    rules = [(one.rule, one.state) for one in check({"size": 1}, definition)]
    assert rules == [("unusable-schema", "warn"), ("unknown-kind", "fail")]


def test_a_definition_cannot_fetch_or_refer() -> None:
    """A `$ref` would reach out of the schema; the API server forbids it, so it is dropped."""
    assert close({"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}) == {
        "type": ["object"], "properties": {"a": {}}, "additionalProperties": False,
    }  # fmt: skip


def test_endless_depth_ends() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(400):
        schema = {"type": "object", "properties": {"a": schema}}
    closed, depth = close(schema), 0
    while closed:
        closed, depth = closed.get("properties", {}).get("a", {}), depth + 1
    assert depth == 101


@pytest.mark.parametrize("spec", [{}, {"group": 1}, {"group": "g", "names": {"kind": "K"}, "versions": [1, {}]}])
def test_malformed_definitions_do_no_harm(spec: Any) -> None:
    definition = {**_DEFINITION, "spec": spec}
    assert check({"size": 1}, definition)


MINOR = definitions.load("1.33")


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1, **spec}}


def test_definitions_of_another_application_count() -> None:
    """The operator and the resources made for it are two applications, as they mostly are."""
    operator = resources(copy.deepcopy(_DEFINITION))
    rules = Rules("1.33", "fail", "e", "shop", custom_kinds(crds(operator), MINOR))
    (finding,) = judged(resources(widget(colour="bleu")), rules)
    assert (finding.rule, finding.application, finding.field) == ("invalid-value", "shop", "spec.colour")
    (finding,) = judged(resources(widget(colour="bleu")), Rules("1.33", "fail", "e", "shop"))
    assert finding.rule == "unknown-kind"
    assert [one.field for one in validate(
        resources(widget(colour="bleu")), kubernetes="1.33", unknown_kinds="fail", environment="e", custom=rules.custom
    )] == ["spec.colour"]  # fmt: skip


def test_the_later_definition_counts_as_a_whole() -> None:
    other = copy.deepcopy(_DEFINITION)
    other["spec"]["versions"][0]["name"] = "v2"
    other["spec"]["scope"] = "Cluster"
    parts = [custom_kinds([one], MINOR) for one in (_DEFINITION, other)]
    both = joined(parts)
    assert both.served == {("example.com", "Widget"): ("example.com/v2",)}
    assert set(both.schemas) == {("example.com/v2", "Widget")}
    assert both.clusterwide == {("example.com", "Widget")}
    assert joined(reversed(parts)).served == {("example.com", "Widget"): ("example.com/v1",)}
    assert joined(reversed(parts)).clusterwide == frozenset()
    assert joined([]).schemas == {}


def test_a_definition_is_made_use_of_once() -> None:
    """For each application, and for base and head, the same definitions come again: a thousand times over."""
    once = custom_kinds([copy.deepcopy(_DEFINITION)], MINOR)
    again = custom_kinds([copy.deepcopy(_DEFINITION)], MINOR)
    assert again is once
    assert custom_kinds([_DEFINITION], definitions.load("1.34")) is not once


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crd, "_memory", {})
    monkeypatch.setattr(crd, "MAX_KEPT", 20_000)
    for number in range(100):
        definition = copy.deepcopy(_DEFINITION)
        definition["spec"]["group"] = f"group{number}.example.com"
        custom_kinds([definition], MINOR)
    assert 1 < len(crd._memory) < 20
