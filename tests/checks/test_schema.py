"""Every mistake in a manifest is told in words that name the place, what is there and what is allowed."""

from __future__ import annotations

import copy
import datetime
import time
from typing import Any

import pytest

from bot.checks import definitions
from bot.checks.fieldpath import parse, value_at
from bot.checks.schema import MOST, UnknownKinds, validate
from bot.model.finding import Finding
from tests.checks.resources import bodies, body, resources

CONTAINER = "spec.template.spec.containers[0]"


def check(
    *given: dict[str, Any], kubernetes: str = "1.33", unknown_kinds: UnknownKinds = "warn"
) -> tuple[Finding, ...]:
    return validate(resources(*given), kubernetes=kubernetes, unknown_kinds=unknown_kinds, environment="staging")


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    """Return the resource of a kind with one field set, or removed where the value is `...`."""
    one = body(kind)
    *above, last = parse(path)
    parent = value_at(one, above)
    if value is ...:
        del parent[last]
    else:
        parent[last] = value
    return one


def test_sound_resources_have_no_findings_in_any_minor() -> None:
    for version in definitions.versions():
        assert check(*bodies(), kubernetes=version) == ()


def test_the_data_hold_every_minor() -> None:
    assert definitions.versions()[0] == "1.25"
    assert len(definitions.versions()) >= 13
    assert len(definitions.load("1.33").kinds) > 100


GOLDEN: list[tuple[str, str, Any, str, str, str]] = [
    # kind, place, value, rule, field, message
    (
        "Deployment", f"{CONTAINER}.imagePulPolicy", "Always", "unknown-field", f"{CONTAINER}.imagePulPolicy",
        f"unknown field `imagePulPolicy` in {CONTAINER}; did you mean `imagePullPolicy`?",
    ),
    (
        "Deployment", f"{CONTAINER}.imagepullpolicy", "Always", "unknown-field",
        f"{CONTAINER}.imagepullpolicy",
        f"unknown field `imagepullpolicy` in {CONTAINER}; did you mean `imagePullPolicy`?",
    ),
    (
        "Deployment", f"{CONTAINER}.imagePullSecrets", [], "unknown-field", f"{CONTAINER}.imagePullSecrets",
        f"unknown field `imagePullSecrets` in {CONTAINER}; `imagePullSecrets` belongs to spec.template.spec, "
        "is the indentation right?",
    ),
    (
        "Deployment", f"{CONTAINER}.runAsUser", 1000, "unknown-field", f"{CONTAINER}.runAsUser",
        f"unknown field `runAsUser` in {CONTAINER}; `runAsUser` belongs into `securityContext`",
    ),
    (
        "Deployment", "spek", {}, "unknown-field", "spek",
        "unknown field `spek` in Deployment; did you mean `spec`?",
    ),
    (
        "Service", "spec.ports[0].colour", "blue", "unknown-field", "spec.ports[0].colour",
        "unknown field `colour` in spec.ports[0]; allowed are `appProtocol`, `name`, `nodePort`, `port`, "
        "`protocol` and `targetPort`",
    ),
    (
        "Deployment", "spec.replicas", "3", "wrong-type", "spec.replicas",
        '`replicas` in spec must be an integer, but is the string "3"; write it without quotes: 3',
    ),
    (
        "Deployment", f"{CONTAINER}.env[1].value", 8080, "wrong-type", f"{CONTAINER}.env[1].value",
        f"`value` in {CONTAINER}.env[1] must be a string, but is the integer 8080; "
        'write it in quotes: "8080"',
    ),
    (
        "ConfigMap", "data.debug", True, "wrong-type", "data.debug",
        '`debug` in data must be a string, but is the boolean true; write it in quotes: "true"',
    ),
    (
        "Deployment", f"{CONTAINER}.resources.limits.memory", ["128Mi"], "wrong-type",
        f"{CONTAINER}.resources.limits.memory",
        f"`memory` in {CONTAINER}.resources.limits must be a quantity such as 500m, 2 or 1Gi, but is a list",
    ),
    (
        "Service", "spec.ports[0].targetPort", 80.5, "wrong-type", "spec.ports[0].targetPort",
        "`targetPort` in spec.ports[0] must be a string or an integer, but is the number 80.5",
    ),
    (
        "Deployment", "spec.template.spec.containers", {"name": "web"}, "wrong-type",
        "spec.template.spec.containers",
        "`containers` in spec.template.spec must be a list, but is a mapping; begin each item with `- `",
    ),
    (
        "Deployment", "spec.template.spec.containers", None, "wrong-type", "spec.template.spec.containers",
        "`containers` in spec.template.spec must be a list, but is empty (null); is what belongs to it there, "
        "and indented enough?",
    ),
    (
        "Deployment", "spec.selector", ..., "required", "spec.selector",
        "the required field `selector` is missing in spec",
    ),
    (
        "Deployment", "metadata.name", ..., "required", "metadata.name",
        "the required field `name` is missing in metadata of this Deployment",
    ),
    (
        "Deployment", "kind", ..., "missing-kind", "kind",
        "`kind` is missing: every resource names one, for example `kind: Deployment`",
    ),
    (
        "Deployment", "apiVersion", 1, "missing-kind", "apiVersion",
        "`apiVersion` must be a string: every resource names one, for example `apiVersion: apps/v1`",
    ),
    (
        "Deployment", "kind", "Deploymnt", "unknown-kind", "kind",
        "apps/v1 has no kind `Deploymnt` in Kubernetes 1.33; did you mean `Deployment`?",
    ),
    (
        "Deployment", "apiVersion", "v1", "unknown-kind", "apiVersion",
        "Kubernetes 1.33 has no v1 Deployment; use apps/v1",
    ),
    (
        "Ingress", "apiVersion", "extensions/v1beta1", "removed-api", "apiVersion",
        "extensions/v1beta1 Ingress is no longer served since Kubernetes 1.22; use networking.k8s.io/v1",
    ),
    (
        "HorizontalPodAutoscaler", "apiVersion", "autoscaling/v2beta2", "removed-api", "apiVersion",
        "autoscaling/v2beta2 HorizontalPodAutoscaler is no longer served since Kubernetes 1.26; "
        "use autoscaling/v2",
    ),
    (
        "Secret", "data.password", 12345, "wrong-type", "data.password",
        "`password` in data must be a string, but is something else (hidden, as it may be secret); "
        "numbers, true and false need quotes here",
    ),
]  # fmt: skip


@pytest.mark.parametrize("golden", GOLDEN, ids=[f"{one[0]}-{one[1]}" for one in GOLDEN])
def test_messages(golden: tuple[str, str, Any, str, str, str]) -> None:
    kind, place, value, rule, field, message = golden
    (finding,) = check(changed(kind, place, value))
    assert (finding.rule, finding.field, finding.message) == (rule, field, message)
    assert (finding.concern, finding.policy, finding.state) == ("manifests", "kubernetes-schema", "fail")
    assert finding.environment == "staging"
    assert finding.title


VERSIONS = [
    ("1.33", "1.33", 0),
    ("v1.33.4+k3s1", "1.33", 0),
    ("1.99", definitions.versions()[-1], 1),
    ("1.20", "1.25", 1),
    ("newest", definitions.versions()[-1], 1),
]


@pytest.mark.parametrize(("asked", "used", "told"), VERSIONS)
def test_an_unknown_version_is_judged_by_the_nearest_and_told(asked: str, used: str, told: int) -> None:
    assert definitions.nearest(asked) == used
    findings = check(kubernetes=asked)
    assert len(findings) == told
    assert all(one.rule == "kubernetes-version" and used in one.message for one in findings)


def test_an_api_that_comes_later_is_told_as_such() -> None:
    device = {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"}}
    (finding,) = check(device | {"spec": {}})
    assert finding.message == (
        "resource.k8s.io/v1 DeviceClass comes only with Kubernetes 1.34, and this is checked against 1.33; "
        "use resource.k8s.io/v1beta2 until then"
    )
    assert check(device | {"spec": {}}, kubernetes="1.34") == ()


def test_an_api_removed_later_is_only_deprecated_before() -> None:
    hpa = changed("HorizontalPodAutoscaler", "apiVersion", "autoscaling/v2beta2")
    assert [(one.rule, one.state) for one in check(hpa, kubernetes="1.25")] == [("deprecated-api", "warn")]
    assert [one.rule for one in check(hpa, kubernetes="1.26")] == ["removed-api"]


@pytest.mark.parametrize(("rule", "state"), [("ignore", "skip"), ("warn", "warn"), ("fail", "fail")])
def test_a_kind_without_schema_is_never_silent(rule: UnknownKinds, state: str) -> None:
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {}}
    (finding,) = check(widget, unknown_kinds=rule)
    assert (finding.rule, finding.state) == ("unknown-kind", state)
    assert finding.message == "no schema for example.com/v1 Widget, so its fields were not checked"
    assert "CustomResourceDefinition" in finding.how


def test_a_kind_of_the_same_name_in_another_group_is_not_taken_for_ours() -> None:
    service = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "w"}}
    assert [one.state for one in check(service)] == ["warn"]


def test_duplicates_are_told_once() -> None:
    findings = check(body("Service"), body("ConfigMap"), body("Service"), body("Service"))
    assert [one.message for one in findings] == [
        "Service shop/web is defined 3 times in this environment; only one of them can win"
    ]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "once-"}}
    job["spec"] = body("CronJob")["spec"]["jobTemplate"]["spec"]
    assert check(job, copy.deepcopy(job)) == ()


def test_members_of_a_list_are_checked_themselves() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [changed("Deployment", "spec.replicas", "3")]}
    (finding,) = check(listed)
    assert str(finding.resource) == "Deployment shop/web"


def test_values_that_json_cannot_hold_are_an_error_with_a_place() -> None:
    (finding,) = check(changed("ConfigMap", "data.day", datetime.date(2026, 1, 2)))
    assert (finding.rule, finding.state, finding.field) == ("not-json", "error", "data.day")


def test_a_resource_full_of_mistakes_does_not_flood() -> None:
    many = changed("ConfigMap", "data", {f"key{number:03}": number for number in range(100)})
    findings = check(many)
    assert len(findings) == MOST + 1
    assert findings[-1].message == "75 more mistakes in this ConfigMap are not listed"


SECRET_MISTAKES: list[dict[str, Any]] = [
    {"stringdata": {"password": "canary"}},
    {"data": "canary"},
    {"data": ["canary"]},
    {"data": {"password": {"canary": "canary"}}},
    {"stringData": {"password": ["canary"]}},
    {"type": ["canary"]},
    {"immutable": "canary"},
]


@pytest.mark.parametrize("mistake", SECRET_MISTAKES)
def test_no_message_shows_a_secret(mistake: dict[str, Any]) -> None:
    findings = check(body("Secret") | mistake)
    assert findings
    assert "canary" not in "".join(one.message + one.field + one.how for one in findings)


def test_a_thousand_resources_are_checked_in_the_blink_of_an_eye() -> None:
    """Measured: some 10 ms; the limit leaves room for a busy machine."""
    web = body("Deployment")
    many = resources(*[web | {"metadata": {"name": f"web-{number}"}} for number in range(1000)])
    check(*bodies())
    start = time.process_time()
    assert validate(many, kubernetes="1.33", unknown_kinds="warn", environment="staging") == ()
    assert time.process_time() - start < 1
