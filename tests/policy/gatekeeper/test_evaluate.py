"""Which findings do constraints have about resources?

What code sees is written from https://open-policy-agent.github.io/gatekeeper/website/docs/howto/,
https://open-policy-agent.github.io/gatekeeper/website/docs/sync/ (`data.inventory`) and
https://open-policy-agent.github.io/gatekeeper/website/docs/expansion/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from bot.adapters.rego import WalledRego
from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.evaluation import evaluate_packs
from bot.policy.gatekeeper import NO_REGO, Gatekeeper, Given, evaluate_gatekeeper
from bot.policy.packs import Pack, load_pack
from tests.policy.gatekeeper.written import coded, compiled, constraint, pod, resource, rule, template

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
REPOS = """
package repos

violation[{"msg": msg, "details": {"image": c.image}}] {
  c := input.review.object.spec.containers[_]
  not startswith(c.image, input.parameters.repo)
  msg := sprintf("%v comes from elsewhere", [c.image])
}
"""


def found(policies: Gatekeeper, *resources: Resource, given: Given, **more: Any) -> list[tuple[str, str, str]]:
    """Evaluate, and return state, resource and message of each finding."""
    findings = evaluate_gatekeeper(policies, resources, given=given, **more)
    return [(one.state, str(one.resource or ""), one.message) for one in findings]


def said(rego: WalledRego, body: str, *resources: Resource, **more: Any) -> list[str]:
    """Return what a rule with this body says about resources."""
    findings = evaluate_gatekeeper(compiled(template(rule(body)), constraint()), resources, given=Given(rego), **more)
    assert {one.state for one in findings} <= {"fail"}, findings
    return [one.message for one in findings]


def test_a_violation(rego: WalledRego) -> None:
    written = template(REPOS, kind="Repos")
    written["metadata"]["annotations"] = {
        "metadata.gatekeeper.sh/title": "Our registry only",
        "policies.kyverno.io/severity": "high",
        "policies.lockkeeper.dev/remedy": "Push it to our registry.",
    }
    policies = compiled(written, constraint("Repos", "ours", parameters={"repo": "reg.example/"}))
    good, bad = pod("good", image="reg.example/web:1"), pod("bad", image="nginx:1")
    (one,) = evaluate_gatekeeper(policies, [good, bad], environment="production", given=Given(rego))
    assert one == Finding(
        concern="policies",
        policy="ours",
        rule="Repos",
        state="fail",
        message="nginx:1 comes from elsewhere",
        severity="high",
        title="Our registry only",
        resource=bad.key,
        environment="production",
        path="web.yaml",
        line=1,
        how="Push it to our registry.",
    )


@pytest.mark.parametrize(
    ("action", "state", "severity"),
    [("deny", "fail", "medium"), ("warn", "warn", "medium"), ("dryrun", "warn", "info")],
)
def test_actions(rego: WalledRego, action: str, state: str, severity: str) -> None:
    policies = compiled(template(), constraint(enforcementAction=action))
    (one,) = evaluate_gatekeeper(policies, [pod()], given=Given(rego))
    assert (one.state, one.severity, one.message) == (state, severity, "always")


def test_findings_come_in_the_order_of_the_resources(rego: WalledRego) -> None:
    policies = compiled(template(), constraint(name="first"), constraint(name="second"))
    findings = evaluate_gatekeeper(policies, [pod("a"), pod("b")], given=Given(rego))
    assert [(one.resource.name, one.policy) for one in findings if one.resource] == [
        ("a", "first"),
        ("a", "second"),
        ("b", "first"),
        ("b", "second"),
    ]


REVIEWS = [
    ("kind", 'msg := sprintf("%v", [input.review.kind])', '{"group": "", "kind": "Pod", "version": "v1"}'),
    ("resource", "msg := input.review.resource.resource", "pods"),
    ("name and namespace", 'msg := sprintf("%v/%v", [input.review.namespace, input.review.name])', "shop/web"),
    ("operation", "msg := input.review.operation", "CREATE"),
    ("object", "msg := input.review.object.spec.containers[0].image", "nginx:1"),
    ("no object before", 'is_null(input.review.oldObject)\nmsg := "none"', "none"),
    ("no parameters", 'msg := sprintf("%v", [input.parameters])', "{}"),
]


@pytest.mark.parametrize(("body", "expected"), [one[1:] for one in REVIEWS], ids=[one[0] for one in REVIEWS])
def test_what_code_sees(rego: WalledRego, body: str, expected: str) -> None:
    assert said(rego, body, pod()) == [expected]


def test_the_namespace_is_filled_in(rego: WalledRego) -> None:
    body = 'msg := sprintf("%v %v", [input.review.namespace, input.review.object.metadata.namespace])'
    assert said(rego, body, pod(namespace="")) == ["default default"]


def test_labels_of_the_namespace(rego: WalledRego) -> None:
    body = "msg := input.review.namespaceObject.metadata.labels.team"
    policies = compiled(template(rule(body)), constraint())
    assert said(rego, body, pod(), namespaces={"shop": {"team": "a"}}) == ["a"]
    unknown = "The constraint `mine` was not evaluated: the labels of namespace `shop` are not known here."
    assert found(policies, pod(), given=Given(rego)) == [("not evaluable here", "Pod shop/web", unknown)]


def test_a_selector_of_labels_that_nobody_knows(rego: WalledRego) -> None:
    policies = compiled(template(), constraint(match={"namespaceSelector": {"matchLabels": {"team": "a"}}}))
    ((state, _, message),) = found(policies, pod(), given=Given(rego))
    assert (state, message.partition(": ")[2]) == (
        "not evaluable here",
        "the labels of namespace `shop` are not known here.",
    )
    assert found(policies, pod(), given=Given(rego), namespaces={"shop": {"team": "b"}}) == []
    assert len(found(policies, pod(), given=Given(rego), namespaces={"shop": {"team": "a"}})) == 1


IMMUTABLE = """
package immutable

violation[{"msg": msg}] {
  input.review.operation == "UPDATE"
  old := input.review.oldObject.spec.containers[i].image
  new := input.review.object.spec.containers[i].image
  split(old, ":")[0] != split(new, ":")[0]
  msg := sprintf("%v became %v", [old, new])
}
"""


def test_the_object_before_the_change(rego: WalledRego) -> None:
    policies = compiled(template(IMMUTABLE, kind="Immutable"), constraint("Immutable"))
    old = pod(image="nginx:1")
    before = {old.key: old}
    assert found(policies, pod(image="nginx:2"), given=Given(rego), old=before) == []
    (one,) = found(policies, pod(image="caddy:2"), given=Given(rego), old=before)
    assert one == ("fail", "Pod shop/web", "nginx:1 became caddy:2")
    assert found(policies, pod(image="caddy:2"), given=Given(rego)) == []
    assert found(policies, pod("other", image="caddy:2"), given=Given(rego), old=before) == []


UNIQUE = """
package unique

violation[{"msg": msg}] {
  host := input.review.object.spec.rules[_].host
  other := data.inventory.namespace[namespace][version]["Ingress"][name]
  startswith(version, "networking.k8s.io/")
  other.spec.rules[_].host == host
  not same(namespace, name)
  msg := sprintf("%v is that of %v/%v, too", [host, namespace, name])
}

same(namespace, name) {
  namespace == input.review.namespace
  name == input.review.name
}
"""


def ingress(name: str, namespace: str, host: str) -> Resource:
    return resource(f"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {{name: {name}, namespace: {namespace}}}
        spec: {{rules: [{{host: {host}}}]}}
    """)


def test_the_inventory_is_the_rendered_set(rego: WalledRego) -> None:
    policies = compiled(template(UNIQUE, kind="Unique"), constraint("Unique"))
    one, two, three = ingress("a", "x", "h.example"), ingress("b", "y", "h.example"), ingress("c", "x", "i.example")
    assert found(policies, one, three, given=Given(rego)) == []
    assert found(policies, one, two, three, given=Given(rego)) == [
        ("fail", "Ingress x/a", "h.example is that of y/b, too"),
        ("fail", "Ingress y/b", "h.example is that of x/a, too"),
    ]
    assert found(policies, one, given=Given(rego)) == [], "what was answered in another cluster is not remembered"


def test_the_inventory_of_the_cluster(rego: WalledRego) -> None:
    body = 'msg := sprintf("%v", [data.inventory.cluster["storage.k8s.io/v1"].StorageClass.fast.provisioner])'
    fast = resource("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: p}")
    policies = compiled(template(rule(body)), constraint(match={"kinds": [{"kinds": ["Pod"]}]}))
    assert [one[2] for one in found(policies, pod(), fast, given=Given(rego))] == ["p"]
    assert found(policies, pod(), given=Given(rego)) == []
    other = b'{"cluster": {"storage.k8s.io/v1": {"StorageClass": {"fast": {"provisioner": "q"}}}}}'
    assert [one[2] for one in found(policies, pod(), given=Given(rego, lambda: other))] == ["q"]


def test_nobody_knows_who_makes_the_change(rego: WalledRego) -> None:
    """A rule about users would silently pass: `userInfo` is undefined, and so is all that follows from it."""
    policies = compiled(template(rule('input.review.userInfo.username == "x"\nmsg := "x"')), constraint())
    ((state, _, message),) = found(policies, pod(), given=Given(rego))
    assert (state, message.partition(": ")[2]) == (
        "not evaluable here",
        "who makes the change is known in a cluster only.",
    )


def test_the_time(rego: WalledRego) -> None:
    policies = compiled(template(rule('time.now_ns() > 1700000000000000000\nmsg := "late"')), constraint())
    ((state, _, message),) = found(policies, pod(), given=Given(rego))
    assert (state, message.partition(": ")[2]) == ("not evaluable here", "what holds depends on the time of day.")
    assert [one[2] for one in found(policies, pod(), given=Given(rego, now=NOW))] == ["late"]
    assert found(policies, pod(), given=Given(rego, now=datetime(2020, 1, 1, tzinfo=UTC))) == []


def test_arithmetic_that_fails_is_no_answer(rego: WalledRego) -> None:
    """OPA would go on as if there were nothing; the engine here stops, so nothing is said to have passed."""
    policies = compiled(template(rule('input.review.object.spec.x + "a"\nmsg := "x"')), constraint())
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b"}, "spec": {"x": 1}}
    ((state, _, message),) = found(policies, Resource(body), given=Given(rego))
    assert state == "not evaluable here"
    assert "`add` expects numeric argument" in message


def test_nothing_of_a_secret_is_said(rego: WalledRego) -> None:
    word = "hunter2"
    secret = Resource({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": word}})
    leaks = [
        rule("msg := input.review.object.stringData.a"),
        rule('msg := sprintf("%v", [input.review.object.stringData.a + 1])'),
    ]
    for code in leaks:
        (one,) = evaluate_gatekeeper(compiled(template(code), constraint()), [secret], given=Given(rego))
        assert word not in str(one)
        assert one.state in ("fail", "not evaluable here")


BROKEN = [
    ("it does not parse", 'package p\nviolation[{"msg": m}] { m := }', "expecting"),
    ("a variable is not safe", 'package p\nviolation[{"msg": m}] { m := sprintf("%v", [x]) }', "unsafe"),
    ("a library is missing", 'package p\nviolation[{"msg": m}] { m := data.lib.x.f(1) }', "could not find function"),
    ("it calls itself", 'package p\na = b { b := a }\nviolation[{"msg": m}] { m := a }', "recursion"),
]


@pytest.mark.parametrize(("code", "words"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
@pytest.mark.parametrize("used", [True, False], ids=["used", "without a constraint"])
def test_broken_rego_is_a_finding_about_the_template(rego: WalledRego, code: str, words: str, used: bool) -> None:
    """Once, not once for every resource; and the other constraints are evaluated."""
    policies = compiled(
        *[template(code, kind="Broken"), *([constraint("Broken")] if used else [])],
        *[template(), constraint(name="sound")],
    )
    first, *others = evaluate_gatekeeper(policies, [pod("a"), pod("b")], given=Given(rego))
    assert (first.state, first.resource, first.path) == ("error", None, "0.yaml")
    assert first.message.startswith("the Rego of the template for Broken was not evaluated: ")
    assert words in first.message
    assert [(one.policy, one.state) for one in others] == [("sound", "fail")] * 2


def test_a_violation_without_a_message(rego: WalledRego) -> None:
    policies = compiled(template('package p\nviolation[{"text": m}] { m := "x" }'), constraint())
    ((state, _, message),) = found(policies, pod(), given=Given(rego))
    assert state == "error"
    assert message.endswith("evaluated: its rule `violation` gives something without a text `msg`.")


def test_values_that_json_has_no_room_for(rego: WalledRego) -> None:
    """YAML knows numbers of any size, and halves of characters: a finding may be lost over them, never all."""
    huge, half = 10**30, json.loads('"\\ud800"')
    policies = compiled(
        template(rule('msg := sprintf("%v %v", [input.parameters.x, input.review.object.y])'), kind="Rule"),
        constraint("Rule", parameters={"x": huge}),
    )
    for value, expected in [(huge, f"{huge} {huge}"), (half, None), (float("inf"), None)]:
        strange = Resource({**pod("strange").body, "y": value})
        findings = evaluate_gatekeeper(policies, [strange, Resource({**pod().body, "y": 1})], given=Given(rego))
        assert [str(one.resource) for one in findings] == ["Pod shop/strange", "Pod shop/web"]
        assert findings[1].message == f"{huge} 1"
        assert expected is None or findings[0].message == expected


def test_without_an_engine() -> None:
    """Said once for each constraint, loudly, and never a pass; CEL is evaluated all the same."""
    cel = {"engine": "K8sNativeValidation", "source": {"validations": [{"expression": "false", "message": "no"}]}}
    policies = compiled(
        template(), constraint(name="one"), constraint(name="two"), coded(cel, kind="Cel"), constraint("Cel")
    )
    findings = evaluate_gatekeeper(policies, [pod("a"), pod("b")], given=Given(NO_REGO))
    assert [(one.policy, one.state, one.severity) for one in findings] == [
        ("one", "not evaluable here", "high"),
        ("two", "not evaluable here", "high"),
        ("mine", "fail", "medium"),
        ("mine", "fail", "medium"),
    ]
    assert "install the package gordon-to-regorus" in findings[0].message


def cel(*validations: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    source = {"validations": list(validations), **more}
    return coded({"engine": "K8sNativeValidation", "source": source}, kind="Cel")


def test_cel(rego: WalledRego) -> None:
    """Every validation that fails is told, as in a cluster."""
    policies = compiled(
        cel(
            {"expression": "variables.names.all(n, n in variables.params.names)", "message": "a name"},
            {"expression": "has(variables.anyObject.spec.x)", "messageExpression": "'no x in ' + object.metadata.name"},
            {"expression": "true", "message": "fine"},
            variables=[{"name": "names", "expression": "object.spec.containers.map(c, c.name)"}],
        ),
        constraint("Cel", parameters={"names": ["other"]}),
    )
    assert found(policies, pod(), given=Given(NO_REGO)) == [
        ("fail", "Pod shop/web", "a name"),
        ("fail", "Pod shop/web", "no x in web"),
    ]


def test_cel_that_nobody_can_answer(rego: WalledRego) -> None:
    policies = compiled(cel({"expression": "request.userInfo.username == 'x'", "message": "m"}), constraint("Cel"))
    ((state, _, message),) = found(policies, pod(), given=Given(rego))
    assert state == "not evaluable here"
    assert "userInfo" in message


EXPANSION = yaml.safe_load("""
    apiVersion: expansion.gatekeeper.sh/v1beta1
    kind: ExpansionTemplate
    metadata: {name: workloads}
    spec:
      applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}]
      templateSource: spec.template
      generatedGVK: {group: "", kind: Pod, version: v1}
""")
DEPLOYMENT = resource("""
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx:1}]}}}
""")
PODS = {"match": {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}, "parameters": {"repo": "reg.example/"}}


def test_what_a_deployment_implies(rego: WalledRego) -> None:
    policies = compiled(template(REPOS, kind="Repos"), constraint("Repos", **PODS))
    assert found(policies, DEPLOYMENT, given=Given(rego)) == [], "there is no autogen in Gatekeeper"
    policies = compiled(template(REPOS, kind="Repos"), constraint("Repos", **PODS), EXPANSION)
    assert found(policies, DEPLOYMENT, given=Given(rego)) == [
        ("fail", "Deployment shop/web", "[Implied by workloads] nginx:1 comes from elsewhere")
    ]
    warning = {**EXPANSION, "spec": {**EXPANSION["spec"], "enforcementAction": "warn"}}
    policies = compiled(template(REPOS, kind="Repos"), constraint("Repos", **PODS), warning)
    assert [one[0] for one in found(policies, DEPLOYMENT, given=Given(rego))] == ["warn"]
    original = {**PODS, "match": {**PODS["match"], "source": "Original"}}
    policies = compiled(template(REPOS, kind="Repos"), constraint("Repos", **original), EXPANSION)
    assert found(policies, DEPLOYMENT, given=Given(rego)) == []


def test_what_is_implied_has_a_name_and_a_namespace(rego: WalledRego) -> None:
    body = """
        review := input.review
        msg := sprintf("%v/%v %v", [review.namespace, review.name, review.object.metadata.labels.app])
    """
    policies = compiled(template(rule(body)), constraint(match=PODS["match"]), EXPANSION)
    assert [one[2] for one in found(policies, DEPLOYMENT, given=Given(rego))] == [
        "[Implied by workloads] shop/web-pod web"
    ]


def test_an_expansion_that_makes_itself_comes_to_an_end(rego: WalledRego) -> None:
    itself = {
        **EXPANSION,
        "spec": {
            **EXPANSION["spec"],
            "templateSource": "spec",
            "generatedGVK": {"group": "apps", "kind": "Deployment", "version": "v1"},
        },
    }
    body = resource(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: b}, spec: {spec: {spec: {}}}}"
    )
    found_here = found(compiled(template(), constraint(), itself), body, given=Given(rego))
    assert len(found_here) == 4


def test_namespaces_that_a_config_exempts(rego: WalledRego) -> None:
    config = yaml.safe_load("""
        apiVersion: config.gatekeeper.sh/v1alpha1
        kind: Config
        metadata: {name: config, namespace: gatekeeper-system}
        spec:
          match:
            - {excludedNamespaces: [kube-*], processes: ["*"]}
            - {excludedNamespaces: [shop], processes: [audit]}
    """)
    policies = compiled(template(), constraint(), config)
    resources = [pod("a", "kube-system"), pod("b", "shop")]
    assert [one[1] for one in found(policies, *resources, given=Given(rego))] == ["Pod shop/b"]


def pack(*documents: Mapping[str, Any], name: str = "ours") -> Pack:
    return load_pack(name, {"policies.yaml": yaml.safe_dump_all(documents).encode()}, {}, root=f"policies/{name}")


def test_packs_hold_them(rego: WalledRego) -> None:
    loaded = pack(template(), constraint(), constraint("Other", "lost"))
    findings = evaluate_packs([loaded], [pod()], rego=rego)
    assert [(one.policy, one.state, one.path) for one in findings] == [
        ("lost", "error", "policies/ours/policies.yaml"),
        ("mine", "fail", "web.yaml"),
    ]
    assert [one.state for one in evaluate_packs([loaded], [pod()])] == ["error", "not evaluable here"]
    two = evaluate_packs(
        [pack(template(), constraint()), pack(template(), constraint(), name="theirs")], [pod()], rego=rego
    )
    assert [one.state for one in two] == ["fail", "fail"]
    assert not loaded.wide
    assert pack(template(UNIQUE, kind="Unique"), constraint("Unique")).wide
