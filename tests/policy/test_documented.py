"""What Kyverno's documentation promises and the public library of policies never uses, on whole policies.

Each table names the page it comes from; the policies and resources are ours. Single anchors, operators and functions
have longer tables of their own: test_pattern, test_values, test_conditions, test_variables, test_query.
"""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.model.manifest import Resource
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate

PODS = "{any: [{resources: {kinds: [Pod]}}]}"


def rule(validate: str, match: str = PODS, **parts: str) -> CompiledPolicy:
    """Compile a policy of one rule."""
    written = {name: yaml.safe_load(text) for name, text in {"match": match, "validate": validate, **parts}.items()}
    written["validate"].setdefault("message", "no")
    document = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p", "annotations": {"pod-policies.kyverno.io/autogen-controllers": "none"}},
        "spec": {"validationFailureAction": "Enforce", "rules": [{"name": "r", **written}]},
    }
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy), compiled
    return compiled


def pod(spec: str = "{}", **metadata: Any) -> Resource:
    return Resource(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop", **metadata},
            "spec": yaml.safe_load(spec),
        }
    )


def state(policy: CompiledPolicy, *resources: Resource, **options: Any) -> str:
    """Return what the policy says of the last resource; `-` when it does not apply."""
    found = evaluate([policy], resources, include_passes=True, **options)
    return next((one.state for one in found if one.resource == resources[-1].key), "-")


# https://kyverno.io/docs/policy-types/cluster-policy/validate/ ("Anchors", "Existence anchor": at least one element
# of a list must satisfy; "Global Anchor": the rest of the rule is looked at only where it holds)
LISTENS = "{pattern: {spec: {^(containers): [{ports: [{containerPort: 443}]}]}}}"
PULLS = (
    "{pattern: {spec: {containers: [{name: '*', <(image): 'corp.example.com/*'}], imagePullSecrets: [{name: corp}]}}}"
)
ANCHORS = [
    ("one of two fits", LISTENS, "{containers: [{ports: [{containerPort: 80}]}, {ports: [{containerPort: 443}]}]}", "pass"),
    ("none fits", LISTENS, "{containers: [{ports: [{containerPort: 80}]}, {ports: [{containerPort: 81}]}]}", "fail"),
    ("one that lacks the field, one that fits", LISTENS, "{containers: [{}, {ports: [{containerPort: 443}]}]}", "pass"),
    ("all lack the field", LISTENS, "{containers: [{}, {name: x}]}", "fail"),
    ("every port of the one must fit", LISTENS, "{containers: [{ports: [{containerPort: 443}, {containerPort: 80}]}]}", "fail"),
    ("beside a plain pattern, both hold", "{pattern: {spec: {^(containers): [{name: log}], hostNetwork: false}}}", "{containers: [{name: log}], hostNetwork: false}", "pass"),
    ("beside a plain pattern, which fails", "{pattern: {spec: {^(containers): [{name: log}], hostNetwork: false}}}", "{containers: [{name: log}], hostNetwork: true}", "fail"),
    ("a condition within", "{pattern: {spec: {^(containers): [{(name): log, image: 'log:*'}]}}}", "{containers: [{name: web, image: web:1}, {name: log, image: log:1}]}", "pass"),
    ("global holds, the rest as well", PULLS, "{containers: [{name: a, image: corp.example.com/a}], imagePullSecrets: [{name: corp}]}", "pass"),
    ("global holds, the rest is missing", PULLS, "{containers: [{name: a, image: corp.example.com/a}]}", "fail"),
    ("global holds, the rest is another", PULLS, "{containers: [{name: a, image: corp.example.com/a}], imagePullSecrets: [{name: x}]}", "fail"),
    ("global does not hold", PULLS, "{containers: [{name: a, image: docker.io/a}]}", "skip"),
    ("global holds for one, the rest is missing", PULLS, "{containers: [{name: a, image: corp.example.com/a}, {name: b, image: docker.io/b}]}", "fail"),
    ("in anyPattern, the other one counts", "{anyPattern: [{spec: {^(containers): [{name: a}]}}, {spec: {hostNetwork: false}}]}", "{containers: [{name: b}], hostNetwork: false}", "pass"),
    ("in anyPattern, none", "{anyPattern: [{spec: {^(containers): [{name: a}]}}, {spec: {hostNetwork: false}}]}", "{containers: [{name: b}], hostNetwork: true}", "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("validate", "spec", "expected"), [one[1:] for one in ANCHORS], ids=[one[0] for one in ANCHORS]
)
def test_anchors(validate: str, spec: str, expected: str) -> None:
    assert state(rule(validate), pod(spec)) == expected


# https://kyverno.io/docs/policy-types/cluster-policy/variables/ ("Variables from policy definitions": `$(…)` leads to
# another key of the same pattern, an operator in front of it compares with what stands there)
LIMIT = "{pattern: {spec: {containers: [{resources: {requests: {memory: '$(<=./../../limits/memory)'}, limits: {memory: 2Gi}}}]}}}"
BOTH = "{pattern: {spec: {schedulerName: 'a*', nodeName: '$(/spec/schedulerName)'}}}"
NOT = "{pattern: {spec: {schedulerName: fast, nodeName: '$(!./../schedulerName)'}}}"
REFERENCES = [
    ("below what stands there", LIMIT, "{containers: [{resources: {requests: {memory: 512Mi}, limits: {memory: 2Gi}}}]}", "pass"),
    ("the same", LIMIT, "{containers: [{resources: {requests: {memory: 2048Mi}, limits: {memory: 2Gi}}}]}", "pass"),
    ("above it", LIMIT, "{containers: [{resources: {requests: {memory: 3Gi}, limits: {memory: 2Gi}}}]}", "fail"),
    ("what stands there must hold as well", LIMIT, "{containers: [{resources: {requests: {memory: 512Mi}, limits: {memory: 1Gi}}}]}", "fail"),
    ("one container of two", LIMIT, "{containers: [{resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}}, {resources: {requests: {memory: 4Gi}, limits: {memory: 2Gi}}}]}", "fail"),
    ("from the top, with its wildcard", BOTH, "{schedulerName: abc, nodeName: axyz}", "pass"),
    ("from the top, another", BOTH, "{schedulerName: abc, nodeName: xyz}", "fail"),
    ("not what stands there", NOT, "{schedulerName: fast, nodeName: slow}", "pass"),
    ("but it is", NOT, "{schedulerName: fast, nodeName: fast}", "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("validate", "spec", "expected"), [one[1:] for one in REFERENCES], ids=[one[0] for one in REFERENCES]
)
def test_references(validate: str, spec: str, expected: str) -> None:
    assert state(rule(validate), pod(spec)) == expected


# https://kyverno.io/docs/policy-types/cluster-policy/validate/ ("Operators": "These operators work with quantities and
# durations") and https://kyverno.io/docs/policy-types/cluster-policy/preconditions/ ("Durations")
def field(operator: str, value: str) -> str:
    return f"{{deny: {{conditions: {{any: [{{key: '{{{{ request.object.spec.wait }}}}', operator: {operator}, value: {value}}}]}}}}}}"


DURATIONS = [
    ("pattern: less", "{pattern: {spec: {wait: '<1h'}}}", "{wait: 59m59s}", "pass"),
    ("pattern: not less", "{pattern: {spec: {wait: '<1h'}}}", "{wait: 60m}", "fail"),
    ("pattern: at most, other units", "{pattern: {spec: {wait: '<=24h'}}}", "{wait: 1440m}", "pass"),
    ("pattern: in a range", "{pattern: {spec: {wait: 10s-2m}}}", "{wait: 90s}", "pass"),
    ("pattern: beside a range", "{pattern: {spec: {wait: 10s-2m}}}", "{wait: 3m}", "fail"),
    ("pattern: out of a range", "{pattern: {spec: {wait: 10s!-2m}}}", "{wait: 3m}", "pass"),
    ("pattern: the same in other units", "{pattern: {spec: {wait: 1.5h}}}", "{wait: 90m}", "pass"),
    ("pattern: one or the other", "{pattern: {spec: {wait: '<10s | >1h'}}}", "{wait: 2h}", "pass"),
    ("pattern: neither", "{pattern: {spec: {wait: '<10s | >1h'}}}", "{wait: 5m}", "fail"),
    ("pattern: both", "{pattern: {spec: {wait: '>10s & <1h'}}}", "{wait: 5m}", "pass"),
    ("pattern: absent is nothing", "{pattern: {spec: {wait: '<1h'}}}", "{}", "pass"),
    ("condition: greater", field("GreaterThan", "1h"), "{wait: 61m}", "fail"),
    ("condition: not greater", field("GreaterThan", "1h"), "{wait: 60m}", "pass"),
    ("condition: at least", field("GreaterThanOrEquals", "1h"), "{wait: 60m}", "fail"),
    ("condition: less", field("LessThan", "1m30s"), "{wait: 80s}", "fail"),
    ("condition: at most", field("LessThanOrEquals", "1m30s"), "{wait: 91s}", "pass"),
    ("condition: equal in other units", field("Equals", "1h"), "{wait: 3600s}", "fail"),
    ("condition: a number counts seconds", field("GreaterThan", "3599"), "{wait: 1h}", "fail"),
    ("condition: fractions", field("LessThan", "500ms"), "{wait: 0.4s}", "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("validate", "spec", "expected"), [one[1:] for one in DURATIONS], ids=[one[0] for one in DURATIONS]
)
def test_durations(validate: str, spec: str, expected: str) -> None:
    assert state(rule(validate), pod(spec)) == expected


# https://kyverno.io/docs/policy-types/cluster-policy/jmespath/ ("Non-existence checks", "Arithmetic", `||`) and
# https://kyverno.io/docs/policy-types/cluster-policy/variables/ ("Evaluation Order")
def asks(key: str, value: str = "x", operator: str = "Equals") -> str:
    return f"{{deny: {{conditions: {{any: [{{key: \"{key}\", operator: {operator}, value: '{value}'}}]}}}}}}"


def demands(key: str) -> str:
    return f'{{all: [{{key: "{key}", operator: Equals, value: x}}]}}'


MISSING = [
    ("a key that is not there", asks("{{ request.object.spec.zone }}"), "{}", "error"),
    ("a default for it", asks("{{ request.object.spec.zone || 'x' }}"), "{}", "fail"),
    ("another default", asks("{{ request.object.spec.zone || '' }}"), "{}", "pass"),
    ("below one that is not there", asks("{{ request.object.spec.a.b.c || 'x' }}"), "{}", "fail"),
    ("in a comparison", asks("{{ request.object.spec.zone == 'x' }}", "true"), "{}", "pass"),
    ("as an argument", asks("{{ length(request.object.spec.zones || `[]`) }}", "0"), "{}", "fail"),
    ("in a projection", asks("{{ length(request.object.spec.containers[].zone) }}", "0"), "{containers: [{name: a}]}", "fail"),
    ("in a filter", asks("{{ length(request.object.spec.containers[?zone == 'x']) }}", "1"), "{containers: [{name: a}, {zone: x}]}", "fail"),
    ("a key that is null", asks("{{ request.object.spec.zone || 'x' }}"), "{zone: null}", "fail"),
    ("a key that is there", asks("{{ request.object.spec.zone || 'y' }}"), "{zone: x}", "fail"),
    ("in a pattern that compares with it", "{pattern: {spec: {nodeName: '{{ request.object.spec.zone }}'}}}", "{nodeName: x}", "error"),
    ("in a pattern, with a default", "{pattern: {spec: {nodeName: \"{{ request.object.spec.zone || 'x' }}\"}}}", "{nodeName: x}", "pass"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("validate", "spec", "expected"), [one[1:] for one in MISSING], ids=[one[0] for one in MISSING]
)
def test_missing_keys(validate: str, spec: str, expected: str) -> None:
    assert state(rule(validate), pod(spec)) == expected


@pytest.mark.parametrize(
    ("key", "spec", "expected"),
    [
        ("{{ request.object.spec.zone || '' }}", "{}", "skip"),
        ("{{ request.object.spec.zone || '' }}", "{zone: x}", "fail"),
        ("{{ request.object.spec.zone || 'x' }}", "{}", "fail"),
        ("{{ request.object.spec.zone }}", "{zone: y}", "skip"),
        ("{{ request.object.spec.zone }}", "{}", "error"),
    ],
)
def test_missing_keys_of_preconditions(key: str, spec: str, expected: str) -> None:
    assert state(rule("{deny: {}}", preconditions=demands(key)), pod(spec)) == expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ("[{zone: x}]", "fail"),
        ("[{zone: y}]", "pass"),
        ("[{}]", "error"),
        ("[{}, {zone: x}]", "fail"),
        ("[]", "skip"),
    ],
)
def test_missing_keys_of_elements(elements: str, expected: str) -> None:
    """https://kyverno.io/docs/policy-types/cluster-policy/validate/ ("foreach"): an element without the key is passed over, unless it is the last."""
    loop = f"{{foreach: [{{list: request.object.spec.parts, {asks('{{ element.zone }}')[1:-1]}}}]}}"
    assert state(rule(loop), pod(f"{{parts: {elements}}}")) == expected


# https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/ ("Match Roles and Cluster Roles", "Match Kubernetes
# Subjects", "Combining match and exclude") and https://kyverno.io/docs/policy-types/cluster-policy/variables/
# ("Pre-defined Variables": serviceAccountName, request.roles, request.clusterRoles)
ANN = {"request.userInfo": {"username": "ann", "groups": ["devs"]}, "request.roles": ["shop:admin"], "request.clusterRoles": ["view", "edit"]}  # fmt: skip
BOT = {"request.userInfo": {"username": "system:serviceaccount:ci:bot", "groups": []}, "serviceAccountName": "bot", "serviceAccountNamespace": "ci"}  # fmt: skip
NOBODY: dict[str, object] = {}


def by(match: str, exclude: str = "", validate: str = "{deny: {}}") -> CompiledPolicy:
    return rule(validate, f"{{any: [{{{match}}}]}}", **({"exclude": f"{{any: [{{{exclude}}}]}}"} if exclude else {}))


KIND = "resources: {kinds: [Pod]}"
USERS = [
    ("a user", by(f"{KIND}, subjects: [{{kind: User, name: ann}}]"), ANN, "fail"),
    ("another user", by(f"{KIND}, subjects: [{{kind: User, name: bob}}]"), ANN, "-"),
    ("a wildcard", by(f"{KIND}, subjects: [{{kind: User, name: 'a*'}}]"), ANN, "fail"),
    ("a group", by(f"{KIND}, subjects: [{{kind: Group, name: devs}}]"), ANN, "fail"),
    ("a service account", by(f"{KIND}, subjects: [{{kind: ServiceAccount, name: bot, namespace: ci}}]"), BOT, "fail"),
    ("a service account elsewhere", by(f"{KIND}, subjects: [{{kind: ServiceAccount, name: bot, namespace: cd}}]"), BOT, "-"),
    ("a cluster role", by(f"{KIND}, clusterRoles: [edit]"), ANN, "fail"),
    ("two kinds of them: both", by(f"{KIND}, clusterRoles: [edit], roles: ['shop:admin']"), ANN, "fail"),
    ("two kinds of them: one", by(f"{KIND}, clusterRoles: [edit], roles: ['other:admin']"), ANN, "-"),
    ("an excluded cluster role", by(KIND, "clusterRoles: [view]"), ANN, "-"),
    ("an excluded cluster role of others", by(KIND, "clusterRoles: [cluster-admin]"), ANN, "fail"),
    ("an excluded user", by(KIND, "subjects: [{kind: User, name: ann}]"), ANN, "-"),
    ("excluded for Services only", by(KIND, "resources: {kinds: [Service]}, subjects: [{kind: User, name: ann}]"), ANN, "fail"),
    ("nobody is known: matched", by(f"{KIND}, subjects: [{{kind: User, name: ann}}]"), NOBODY, "fail"),
    ("nobody is known: not excluded", by(KIND, "clusterRoles: [cluster-admin]"), NOBODY, "fail"),
    ("a condition about the user", by(KIND, validate=asks("{{ request.userInfo.username }}", "ann")), ANN, "fail"),
    ("a condition about the groups", by(KIND, validate=asks("devs", "{{ request.userInfo.groups }}", "AnyIn")), ANN, "fail"),
    ("a condition about cluster roles", by(KIND, validate=asks("{{ request.clusterRoles }}", "cluster-admin", "AnyIn")), ANN, "pass"),
    ("a condition about the account", by(KIND, validate=asks("{{ serviceAccountName }}", "bot")), BOT, "fail"),
    ("a condition about somebody unknown", by(KIND, validate=asks("{{ request.userInfo.username }}", "ann")), NOBODY, "not evaluable here"),
    ("a condition about an unknown account", by(KIND, validate=asks("{{ serviceAccountName }}", "bot")), NOBODY, "not evaluable here"),
    ("a default is none for somebody unknown", by(KIND, validate=asks("{{ request.userInfo.username || 'x' }}")), NOBODY, "not evaluable here"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "given", "expected"), [one[1:] for one in USERS], ids=[one[0] for one in USERS])
def test_who_makes_the_request(policy: CompiledPolicy, given: dict[str, object], expected: str) -> None:
    assert state(policy, pod(), values=lambda *_: given) == expected


# https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/ ("Match a label in a Namespace") with the operators of
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
SELECTORS = [
    ("a label", "matchLabels: {tier: web}", {"tier": "web"}, "fail"),
    ("another value", "matchLabels: {tier: web}", {"tier": "db"}, "-"),
    ("no label", "matchLabels: {tier: web}", {}, "-"),
    ("two labels", "matchLabels: {tier: web, env: prod}", {"tier": "web"}, "-"),
    ("a wildcard in the value", "matchLabels: {tier: 'w*'}", {"tier": "web"}, "fail"),
    ("a wildcard in the key", "matchLabels: {'t*r': web}", {"tier": "web"}, "fail"),
    ("In", "matchExpressions: [{key: tier, operator: In, values: [web, db]}]", {"tier": "db"}, "fail"),
    ("not In", "matchExpressions: [{key: tier, operator: In, values: [web, db]}]", {"tier": "x"}, "-"),
    ("In without the label", "matchExpressions: [{key: tier, operator: In, values: [web]}]", {}, "-"),
    ("NotIn", "matchExpressions: [{key: tier, operator: NotIn, values: [web]}]", {"tier": "db"}, "fail"),
    ("NotIn, but it is", "matchExpressions: [{key: tier, operator: NotIn, values: [web]}]", {"tier": "web"}, "-"),
    ("NotIn without the label", "matchExpressions: [{key: tier, operator: NotIn, values: [web]}]", {}, "fail"),
    ("Exists", "matchExpressions: [{key: tier, operator: Exists}]", {"tier": ""}, "fail"),
    ("Exists without the label", "matchExpressions: [{key: tier, operator: Exists}]", {}, "-"),
    ("DoesNotExist", "matchExpressions: [{key: tier, operator: DoesNotExist}]", {}, "fail"),
    ("DoesNotExist with the label", "matchExpressions: [{key: tier, operator: DoesNotExist}]", {"tier": "web"}, "-"),
    ("labels and expressions", "matchLabels: {env: prod}, matchExpressions: [{key: tier, operator: Exists}]", {"env": "prod", "tier": "x"}, "fail"),
    ("labels and an expression that fails", "matchLabels: {env: prod}, matchExpressions: [{key: tier, operator: Exists}]", {"env": "prod"}, "-"),
    ("the label of its name", "matchLabels: {kubernetes.io/metadata.name: shop}", {}, "fail"),
    ("nobody knows", "matchLabels: {tier: web}", None, "not evaluable here"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "labels", "expected"), [one[1:] for one in SELECTORS], ids=[one[0] for one in SELECTORS]
)
def test_namespace_selectors(selector: str, labels: dict[str, str] | None, expected: str) -> None:
    policy = rule("{deny: {}}", f"{{any: [{{resources: {{kinds: [Pod], namespaceSelector: {{{selector}}}}}}}]}}")
    namespaces = {} if labels is None else {"shop": labels}
    assert state(policy, pod(), namespaces=namespaces) == expected
    if labels is not None:  # the Namespace among the manifests says the same
        metadata = {"name": "shop", "labels": labels}
        there = Resource({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        assert state(policy, there, pod()) == expected


def test_excluded_namespaces_by_their_labels() -> None:
    exclude = "{any: [{resources: {namespaceSelector: {matchLabels: {tier: web}}}}]}"
    policy = rule("{deny: {}}", exclude=exclude)
    assert state(policy, pod(), namespaces={"shop": {"tier": "web"}}) == "-"
    assert state(policy, pod(), namespaces={"shop": {"tier": "db"}}) == "fail"
    assert state(policy, pod()) == "not evaluable here"


def test_a_selector_of_namespaces_is_none_of_what_has_no_namespace() -> None:
    match = "{any: [{resources: {kinds: [ClusterRole], namespaceSelector: {matchLabels: {tier: web}}}}]}"
    role = Resource({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}})
    assert state(rule("{deny: {}}", match), role, namespaces={"shop": {"tier": "web"}}) == "-"
