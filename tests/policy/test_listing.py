"""API calls that the manifests beside a resource may answer, and those that nobody here can."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.model.manifest import Resource
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate
from bot.policy.kyverno.answers import NotFound, NotKnown
from bot.policy.kyverno.listing import Listing


def resource(kind: str, name: str, namespace: str = "", version: str = "v1", **more: Any) -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Resource({"apiVersion": version, "kind": kind, "metadata": metadata, **more})


SET = Listing(
    [
        resource("PodDisruptionBudget", "web", "shop", "policy/v1"),
        resource("PodDisruptionBudget", "old", "shop", "policy/v1beta1"),
        resource("PodDisruptionBudget", "bare", "", "policy/v1"),
        resource("PodDisruptionBudget", "other", "till", "policy/v1"),
        resource("PodDisruptionBudget", "foreign", "shop", "example.com/v1"),
        resource("ConfigMap", "settings", "shop"),
        resource("Secret", "key", "shop"),
        resource("ClusterRole", "reader", "", "rbac.authorization.k8s.io/v1"),
        resource("Ingress", "door", "shop", "networking.k8s.io/v1"),
        Resource({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": "none"}),
    ]
)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/apis/policy/v1/namespaces/shop/poddisruptionbudgets", ["web", "old"]),
        ("/apis/policy/v1/poddisruptionbudgets", ["web", "old", "bare", "other"]),
        ("/apis/policy/v1/namespaces/default/poddisruptionbudgets", ["bare"]),
        ("/apis/policy/v1/namespaces/nowhere/poddisruptionbudgets", []),
        ("/api/v1/namespaces/shop/configmaps", ["settings"]),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", ["reader"]),
        (" /apis/networking.k8s.io/v1/namespaces/shop/ingresses ", ["door"]),
        ("/apis/example.com/v1/namespaces/shop/widgets", []),
    ],
)
def test_a_path_of_a_collection_lists_it(path: str, names: list[str]) -> None:
    found: Any = SET.get(path)
    assert [one["metadata"]["name"] for one in found["items"]] == names


def test_a_path_of_an_object_is_the_object() -> None:
    found: Any = SET.get("/api/v1/namespaces/shop/configmaps/settings")
    assert found["metadata"]["name"] == "settings"
    with pytest.raises(NotFound, match="there is no"):
        SET.get("/api/v1/namespaces/shop/configmaps/none")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/secrets",
        "/api/v1/namespaces/shop/secrets/key",
        "/api/v1/secrets",
        "/version",
        "/api/v1/namespaces/shop/pods/web/log",
        "/apis/policy/v1/poddisruptionbudgets?labelSelector=a%3Db",
        "https://example.com/api/v1/pods",
        "",
    ],
)
def test_what_only_a_cluster_answers_is_not_known(path: str) -> None:
    with pytest.raises(NotKnown, match="only a cluster answers"):
        SET.get(path)


POLICY = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p, annotations: {policies.lockkeeper.dev/api-calls: application}}
spec:
  validationFailureAction: Enforce
  rules:
    - name: r
      match: {any: [{resources: {kinds: [Deployment]}}]}
      context:
        - name: budgets
          apiCall: {urlPath: "/apis/policy/v1/namespaces/{{ request.namespace }}/poddisruptionbudgets", jmesPath: "items[].metadata.name"}
      validate:
        message: "Found {{ length(budgets) }}."
        deny: {conditions: {all: [{key: "{{ length(budgets) }}", operator: Equals, value: 0}]}}
"""


def judged(policy: str, *beside: Resource) -> list[tuple[str, str]]:
    compiled = compile_policy(yaml.safe_load(policy))
    assert isinstance(compiled, CompiledPolicy), compiled
    found = evaluate([compiled], [resource("Deployment", "web", "shop", "apps/v1"), *beside], include_passes=True)
    return [(one.state, one.message) for one in found]


def test_a_rule_sees_the_manifests_beside_the_resource() -> None:
    assert judged(POLICY, resource("PodDisruptionBudget", "web", "shop", "policy/v1")) == [("pass", "")]
    assert judged(POLICY, resource("PodDisruptionBudget", "web", "till", "policy/v1")) == [("fail", "Found 0.")]


NOT_ANSWERED = {
    "no annotation": POLICY.replace("api-calls: application", "other: application"),
    "an empty annotation": POLICY.replace("api-calls: application", "api-calls: ''"),
    "a POST": POLICY.replace("{urlPath:", "{method: POST, data: [], urlPath:"),
    "a service": POLICY.replace("{urlPath:", "{service: {url: 'https://example.com'}, urlPath:"),
    "Secrets": POLICY.replace("/apis/policy/v1/", "/api/v1/").replace("poddisruptionbudgets", "secrets"),
}


@pytest.mark.parametrize("policy", NOT_ANSWERED.values(), ids=NOT_ANSWERED)
def test_what_the_policy_does_not_allow_is_not_evaluable_here(policy: str) -> None:
    """Nothing that needs a cluster passes because the manifests are silent about it."""
    ((state, message),) = judged(policy, resource("PodDisruptionBudget", "web", "shop", "policy/v1"))
    assert state == "not evaluable here"
    assert "cluster" in message


def test_the_environment_is_more_than_the_application() -> None:
    """Without what lies around, the resources at hand are the environment."""
    policies = [
        compile_policy(yaml.safe_load(one)) for one in (POLICY, POLICY.replace(": application", ": environment"))
    ]
    found = [one for one in policies if isinstance(one, CompiledPolicy)]
    web, budget = (
        resource("Deployment", "web", "shop", "apps/v1"),
        resource("PodDisruptionBudget", "a", "shop", "policy/v1"),
    )

    def states(beside: list[Resource] | None, *at_hand: Resource) -> list[str]:
        return [one.state for one in evaluate(found, at_hand, beside=beside, include_passes=True)]

    assert states([web, budget], web) == ["fail", "pass"]
    assert states([], web, budget) == ["pass", "fail"]
    assert states(None, web, budget) == ["pass", "pass"]
    assert states(None, web) == ["fail", "fail"]


def test_another_scope_is_a_broken_policy() -> None:
    broken = compile_policy(yaml.safe_load(POLICY.replace(": application", ": cluster")))
    assert not isinstance(broken, CompiledPolicy)
    assert (broken[0].key, broken[0].message) == (
        "metadata.annotations[policies.lockkeeper.dev/api-calls]",
        "`cluster` is none of application, environment",
    )


def test_one_policy_that_may_does_not_open_the_door_for_others() -> None:
    compiled = [compile_policy(yaml.safe_load(one)) for one in (POLICY, NOT_ANSWERED["no annotation"])]
    policies = [one for one in compiled if isinstance(one, CompiledPolicy)]
    found = evaluate(policies, [resource("Deployment", "web", "shop", "apps/v1")])
    assert [one.state for one in found] == ["fail", "not evaluable here"]


@pytest.mark.parametrize("broken", ["items[", "{{ request.namespace"])
def test_a_broken_path_breaks_the_policy_or_the_rule(broken: str) -> None:
    compiled = compile_policy(yaml.safe_load(POLICY.replace("items[].metadata.name", broken)))
    if isinstance(compiled, CompiledPolicy):
        assert judged(POLICY.replace("items[].metadata.name", broken))[0][0] == "error"
    else:
        assert compiled[0].key.endswith("apiCall.jmesPath")
