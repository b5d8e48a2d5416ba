"""What whole rules say: deny, foreach, preconditions, context, old objects, exceptions.

Rows come from https://kyverno.io/docs/policy-types/cluster-policy/validate/ ("Deny Rules", "foreach", "nested foreach"),
https://kyverno.io/docs/exceptions/ and `pkg/engine/handlers/validation` of kyverno/kyverno.
"""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.evaluation import evaluate_packs
from bot.policy.kyverno import CompiledPolicy, PolicyException, compile_exception, compile_policy, evaluate
from bot.policy.kyverno.judges import MOST_ELEMENTS
from bot.policy.packs import load_pack

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  serviceAccountName: web
  containers:
  - {name: one, image: "ghcr.io/team/one:1.0", ports: [{hostPort: 80}, {hostPort: 443}]}
  - {name: two, image: nginx, ports: []}
  initContainers:
  - {name: zero, image: "busybox@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
"""


def pod(**changes: Any) -> Resource:
    return Resource({**yaml.safe_load(POD), **changes})


def policy(
    rule: str, *, name: str = "p", kinds: str = "[Pod]", spec: str = "{validationFailureAction: Enforce}"
) -> CompiledPolicy:
    document = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name},
        "spec": {
            **yaml.safe_load(spec),
            "rules": [
                {
                    "name": "r",
                    "match": {"any": [{"resources": {"kinds": yaml.safe_load(kinds)}}]},
                    **yaml.safe_load(rule),
                }
            ],
        },
    }
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy), compiled
    return compiled


def findings(rule: str, *resources: Resource, **options: Any) -> tuple[Finding, ...]:
    return evaluate([policy(rule)], resources or [pod()], include_passes=True, **options)


def state(rule: str, *resources: Resource, **options: Any) -> str:
    (found,) = {one.state for one in findings(rule, *resources, **options)}
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("validate: {deny: {}}", "fail"),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ request.object.spec.serviceAccountName }}', operator: Equals, value: web}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ request.object.spec.serviceAccountName }}', operator: Equals, value: x}]}}}",
            "pass",
        ),
        (
            "validate: {deny: {conditions: {all: [{key: '{{ request.object.spec.nothing }}', operator: Equals, value: x}]}}}",
            "error",
        ),
        (
            "validate: {deny: {conditions: {all: [{key: \"{{ request.object.spec.nothing || 'x' }}\", operator: Equals, value: x}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ request.operation }}', operator: Equals, value: CREATE}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ request.namespace }}/{{ request.name }}', operator: Equals, value: shop/web}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ images.containers.one.registry }}', operator: Equals, value: ghcr.io}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ images.containers.two.tag }}', operator: Equals, value: latest}]}}}",
            "fail",
        ),
        (
            "validate: {deny: {conditions: {any: [{key: '{{ images.initContainers.*.digest | [0] }}', operator: Equals, value: 'sha256:a*'}]}}}",
            "fail",
        ),
        ("{preconditions: {all: [{key: a, operator: Equals, value: b}]}, validate: {deny: {}}}", "skip"),
        ("{preconditions: {all: [{key: a, operator: Equals, value: a}]}, validate: {deny: {}}}", "fail"),
        ("{preconditions: {all: [{key: '{{ nothing }}', operator: Equals, value: a}]}, validate: {deny: {}}}", "error"),
        ("{preconditions: [{key: a, operator: NotEquals, value: a}], validate: {deny: {}}}", "skip"),
        (
            "{context: [{name: v, variable: {value: a}}], preconditions: {any: [{key: '{{ v }}', operator: Equals, value: a}]}, validate: {deny: {}}}",
            "fail",
        ),
        # patterns with variables
        ("validate: {pattern: {spec: {serviceAccountName: '{{ request.object.metadata.name }}'}}}", "pass"),
        ("validate: {pattern: {spec: {serviceAccountName: '!{{ request.object.metadata.name }}'}}}", "fail"),
        ("validate: {pattern: {spec: {serviceAccountName: '{{ request.object.metadata.nothing }}'}}}", "error"),
        ("validate: {pattern: {metadata: {labels: {'{{ request.object.metadata.labels.app }}': x}}}}", "fail"),
        (
            "validate: {anyPattern: [{spec: {serviceAccountName: '{{ request.object.metadata.name }}'}}, {a: b}]}",
            "pass",
        ),
        ("validate: {pattern: {spec: '{{ request.object.metadata }}'}}", "fail"),
        # loops
        ("validate: {foreach: [{list: request.object.spec.containers, pattern: {name: '*'}}]}", "pass"),
        ("validate: {foreach: [{list: request.object.spec.containers, pattern: {name: one}}]}", "fail"),
        (
            "validate: {foreach: [{list: request.object.spec.containers, anyPattern: [{name: one}, {name: t*}]}]}",
            "pass",
        ),
        ("validate: {foreach: [{list: request.object.spec.nothing, deny: {}}]}", "skip"),
        ("validate: {foreach: [{list: 'request.object.spec.containers[?name==''x'']', deny: {}}]}", "skip"),
        (
            "validate: {foreach: [{list: request.object.spec.containers, deny: {conditions: {any: [{key: '{{ element.name }}', operator: Equals, value: two}]}}}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, preconditions: {any: [{key: '{{ element.name }}', operator: Equals, value: x}]}, deny: {}}]}",
            "skip",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, preconditions: {any: [{key: '{{ element.name }}', operator: Equals, value: one}]}, deny: {}}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, context: [{name: n, variable: {jmesPath: element.name}}], deny: {conditions: {any: [{key: '{{ n }}', operator: Equals, value: two}]}}}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, deny: {conditions: {any: [{key: '{{ elementIndex }}', operator: Equals, value: 1}]}}}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, deny: {conditions: {any: [{key: '{{ elementIndex }}', operator: Equals, value: 2}]}}}]}",
            "pass",
        ),
        (
            "validate: {foreach: [{list: 'request.object.spec.[initContainers, containers][]', deny: {conditions: {any: [{key: '{{ element0.name }}', operator: Equals, value: two}]}}}]}",
            "fail",
        ),
        # an element in error is passed over, but not the last one
        (
            "validate: {foreach: [{list: request.object.spec.containers, deny: {conditions: {any: [{key: '{{ element.ports[0].hostPort }}', operator: Equals, value: 1}]}}}]}",
            "pass",
        ),
        (
            "validate: {foreach: [{list: 'request.object.spec.containers[::-1]', deny: {conditions: {any: [{key: '{{ element.nothing }}', operator: Equals, value: 1}]}}}]}",
            "error",
        ),
        ("validate: {foreach: [{list: 'request.object.spec.initContainers[] | [0].ports', deny: {}}]}", "skip"),
        # elementScope: a map is the scope of patterns, unless said otherwise
        (
            "validate: {foreach: [{list: request.object.spec.containers, elementScope: false, pattern: {kind: Pod}}]}",
            "pass",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, elementScope: true, pattern: {kind: Pod}}]}",
            "fail",
        ),
        ("validate: {foreach: [{list: 'request.object.spec.containers[].name', pattern: {kind: Pod}}]}", "pass"),
        (
            "validate: {foreach: [{list: 'request.object.spec.containers[].name', elementScope: true, pattern: {kind: Pod}}]}",
            "error",
        ),
        # loops in loops
        (
            "validate: {foreach: [{list: request.object.spec.containers, foreach: [{list: element.ports, deny: {conditions: {any: [{key: '{{ element.hostPort }}', operator: Equals, value: 443}]}}}]}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, foreach: [{list: element.ports, deny: {conditions: {any: [{key: '{{ element0.name }}/{{ element1.hostPort }}', operator: Equals, value: one/443}]}}}]}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, foreach: [{list: element.ports, deny: {conditions: {any: [{key: '{{ element0.name }}', operator: Equals, value: two}]}}}]}]}",
            "pass",
        ),
        # the first loop that does not pass decides, a loop of nothing passes
        (
            "validate: {foreach: [{list: request.object.spec.nothing, deny: {}}, {list: request.object.spec.containers, pattern: {name: '*'}}]}",
            "pass",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, pattern: {name: '*'}}, {list: request.object.spec.containers, deny: {}}]}",
            "fail",
        ),
        (
            "validate: {foreach: [{list: request.object.spec.containers, pattern: {name: '{{ request.roles }}'}}]}",
            "not evaluable here",
        ),
    ],
)
def test_rules(rule: str, expected: str) -> None:
    assert state(rule) == expected


def test_every_element_at_fault_is_named() -> None:
    found = findings(
        "validate: {message: 'No {{ element.name }}', foreach: [{list: request.object.spec.containers, pattern: {image: '*:1'}}]}"
    )
    assert [(one.field, one.message) for one in found] == [
        ("spec.containers[0].image", "No one. Found `ghcr.io/team/one:1.0` at spec.containers[0].image."),
        ("spec.containers[1].image", "No two. Found `nginx` at spec.containers[1].image."),
    ]


def test_a_denied_element_is_named_and_conditions_add_their_messages() -> None:
    (found,) = findings(
        "validate: {message: 'Not {{ element.name }}', foreach: [{list: request.object.spec.containers, deny: {conditions:"
        " {any: [{key: '{{ element.name }}', operator: Equals, value: two, message: 'two is {{ elementIndex }}'}]}}}]}"
    )
    assert (found.field, found.message) == (
        "spec.containers[1].name",
        "Not two; two is 1. Found at spec.containers[1].name.",
    )


DENIED = [
    # the loop, if any; the conditions; the places named
    ("", "{any: [{key: '{{ request.object.spec.priority }}', operator: LessThan, value: 9}]}", ["Found `5` at spec.priority"]),
    ("", "{any: [{key: '{{ request.object.spec.none || `1` }}', operator: LessThan, value: 9}]}", ["Missing at spec.none"]),
    ("", "{any: [{key: '{{ length(request.object.spec.containers) }}', operator: LessThan, value: 9}]}", ["Found at spec.containers"]),
    ("", "{any: [{key: '{{ contains(keys(request.object.spec), ''priority'') }}', operator: Equals, value: true}]}", ["Found `5` at spec.priority"]),
    ("", "{any: [{key: '{{ request.object.spec.serviceAccountName }}', operator: Equals, value: '*'}]}", ["Found at spec.serviceAccountName"]),
    # the first of any that holds, the last of all
    ("", "{any: [{key: '{{ request.object.spec.priority }}', operator: LessThan, value: 1}, {key: '{{ request.object.spec.hostIPC }}', operator: Equals, value: true}]}", ["Found `true` at spec.hostIPC"]),
    ("", "{all: [{key: '{{ request.object.spec.priority }}', operator: LessThan, value: 9}, {key: '{{ request.object.spec.hostIPC }}', operator: Equals, value: true}, {key: a, operator: Equals, value: a}]}", ["Found `true` at spec.hostIPC"]),
    # what is not said plainly
    ("", "{any: [{key: '{{ request.object.spec.containers[0].name }}', operator: Equals, value: one}]}", [""]),
    ("", "{any: [{key: '{{ request.operation }}', operator: Equals, value: CREATE}]}", [""]),
    ("", "{any: [{key: 'x{{ request.object.spec.priority }}', operator: Equals, value: x5}]}", [""]),
    # loops, also in loops
    ("request.object.spec.containers", "{any: [{key: '{{ element.ports || `[]` }}', operator: Equals, value: []}]}", ["Missing at spec.containers[1].ports"]),
    ("request.object.spec.containers", "{any: [{key: '{{ request.object.spec.priority }}', operator: Equals, value: 5}]}", ["Found `5` at spec.priority", "Found `5` at spec.priority"]),
    ("request.object.spec.containers[].ports[]", "{any: [{key: '{{ element.containerPort }}', operator: Equals, value: 80}]}", [""]),
    ("request.object.spec.containers > element.ports", "{any: [{key: '{{ element.containerPort }}', operator: Equals, value: 80}]}", ["Found `80` at spec.containers[0].ports[0].containerPort"]),
    ("request.object.spec.containers > request.object.spec.containers[].ports[]", "{any: [{key: '{{ element.containerPort }}', operator: Equals, value: 80}]}", ["Found at spec.containers[0]", "Found at spec.containers[1]"]),
    ("request.object.spec.securityContext", "{any: [{key: '{{ element.runAsUser }}', operator: Equals, value: 0}]}", ["Found `0` at spec.securityContext.runAsUser"]),
]  # fmt: skip


@pytest.mark.parametrize(("loop", "conditions", "places"), DENIED)
def test_a_denial_names_the_place_that_its_condition_looks_at(loop: str, conditions: str, places: list[str]) -> None:
    inner = f"deny: {{conditions: {conditions}}}"
    for listed in reversed(loop.split(" > ") if loop else []):
        inner = f"foreach: [{{list: '{listed}', {inner}}}]"
    one = {"name": "one", "image": "a", "ports": [{"containerPort": 80}]}
    spec = {
        "priority": 5,
        "hostIPC": True,
        "serviceAccountName": "x",
        "securityContext": {"runAsUser": 0},
        "containers": [one, {"name": "two", "image": "b"}],
    }
    resource = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec})
    found = evaluate([policy(f"validate: {{message: Denied, {inner}}}")], [resource])
    assert [one.message.removeprefix("Denied.").strip().removesuffix(".") for one in found] == places


def test_a_derived_rule_names_the_place_in_the_controller() -> None:
    deployment = Resource(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d"},
            "spec": {"template": {"spec": pod().body["spec"]}},
        }
    )
    found = evaluate(
        [policy("validate: {message: m, foreach: [{list: request.object.spec.containers, pattern: {name: one}}]}")],
        [deployment],
    )
    assert [one.field for one in found] == ["spec.template.spec.containers[1].name"]


@pytest.mark.parametrize(("action", "expected"), [("Enforce", "error"), ("Audit", "warn")])
def test_a_rule_in_error_blocks_only_where_the_policy_does(action: str, expected: str) -> None:
    """An auditing policy that trips over a missing label lets the request through in a cluster."""
    rule = "validate: {pattern: {spec: {x: '{{ request.object.metadata.nothing }}'}}}"
    (found,) = evaluate([policy(rule, spec=f"{{validationFailureAction: {action}}}")], [pod()])
    assert found.state == expected
    assert "there is no `nothing`" in found.message


def test_a_message_about_a_secret_shows_nothing_of_it() -> None:
    secret = Resource({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "c2VjcmV0"}})
    rule = "validate: {message: 'Found {{ request.object.data.k }}', deny: {}}"
    (found,) = evaluate([policy(rule, kinds="[Secret]")], [secret])
    assert "c2VjcmV0" not in found.message


def test_an_object_that_was_there_before_is_updated() -> None:
    rule = """
    preconditions: {all: [{key: "{{ request.operation }}", operator: Equals, value: UPDATE}]}
    validate:
      message: frozen
      deny: {conditions: {any: [{key: "{{ request.object.spec.serviceAccountName }}", operator: NotEquals, value: "{{ request.oldObject.spec.serviceAccountName }}"}]}}
    """
    before = pod(spec={**pod().body["spec"], "serviceAccountName": "other"})
    assert state(rule) == "skip"
    assert state(rule, old={before.key: before}) == "fail"
    assert state(rule, old={pod().key: pod()}) == "pass"
    (found,) = evaluate(
        [policy("{match: {any: [{resources: {kinds: [Pod], operations: [UPDATE]}}]}, validate: {deny: {}}}")],
        [pod()],
        old={before.key: before},
    )
    assert found.state == "fail"


def test_values_from_outside_stand_for_what_lies_elsewhere() -> None:
    rule = """
    context: [{name: cm, configMap: {name: x, namespace: y}}, {name: pods, apiCall: {urlPath: /x}}]
    validate: {deny: {conditions: {all: [{key: "{{ cm.data.names }}", operator: AnyIn, value: "{{ pods }}"}]}}}
    """
    given = {
        "cm.data.names": "a",
        "pods": ["a"],
        "request.operation": "UPDATE",
        'request.object.metadata.annotations."a.b/c"': "x",
    }
    asked = []

    def values(policy: str, rule: Any, subject: Any) -> dict[str, Any]:
        asked.append((policy, rule.name, subject.name))
        return given

    assert state(rule) == "not evaluable here"
    assert state(rule, values=values) == "fail"
    assert (
        state(
            "validate: {pattern: {metadata: {name: '{{ request.object.metadata.annotations.\"a.b/c\" }}'}}}",
            values=values,
        )
        == "fail"
    )
    assert set(asked) == {("p", "r", "web")}
    assert "annotations" not in pod().metadata


def test_only_one_rule_of_a_policy_may_apply() -> None:
    document = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p"},
        "spec": {"applyRules": "One", "rules": [
            {"name": name, "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "validate": {"pattern": {"kind": kind}}}
            for name, kind in (("a", "Pod"), ("b", "x"))
        ]},
    }  # fmt: skip
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy)
    assert [one.rule for one in evaluate([compiled], [pod(), pod()], include_passes=True)] == ["a", "a"]


def exception(spec: str) -> PolicyException:
    found = compile_exception(
        {
            "apiVersion": "kyverno.io/v2",
            "kind": "PolicyException",
            "metadata": {"name": "e"},
            "spec": yaml.safe_load(spec),
        }
    )
    assert isinstance(found, PolicyException), found
    return found


MATCH = "match: {any: [{resources: {kinds: [Pod], names: [we*]}}]}"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("exceptions: [{policyName: p, ruleNames: [r]}], " + MATCH, "skip"),
        ("exceptions: [{policyName: p, ruleNames: ['*']}], " + MATCH, "skip"),
        ("exceptions: [{policyName: q, ruleNames: [r]}], " + MATCH, "fail"),
        ("exceptions: [{policyName: p, ruleNames: [s]}], " + MATCH, "fail"),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], match: {any: [{resources: {kinds: [Pod], names: [x]}}]}",
            "fail",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], match: {all: [{resources: {kinds: [Pod]}}, {resources: {namespaces: [shop]}}]}",
            "skip",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], match: {any: [{resources: {kinds: [Pod]}, subjects: [{kind: User, name: x}]}]}",
            "fail",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], conditions: {any: [{key: '{{ request.object.metadata.labels.app }}', operator: Equals, value: web}]}, "
            + MATCH,
            "skip",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], conditions: {any: [{key: '{{ request.object.metadata.labels.app }}', operator: Equals, value: x}]}, "
            + MATCH,
            "fail",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], conditions: {any: [{key: '{{ nothing }}', operator: Equals, value: x}]}, "
            + MATCH,
            "fail",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], conditions: {any: [{key: '{{ request.userInfo.username }}', operator: Equals, value: x}]}, "
            + MATCH,
            "not evaluable here",
        ),
        (
            "exceptions: [{policyName: p, ruleNames: [r]}], match: {any: [{resources: {kinds: [Pod], namespaceSelector: {matchLabels: {a: b}}}}]}",
            "not evaluable here",
        ),
    ],
)
def test_exceptions(spec: str, expected: str) -> None:
    assert state("validate: {deny: {}}", exceptions=[exception("{" + spec + "}")]) == expected


@pytest.mark.parametrize(("rules", "expected"), [("[r]", ["fail"]), ("[autogen-r]", []), ("[r, autogen-*]", [])])
def test_exceptions_name_derived_rules_on_their_own(rules: str, expected: list[str]) -> None:
    deployment = Resource({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}})
    spec = f"{{exceptions: [{{policyName: p, ruleNames: {rules}}}], match: {{any: [{{resources: {{kinds: ['*']}}}}]}}}}"
    found = evaluate([policy("validate: {deny: {}}")], [deployment], exceptions=[exception(spec)])
    assert [one.state for one in found] == expected


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ("{}", "spec.exceptions"),
        ("{exceptions: [{policyName: p}], " + MATCH + "}", "spec.exceptions[0]"),
        ("{exceptions: [{policyName: p, ruleNames: [r]}]}", "spec.match"),
        ("{exceptions: [{policyName: p, ruleName: [r]}], " + MATCH + "}", "spec.exceptions[0].ruleName"),
        ("{exceptions: [{policyName: p, ruleNames: [r]}], mach: {}}", "spec.mach"),
        (
            "{exceptions: [{policyName: p, ruleNames: [r]}], podSecurity: [{controlName: x}], " + MATCH + "}",
            "spec.podSecurity[0].controlName",
        ),
    ],
)
def test_broken_exceptions_are_told(spec: str, key: str) -> None:
    found = compile_exception(
        {
            "apiVersion": "kyverno.io/v2",
            "kind": "PolicyException",
            "metadata": {"name": "e"},
            "spec": yaml.safe_load(spec),
        }
    )
    assert not isinstance(found, PolicyException)
    assert [(one.policy, one.key) for one in found] == [("e", key)]


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("validate: {deny: {condition: {}}}", "spec.rules[0].validate.deny.condition"),
        (
            "validate: {deny: {conditions: {any: [{key: a, operator: Is, value: b}]}}}",
            "spec.rules[0].validate.deny.conditions.any[0].operator",
        ),
        ("validate: {deny: {}, pattern: {a: b}}", "spec.rules[0].validate"),
        ("validate: {pattern: {a: '{{ b..c }}'}}", "spec.rules[0].validate.pattern"),
        ("validate: {pattern: {a: '$(./../nothing)'}}", "spec.rules[0].validate.pattern"),
        ("validate: {anyPattern: [{'+(a)': b}]}", 'spec.rules[0].validate.anyPattern.["+(a)"]'),
        ("validate: {foreach: [{list: a}]}", "spec.rules[0].validate.foreach[0]"),
        ("validate: {foreach: [{list: 'a..b', deny: {}}]}", "spec.rules[0].validate.foreach[0].list"),
        (
            "validate: {foreach: [{list: a, deny: {}, elementScope: 1}]}",
            "spec.rules[0].validate.foreach[0].elementScope",
        ),
        ("validate: {foreach: [{lists: a, deny: {}}]}", "spec.rules[0].validate.foreach[0].lists"),
        (
            "validate: {foreach: [{list: a, context: [{name: b}], deny: {}}]}",
            "spec.rules[0].validate.foreach[0].context[0]",
        ),
        ("{preconditions: {al: []}, validate: {deny: {}}}", "spec.rules[0].preconditions.al"),
        (
            "{context: [{name: a, variable: {jmesPath: 'b('}}], validate: {deny: {}}}",
            "spec.rules[0].context[0].variable.jmesPath",
        ),
        ("{imageExtractors: {Task: [{path: ''}]}, validate: {deny: {}}}", "spec.rules[0].imageExtractors.Task[0].path"),
        ("validate: {podSecurity: {level: tight}}", "spec.rules[0].validate.podSecurity.level"),
        ("validate: {podSecurity: {level: baseline, version: one}}", "spec.rules[0].validate.podSecurity.version"),
        (
            "validate: {podSecurity: {level: baseline, exclude: [{controlName: Sysctl}]}}",
            "spec.rules[0].validate.podSecurity.exclude[0].controlName",
        ),
    ],
)
def test_broken_rules_are_told_with_their_place(rule: str, key: str) -> None:
    document = {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"}, "spec": {"rules": [
        {"name": "r", "match": {"any": [{"resources": {"kinds": ["Service"]}}]}, **yaml.safe_load(rule)}
    ]}}  # fmt: skip
    found = compile_policy(document)
    assert not isinstance(found, CompiledPolicy)
    assert [one.key for one in found] == [key]


def test_loops_in_loops_come_to_an_end() -> None:
    """Four loops over fifty elements would be six million visits."""
    inner = "deny: {conditions: {any: [{key: a, operator: Equals, value: b}]}}"
    for _ in range(4):
        inner = f"foreach: [{{list: request.object.spec.containers, {inner}}}]"
    many = pod(spec={"containers": [{"name": f"c{index}"} for index in range(50)]})
    start = time.process_time()
    (found,) = findings(f"validate: {{{inner}}}", many)
    assert (found.state, str(MOST_ELEMENTS) in found.message) == ("error", True)
    assert time.process_time() - start < 5


def test_custom_images_are_found_where_the_rule_says() -> None:
    task = Resource(
        {
            "apiVersion": "tekton.dev/v1",
            "kind": "Task",
            "metadata": {"name": "t"},
            "spec": {"steps": [{"name": "s", "image": "quay.io/a/b:1"}, {"image": ""}]},
        }
    )
    rule = """
    imageExtractors: {Task: [{path: /spec/steps/*/image, name: steps}]}
    validate: {deny: {conditions: {any: [{key: "{{ images.steps.*.registry }}", operator: AnyIn, value: [quay.io]}]}}}
    """
    (found,) = evaluate([policy(rule, kinds="[Task]")], [task])
    assert found.state == "fail"


def test_a_resource_without_a_namespace_has_the_default_one() -> None:
    """The API server fills it in before any policy sees the object."""
    rule = "validate: {deny: {conditions: {any: [{key: '{{ request.object.metadata.namespace }}', operator: Equals, value: default}]}}}"
    bare = pod(metadata={"name": "web"})
    assert state(rule, bare) == "fail"
    assert bare.metadata == {"name": "web"}


def test_an_exception_may_leave_out_controls_of_pod_security() -> None:
    rule = "validate: {podSecurity: {level: baseline}}"
    spec = (
        "{exceptions: [{policyName: p, ruleNames: [r]}], podSecurity: [{controlName: Host Ports, images: ['ghcr.io/*']}], "
        + MATCH
        + "}"
    )
    assert [one.field for one in findings(rule)] == [
        "spec.containers[0].ports[0].hostPort",
        "spec.containers[0].ports[1].hostPort",
    ]
    assert state(rule, exceptions=[exception(spec)]) == "pass"
    assert state(rule, exceptions=[exception(spec.replace("ghcr.io", "quay.io"))]) == "fail"


def test_the_exceptions_of_a_pack_hold_for_other_packs_too() -> None:
    deny = b"""
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec: {validationFailureAction: Enforce, rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {deny: {}}}]}
"""
    lift = b"""
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: e}
spec: {exceptions: [{policyName: p, ruleNames: [r]}], match: {any: [{resources: {kinds: [Pod], names: [web]}}]}}
"""
    packs = [load_pack("a", {"a.yaml": deny}, {}), load_pack("b", {"b.yaml": lift}, {})]
    other = pod(metadata={"name": "other"})
    assert [one.problems for one in packs] == [(), ()]
    assert [str(one.resource) for one in evaluate_packs(packs, [pod(), other])] == ["Pod other"]
    broken = load_pack("b", {"b.yaml": lift.replace(b"ruleNames", b"rulesNames")}, {})
    assert [one.state for one in evaluate_packs([packs[0], broken], [pod()])] == ["error", "fail"]


def test_packs_see_what_was_there_before() -> None:
    frozen = b"""
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec:
  rules:
  - name: r
    match: {any: [{resources: {kinds: [Pod], operations: [UPDATE]}}]}
    validate: {pattern: {spec: {serviceAccountName: "{{ request.oldObject.spec.serviceAccountName }}"}}}
"""
    packs = [load_pack("a", {"a.yaml": frozen}, {})]
    before = pod(spec={**pod().body["spec"], "serviceAccountName": "other"})
    assert [one.state for one in evaluate_packs(packs, [pod()], old=[before])] == ["warn"]
    assert evaluate_packs(packs, [pod()], old=[pod()]) == ()
    assert evaluate_packs(packs, [pod()]) == ()


def test_a_resource_nested_without_end_is_an_error() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    rule = "validate: {deny: {conditions: {any: [{key: 'a {{ request.object.spec }}', operator: Equals, value: b}]}}}"
    assert state(rule, pod(spec=deep)) == "error"
