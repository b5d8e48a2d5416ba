"""What a policy says in findings, and what happens to policies that are broken or beyond this version."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.finding import Finding
from bot.model.manifest import Resource, ResourceKey
from bot.policy.documents import parse_documents
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate
from bot.policy.problem import PolicySource
from tests.policy.test_match import policy, resource

PODS = "{match: {any: [{resources: {kinds: [Pod]}}]}}"


def compiled(document: dict[str, Any]) -> CompiledPolicy:
    found = compile_policy(document)
    assert isinstance(found, CompiledPolicy), found
    return found


def test_a_finding_says_all_there_is_to_say() -> None:
    annotations = {
        "policies.kyverno.io/title": "A title",
        "policies.kyverno.io/severity": "high",
        "policies.lockkeeper.dev/remedy": "Do  this.",
        "policies.lockkeeper.dev/link": "https://kubernetes.io/docs/",
        "pod-policies.kyverno.io/autogen-controllers": "none",
    }
    document = policy(PODS, spec="{validationFailureAction: Enforce}", annotations=annotations)
    document["spec"]["rules"][0]["validate"] = {
        "message": "Bad image",
        "pattern": {"spec": {"c": [{"image": "a/*"}]}},
    }
    pod = Resource({**resource(namespace="shop").body, "spec": {"c": [{"image": "b/x"}]}}, "base/pod.yaml", 7)
    assert evaluate([compiled(document)], [pod], environment="staging") == (
        Finding(
            concern="policies",
            policy="p",
            rule="r",
            state="fail",
            message="Bad image. Found `b/x` at spec.c[0].image.",
            severity="high",
            title="A title",
            resource=ResourceKey("", "Pod", "shop", "web"),
            environment="staging",
            field="spec.c[0].image",
            path="base/pod.yaml",
            line=7,
            how="Do this. See https://kubernetes.io/docs/",
        ),
    )


def test_a_missing_field_is_told_as_missing() -> None:
    (finding,) = evaluate([compiled(policy(PODS))], [resource()])
    assert finding.message == "no. Missing at never."


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("Pod", "Name {{ request.object.metadata.name }} is bad.", "Name web is bad. Missing at never."),
        (
            "Pod",
            "{{ request.object.metadata.labels }} x",
            "{{ request.object.metadata.labels }} x. Missing at never.",
        ),
        ("Pod", "{{ images.a }} x", "{{ images.a }} x. Missing at never."),
        ("Secret", "{{ request.object.data.key }} x", "{{ request.object.data.key }} x. Missing at never."),
        ("Pod", "", "The rule `r` of policy `p` failed. Missing at never."),
    ],
)
def test_message(kind: str, message: str, expected: str) -> None:
    document = policy(f"{{match: {{any: [{{resources: {{kinds: [{kind}]}}}}]}}}}")
    document["spec"]["rules"][0]["validate"]["message"] = message
    given_resource = Resource({**resource(kind=kind).body, "data": {"key": "c2VjcmV0"}})
    (finding,) = evaluate([compiled(document)], [given_resource])
    assert finding.message == expected


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"flag": True}, "Found `true` at flag."),
        ({"flag": 7}, "Found `7` at flag."),
        ({"flag": "hunter2"}, "Found at flag."),
        ({"image": "nginx"}, "Found `nginx` at image."),
        ({"image": "`x` @everyone"}, "Found at image."),
        ({"image": ["nginx"]}, "Found at image[0]."),
    ],
)
def test_only_harmless_values_are_shown(body: dict[str, Any], shown: str) -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"]["pattern"] = dict.fromkeys(body, "good")
    (finding,) = evaluate([compiled(document)], [Resource({**resource().body, **body})])
    assert finding.message == f"no. {shown}"


def test_passes_and_skips_on_demand() -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"]["pattern"] = {
        "(kind)": "Pod",
        "metadata": {"(name)": "web", "x": None},
    }
    others = [resource(), resource(name="db")]
    assert evaluate([compiled(document)], others) == ()
    found = evaluate([compiled(document)], others, include_passes=True)
    assert [one.state for one in found] == ["pass", "skip"]


@pytest.mark.parametrize(
    ("patterns", "states", "fields"),
    [
        ([{"a": 1}, {"b": 2}], ["pass"], [""]),
        ([{"a": 2}, {"b": 2}], ["pass"], [""]),
        ([{"a": 2}, {"b": 1}], ["warn"], ["a"]),
        ([{"(a)": 2, "b": 1}, {"(a)": 3, "b": 1}], ["skip"], [""]),
        ([{"(a)": 2, "b": 1}, {"b": 1}], ["warn"], ["b"]),
        ([{"(a)": 2, "b": 1}, {"b": 2}], ["pass"], [""]),
        ([{"c": 1}, {"spec": {"deep": 1}}], ["warn"], ["spec.deep"]),
    ],
)
def test_any_pattern(patterns: list[Any], states: list[str], fields: list[str]) -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"] = {"message": "x", "anyPattern": patterns}
    body = {**resource().body, "a": 1, "b": 2, "spec": {"deep": 2}}
    found = evaluate([compiled(document)], [Resource(body)], include_passes=True)
    assert ([one.state for one in found], [one.field for one in found]) == (states, fields)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"celPreconditions": [{"name": "a", "expression": "true"}]}, "`celPreconditions`"),
        ({"validate": {"assert": {}}}, "`validate.assert`"),
        ({"validate": {"manifests": {}}}, "signatures of manifests"),
        ({"validate": {"pattern": {"a": "{{ request.userInfo.username }}"}}}, "who makes the change"),
        ({"validate": {"pattern": {"a": "{{ request.userInfo.username || 'x' }}"}}}, "who makes the change"),
        ({"validate": {"pattern": {"a": "{{ request.userInfo }}"}}}, "who makes the change"),
        ({"validate": {"pattern": {"a": "{{ length(request.roles) }}"}}}, "who makes the change"),
        ({"validate": {"pattern": {"a": "{{ serviceAccountName }}"}}}, "who makes the change"),
        ({"validate": {"pattern": {"a": "{{ time_now() }}"}}}, "the time of the request"),
        ({"validate": {"pattern": {"a": "{{ random('[a-z]') }}"}}}, "another text each time"),
        (
            {
                "preconditions": {"all": [{"key": "{{ cm.data.x }}", "operator": "Equals", "value": "b"}]},
                "context": [{"name": "cm", "configMap": {"name": "x", "namespace": "y"}}],
            },
            "the ConfigMap of the context entry `cm`",
        ),
        (
            {
                "context": [
                    {"name": "pods", "apiCall": {"urlPath": "/api/v1/pods"}},
                    {"name": "count", "variable": {"jmesPath": "length(pods.items)", "default": 0}},
                ],
                "validate": {"deny": {"conditions": [{"key": "{{ count }}", "operator": "GreaterThan", "value": 3}]}},
            },
            "the API call of the context entry `pods`",
        ),
        (
            {
                "context": [{"name": "image", "imageRegistry": {"reference": "x"}}],
                "validate": {
                    "foreach": [
                        {
                            "list": "[`1`]",
                            "deny": {
                                "conditions": [{"key": "{{ image.manifest || 'x' }}", "operator": "Equals", "value": 1}]
                            },
                        }
                    ]
                },
            },
            "read from the image registry",
        ),
        (
            {
                "context": [{"name": "cm", "globalReference": {"name": "x"}}],
                "validate": {"pattern": {"a": "{{ cm }}"}},
            },
            "kept in the cluster",
        ),
    ],
)
def test_what_cannot_be_evaluated_never_passes(rule: dict[str, Any], why: str) -> None:
    document = policy(PODS)
    document["spec"]["rules"][0] |= rule
    pods = [resource(), resource("apps/v1", "Deployment"), resource(kind="Service")]
    found = evaluate([compiled(document)], pods, include_passes=True)
    assert [(one.state, one.resource.kind) for one in found if one.resource] == [
        ("not evaluable here", "Pod"),
        ("not evaluable here", "Deployment"),
    ]
    assert why in found[0].message


def test_image_verification_is_not_evaluable() -> None:
    document = policy(PODS)
    del document["spec"]["rules"][0]["validate"]
    document["spec"]["rules"][0]["verifyImages"] = [{"imageReferences": ["*"]}]
    assert [one.state for one in evaluate([compiled(document)], [resource()])] == ["not evaluable here"]


def test_rules_that_judge_nothing_say_nothing() -> None:
    document = policy(PODS)
    del document["spec"]["rules"][0]["validate"]
    document["spec"]["rules"][0]["mutate"] = {"patchStrategicMerge": {}}
    assert evaluate([compiled(document)], [resource()], include_passes=True) == ()


def test_context_variables_with_plain_values_are_known() -> None:
    document = policy(PODS)
    rule = document["spec"]["rules"][0]
    rule["context"] = [{"name": "p", "variable": {"value": {"names": "web | db", "least": 2, "deep": {"on": True}}}}]
    rule["validate"] = {
        "message": "only {{ p.names }}",
        "pattern": {"metadata": {"name": "{{ p.names }}"}, "n": ">= {{p.least}}", "on": "{{ p.deep.on }}"},
    }
    good = Resource({**resource().body, "n": 2, "on": True})
    bad = Resource({**resource(name="x").body, "n": 1, "on": "true"})
    assert evaluate([compiled(document)], [good]) == ()
    found = evaluate([compiled(document)], [bad])
    assert {one.field for one in found} == {"metadata.name", "n", "on"}
    assert found[0].message.startswith("only web | db.")


BROKEN: list[tuple[str, dict[str, Any], str, str]] = [
    ("no rules", {"spec": {"rules": []}}, "spec.rules", "no rules"),
    ("no name", {"metadata": {}}, "metadata.name", "with a name"),
    ("another kind", {"kind": "Deployment"}, "kind", "ClusterPolicy"),
    ("misspelt spec", {"spec": {"rule": []}}, "spec.rule", "unknown field `rule`"),
    ("bad action", {"spec": {"validationFailureAction": "Block"}}, "spec.validationFailureAction", "Block"),
    ("annotations no map", {"metadata": {"name": "p", "annotations": []}}, "metadata.annotations", "map"),
]


@pytest.mark.parametrize(("change", "key", "said"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_broken_policy(change: dict[str, Any], key: str, said: str) -> None:
    document = policy(PODS)
    for name, value in change.items():
        merges = name == "spec" and "rules" not in value
        document[name] = {**document[name], **value} if merges else value
    problems = compile_policy(document, PolicySource("policies/p.yaml", "mine", 3))
    assert isinstance(problems, tuple)
    assert (problems[0].key, said in problems[0].message) == (key, True)
    finding = problems[0].finding("staging")
    assert (finding.state, finding.path, finding.line, finding.environment) == (
        "error",
        "policies/p.yaml",
        3,
        "staging",
    )


@pytest.mark.parametrize(
    ("change", "key", "suggestion"),
    [
        ({"validates": {}}, "spec.rules[0].validates", "did you mean `validate`?"),
        ({"match": {}}, "spec.rules[0].match", "write any: [{resources: {kinds: [Pod]}}]"),
        ({"match": {"any": [{"clusterRoles": ["admin"]}]}}, "spec.rules[0].match", "write any: [{resources: {kinds: [Pod]}}]"),
        ({"match": {"any": []}}, "spec.rules[0].match", "write any: [{resources: {kinds: [Pod]}}]"),
        ({"match": {"any": [{}]}}, "spec.rules[0].match", "write any: [{resources: {kinds: [Pod]}}]"),
        ({"match": {"any": [{"resources": {"kinds": []}}]}}, "spec.rules[0].match", "write any: [{resources: {kinds: [Pod]}}]"),
        ({"match": {"any": [{"resources": {"kinds": ["Pod"]}}], "all": [{"resources": {"kinds": ["Job"]}}]}}, "spec.rules[0].match", "write one of any and all"),
        ({"match": {"any": [{"resources": {"kinds": ["Pod"]}}], "resources": {"kinds": ["Job"]}}}, "spec.rules[0].match", "write one of any and all"),
        ({"validate": None}, "spec.rules[0]", "add one of validate, mutate, generate, verifyImages"),
        ({"match": {"any": [{"resource": {}}]}}, "spec.rules[0].match.any[0].resource", "did you mean `resources`?"),
        ({"match": {"any": [{"resources": {"kind": ["Pod"]}}]}}, "spec.rules[0].match.any[0].resources.kind", "did you mean `kinds`?"),
        ({"match": {"any": [{"resources": {"kinds": "Pod"}}]}}, "spec.rules[0].match.any[0].resources.kinds", ""),
        ({"match": {"any": [{"resources": {"kinds": ["a/b/c/d/e"]}}]}}, "spec.rules[0].match.any[0].resources.kinds[0]", "write Kind, version/Kind or group/version/Kind"),
        ({"match": {"any": [{"resources": {"selector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}}]}}, "spec.rules[0].match.any[0].resources.matchExpressions[0].operator", ""),
        ({"match": {"any": [{"resources": {"operations": ["WRITE"]}}]}}, "spec.rules[0].match.any[0].resources.operations", ""),
        ({"validate": {"patern": {}}}, "spec.rules[0].validate.patern", "did you mean `pattern`?"),
        ({"validate": {"message": "x"}}, "spec.rules[0].validate", "add one of pattern, anyPattern, deny, foreach, podSecurity, cel, assert, manifests"),
        ({"validate": {"anyPattern": {"a": 1}}}, "spec.rules[0].validate.anyPattern", ""),
        ({"validate": {"pattern": {"spec": {"+(a)": 1}}}}, 'spec.rules[0].validate.pattern.spec["+(a)"]', ""),
        ({"validate": {"anyPattern": []}}, "spec.rules[0].validate.anyPattern", ""),
        ({"name": ""}, "spec.rules[0].name", ""),
    ],
)  # fmt: skip
def test_broken_rule(change: dict[str, Any], key: str, suggestion: str) -> None:
    document = policy(PODS)
    document["spec"]["rules"][0] |= change
    problems = compile_policy(document)
    assert isinstance(problems, tuple)
    assert (problems[0].key, problems[0].suggestion) == (key, suggestion)


def test_a_bomb_of_aliases_is_a_problem() -> None:
    lines = ["a0: &a0 {b: 1}"]
    lines += [f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 40)]
    parsed = parse_documents("\n".join(lines).encode())
    assert not isinstance(parsed, str)
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"]["pattern"] = parsed[0].content
    problems = compile_policy(document)
    assert isinstance(problems, tuple)
    assert "nodes" in problems[0].message


def test_an_endless_document_is_a_problem() -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"]["pattern"]["again"] = document
    problems = compile_policy(document)
    assert isinstance(problems, tuple)
    assert "itself" in problems[0].message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("metadata",),
    ("spec",),
    ("spec", "rules"),
    ("spec", "rules", 0),
    ("spec", "rules", 0, "match"),
    ("spec", "rules", 0, "match", "any"),
    ("spec", "rules", 0, "match", "any", 0, "resources", "kinds"),
    ("spec", "rules", 0, "match", "any", 0, "resources"),
    ("spec", "rules", 0, "match", "any", 0, "resources", "selector"),
    ("spec", "rules", 0, "exclude"),
    ("spec", "rules", 0, "context"),
    ("spec", "rules", 0, "validate"),
    ("spec", "rules", 0, "validate", "pattern"),
    ("spec", "rules", 0, "validate", "anyPattern"),
    ("spec", "validationFailureActionOverrides"),
]


@given(st.sampled_from(PLACES), JSON, JSON, st.booleans())
def test_no_document_makes_it_crash(place: tuple[str | int, ...], junk: Any, body: Any, mutates: bool) -> None:
    document: Any = policy(PODS)
    if mutates:
        document["spec"]["rules"][0]["mutate"] = document["spec"]["rules"][0].pop("validate")
    if "validate" in place and mutates:
        return
    *way, last = place
    target = document
    for step in way:
        target = target[step]
    target[last] = junk
    found = compile_policy(document)
    if isinstance(found, CompiledPolicy):
        pod = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": body, "spec": body})
        evaluate([found], [pod], include_passes=True)


@given(JSON)
def test_resources_and_policies_stay_as_they_are(junk: Any) -> None:
    document = policy(PODS)
    body = {**resource().body, "spec": junk}
    before = json.dumps([document, body])
    evaluate([compiled(copy.copy(document))], [Resource(body)])
    assert json.dumps([document, body]) == before
