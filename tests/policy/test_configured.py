"""Configured values reach every kind of policy, only where a default is, and say what runs and what blocks."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from bot.model.manifest import Resource
from bot.policy.configured import ENFORCE_WHEN, WHEN, ConditionError, configured
from bot.policy.evaluation import evaluate_packs
from bot.policy.packs import load_pack
from bot.policy.parameters import Parameter, Value, parse_parameters, resolve_parameters

DECLARED = (
    Parameter("least", "integer", default=2),
    Parameter("names", "strings"),
    Parameter("level", "choice", default="low", values=("low", "high")),
    Parameter("strict", "boolean", default=False),
)


def fill(document: str, **given: object) -> Any:
    values, wrong = resolve_parameters(DECLARED, given)
    assert wrong == []
    return configured(yaml.safe_load(document), values, [one.name for one in DECLARED])


RULE = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec: {{rules: [{0}]}}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # a list stays one where the default is one, else it reads as alternatives
        ("{context: [{name: parameters, variable: {value: {names: [z]}}}]}", "{context: [{name: parameters, variable: {value: {names: [a, b]}}}]}"),
        ("{context: [{name: parameters, variable: {value: {names: z}}}]}", "{context: [{name: parameters, variable: {value: {names: a | b}}}]}"),
        ("{context: [{name: parameters, variable: {value: {least: 1}}}]}", "{context: [{name: parameters, variable: {value: {least: 5}}}]}"),
        # only names that are there, only in the variable of that name
        ("{context: [{name: parameters, variable: {value: {other: 1}}}]}", "{context: [{name: parameters, variable: {value: {other: 1}}}]}"),
        ("{context: [{name: others, variable: {value: {least: 1}}}]}", "{context: [{name: others, variable: {value: {least: 1}}}]}"),
        ("{context: [{name: parameters, variable: {jmesPath: x}}]}", "{context: [{name: parameters, variable: {jmesPath: x, value: null}}]}"),
        # loops, also in loops
        ("{validate: {foreach: [{foreach: [{context: [{name: parameters, variable: {value: {least: 1}}}]}]}]}}", "{validate: {foreach: [{foreach: [{context: [{name: parameters, variable: {value: {least: 5}}}]}]}]}}"),
        # CEL: variables whose expression is a literal
        ("{validate: {cel: {variables: [{name: least, expression: '1'}]}}}", "{validate: {cel: {variables: [{name: least, expression: '5'}]}}}"),
        ("{validate: {cel: {variables: [{name: least, expression: object.x}]}}}", "{validate: {cel: {variables: [{name: least, expression: object.x}]}}}"),
        ("no rule", "no rule"),
        ("{context: no list, validate: none}", "{context: no list, validate: none}"),
    ],
)  # fmt: skip
def test_rules_of_kyverno(rule: str, expected: str) -> None:
    found = fill(RULE.format(rule), least=5, names=["a", "b"])
    assert found == yaml.safe_load(RULE.format(expected))


@pytest.mark.parametrize("version", ["policies.kyverno.io/v1", "admissionregistration.k8s.io/v1"])
def test_variables_of_cel(version: str) -> None:
    variables = [
        {"name": "least", "expression": "1"},
        {"name": "names", "expression": '["z"]'},
        {"name": "strict", "expression": "false"},
        {"name": "total", "expression": "variables.least + 1"},
    ]
    document = {"apiVersion": version, "spec": {"variables": variables}}
    found = fill(json.dumps(document), least=5, names=['"a"', "b"], strict=True)
    assert [one["expression"] for one in found["spec"]["variables"]] == ["5", '["\\"a\\"", "b"]', "true", "variables.least + 1"]  # fmt: skip


def test_parameters_of_constraints() -> None:
    document = (
        "{apiVersion: constraints.gatekeeper.sh/v1beta1, spec: {match: {}, parameters: {least: 1, names: [], more: x}}}"
    )
    found = fill(document, least=5, names=["a", "b"])
    assert found["spec"] == {"match": {}, "parameters": {"least": 5, "names": ["a", "b"], "more": "x"}}
    bare = "{apiVersion: constraints.gatekeeper.sh/v1beta1, spec: {match: {}}}"
    assert fill(bare, least=5)["spec"] == {"match": {}}


@pytest.mark.parametrize(
    ("condition", "given", "runs"),
    [
        ("strict=true", {}, False),
        ("strict=true", {"strict": True}, True),
        ("strict=false", {}, True),
        ("level=high", {"level": "high"}, True),
        ("level = high", {"level": "high"}, True),
        ("level=high", {}, False),
        ("least=2", {}, True),
        ("least=2", {"least": 3}, False),
        ("level=high | strict=true", {}, False),
        ("level=high | strict=true", {"strict": True}, True),
        ("level=high | strict=true", {"level": "high"}, True),
        ("names", {}, False),
        ("names", {"names": ["a"]}, True),
    ],
)
def test_an_annotation_says_when_a_policy_runs(condition: str, given: dict[str, object], runs: bool) -> None:
    document = f"{{apiVersion: kyverno.io/v1, metadata: {{annotations: {{{WHEN}: {condition}}}}}}}"
    assert (fill(document, **given) is not None) is runs


@pytest.mark.parametrize(
    ("document", "action"),
    [
        ("apiVersion: kyverno.io/v1, spec: {rules: [{validate: {failureAction: Audit}}, {validate: {}}]}", {"validationFailureAction": "Enforce", "rules": [{"validate": {"failureAction": "Enforce"}}, {"validate": {}}]}),
        ("apiVersion: policies.kyverno.io/v1, spec: {validationActions: [Audit]}", {"validationActions": ["Deny"]}),
        ("apiVersion: admissionregistration.k8s.io/v1, spec: {validationActions: [Warn]}", {"validationActions": ["Deny"]}),
        ("apiVersion: constraints.gatekeeper.sh/v1beta1, spec: {enforcementAction: warn}", {"enforcementAction": "deny"}),
    ],
)  # fmt: skip
def test_an_annotation_says_when_a_policy_blocks(document: str, action: object) -> None:
    text = f"{{metadata: {{annotations: {{{ENFORCE_WHEN}: level=high}}}}, {document}}}"
    assert fill(text, level="high")["spec"] == action
    assert fill(text)["spec"] == yaml.safe_load(text)["spec"]


@pytest.mark.parametrize("condition", ["levle=high", "strict=false | levle=high"])
@pytest.mark.parametrize("annotation", [WHEN, ENFORCE_WHEN])
def test_an_annotation_about_an_unknown_parameter_breaks_the_policy(annotation: str, condition: str) -> None:
    with pytest.raises(ConditionError, match="the pack has no parameter `levle`") as caught:
        fill(f"{{metadata: {{annotations: {{{annotation}: {condition}}}}}}}")
    assert (caught.value.suggestion, annotation in caught.value.key) == ("did you mean `level`?", True)


PACK = b"""
parameters:
  least: {type: integer, default: 2}
  strict: {type: boolean, default: false}
"""
POLICY = b"""
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: replicas
  annotations: {policies.lockkeeper.dev/when: least, policies.lockkeeper.dev/enforce-when: strict=true}
spec:
  rules:
    - name: replicas
      match: {any: [{resources: {kinds: [Deployment]}}]}
      context: [{name: parameters, variable: {value: {least: 1}}}]
      preconditions: {all: [{key: "{{ parameters.least }}", operator: GreaterThan, value: 0}]}
      validate:
        message: "{{ parameters.least }} replicas at least."
        deny:
          conditions:
            any:
              - {key: "{{ request.object.spec.replicas }}", operator: LessThan, value: "{{ parameters.least }}"}
"""


def test_numbers_in_conditions() -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 2}}
    files = {"pack.yaml": PACK, "p.yaml": POLICY}

    def said(**given: object) -> list[tuple[str, str]]:
        loaded = load_pack("mine", files, given)
        assert loaded.problems == ()
        return [(one.state, one.message) for one in evaluate_packs([loaded], [Resource(body)])]

    assert said() == []
    assert said(least=3) == [("warn", "3 replicas at least. Found `2` at spec.replicas.")]
    assert said(least=3, strict=True) == [("fail", "3 replicas at least. Found `2` at spec.replicas.")]
    assert said(least=0) == []


def test_a_pack_may_run_nothing_but_not_ask_for_what_it_has_not() -> None:
    """A pack whose policies all wait for a parameter is no pack without policies."""
    waiting = POLICY.replace(b"when: least,", b"when: strict=true,")
    loaded = load_pack("mine", {"pack.yaml": PACK, "p.yaml": waiting}, {})
    assert (loaded.policies, loaded.problems) == ((), ())
    (problem,) = load_pack("mine", {"p.yaml": waiting}, {}, root="ops").problems
    assert (problem.policy, problem.source.path) == ("replicas", "ops/p.yaml")
    assert "no parameter `strict`" in problem.message


@pytest.mark.parametrize(
    ("parameter", "given", "said"),
    [
        (Parameter("level", "choice", values=("low", "high")), "hihg", "`hihg` is none of low, high (did you mean `high`?)"),
        (Parameter("level", "choice", values=("low", "high")), 3, "`3` is none of low, high ()"),
        (Parameter("level", "choice", values=("low", "high")), ["low"], "`['low']` is none of low, high (did you mean `low`?)"),
        (Parameter("least", "integer", minimum=1), 0, "0 is less than 1 (write 1 or more)"),
        (Parameter("least", "integer", maximum=9), 10, "10 is more than 9 (write 9 or less)"),
        (Parameter("names", "wildcards"), ["a*", "b|c"], "`b|c` holds `|`, which means something in patterns ()"),
        (Parameter("names", "strings"), ["a*"], "`a*` holds `*`, which means something in patterns ()"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(parameter: Parameter, given: object, said: str) -> None:
    values, (problem,) = resolve_parameters([parameter], {parameter.name: given})
    assert (values, f"{problem.message} ({problem.suggestion})") == ({}, said)


@pytest.mark.parametrize(
    ("parameter", "given", "plain", "pattern", "text"),
    [
        (Parameter("names", "wildcards"), ["a*", "b"], ["a*", "b"], "a* | b", "['a*', 'b']"),
        (Parameter("level", "choice", values=("low",)), "low", "low", "low", "low"),
        (Parameter("strict", "boolean"), True, True, True, "true"),
        (Parameter("least", "integer", minimum=1, maximum=1), 1, 1, 1, "1"),
        (Parameter("from", "registries"), ["r.example.com"], ["r.example.com"], "r.example.com/* & !*/../* & !*//*", "['r.example.com']"),
    ],
)  # fmt: skip
def test_values_that_fit(parameter: Parameter, given: object, plain: object, pattern: object, text: str) -> None:
    values, wrong = resolve_parameters([parameter], {parameter.name: given})
    assert (values[parameter.name], wrong) == (Value(plain, pattern), [])
    assert str(values[parameter.name]) == text


@pytest.mark.parametrize(
    ("declared", "key", "said"),
    [
        ({"a": {"type": "choice"}}, "parameters.a.values", "a choice needs a list of values"),
        ({"a": {"type": "choice", "values": ["x"], "default": "y"}}, "parameters.a.default", "`y` is none of x"),
        ({"a": {"type": "integer", "minimum": 2, "default": 1}}, "parameters.a.default", "1 is less than 2"),
        ({"a-b": {"type": "string"}}, "parameters.a-b", "a name of letters, digits and `_` is expected"),
        ({"a": {"type": "string", "defalt": "x"}}, "parameters.a.defalt", "unknown field `defalt`"),
    ],
)
def test_declarations_that_are_wrong(declared: object, key: str, said: str) -> None:
    _, (problem,) = parse_parameters(declared)
    assert (problem.key, problem.message) == (key, said)
