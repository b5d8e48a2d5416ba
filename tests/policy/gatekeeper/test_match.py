"""Which resources does a constraint apply to?

Written from https://open-policy-agent.github.io/gatekeeper/website/docs/howto/ ("The match field") and
https://open-policy-agent.github.io/gatekeeper/website/docs/expansion/ ("Match source"), with what the matcher of
open-policy-agent/gatekeeper (`pkg/mutation/match/match.go`, `pkg/target/matcher.go`) does where they say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.model.manifest import Resource
from bot.policy.gatekeeper.match import compile_match
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import subject_of
from tests.policy.gatekeeper.written import pod, resource

DEPLOYMENT = resource("{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: kube-system}}")
ROLE = resource("{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: admin}}")
SHOP = resource("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}")
POD = pod(app="web", tier="front")
NOWHERE = pod(namespace="")  # as kubectl does, the namespace is `default`
LABELS = {"shop": {"team": "a"}, "kube-system": {"team": "b"}}

CASES: list[tuple[str, Mapping[str, Any], Resource, bool | None]] = [
    ("no match is everything", {}, POD, True),
    ("an empty matcher is inclusive", {"kinds": [], "namespaces": [], "excludedNamespaces": []}, POD, True),
    # kinds: one of the combinations is enough
    ("kind and group", {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}, POD, True),
    ("another group", {"kinds": [{"apiGroups": ["apps"], "kinds": ["Pod"]}]}, POD, False),
    ("another kind", {"kinds": [{"apiGroups": [""], "kinds": ["Service"]}]}, POD, False),
    ("kinds are exact", {"kinds": [{"apiGroups": ["apps"], "kinds": ["Deploy*"]}]}, DEPLOYMENT, False),
    ("any group", {"kinds": [{"apiGroups": ["*"], "kinds": ["Deployment"]}]}, DEPLOYMENT, True),
    ("any kind", {"kinds": [{"apiGroups": ["apps"], "kinds": ["*"]}]}, DEPLOYMENT, True),
    ("any kind of another group", {"kinds": [{"apiGroups": [""], "kinds": ["*"]}]}, DEPLOYMENT, False),
    ("a group is not named", {"kinds": [{"kinds": ["Deployment"]}]}, DEPLOYMENT, True),
    ("a kind is not named", {"kinds": [{"apiGroups": ["apps"]}]}, DEPLOYMENT, True),
    (
        "the second combination",
        {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}, {"apiGroups": ["apps"], "kinds": ["Deployment"]}]},
        DEPLOYMENT,
        True,
    ),
    # namespaces, with a star at one end, or at both
    ("a namespace", {"namespaces": ["shop"]}, POD, True),
    ("another namespace", {"namespaces": ["shopping", "sho"]}, POD, False),
    ("a prefix", {"namespaces": ["kube-*"]}, DEPLOYMENT, True),
    ("a suffix", {"namespaces": ["*-system"]}, DEPLOYMENT, True),
    ("a part", {"namespaces": ["*be-sys*"]}, DEPLOYMENT, True),
    ("a prefix of another", {"namespaces": ["kube-*"]}, POD, False),
    ("excluded", {"excludedNamespaces": ["shop"]}, POD, False),
    ("excluded by a prefix", {"excludedNamespaces": ["kube*"]}, DEPLOYMENT, False),
    ("another one excluded", {"excludedNamespaces": ["kube-*"]}, POD, True),
    ("both named and excluded", {"namespaces": ["*shop"], "excludedNamespaces": ["shop"]}, POD, False),
    ("no namespace is default", {"namespaces": ["default"]}, NOWHERE, True),
    ("no namespace is not every one", {"namespaces": ["shop"]}, NOWHERE, False),
    # "namespaces, excludedNamespaces, and namespaceSelector will match on cluster scoped resources"
    ("namespaces and what lies in none", {"namespaces": ["shop"]}, ROLE, True),
    ("excluded, and what lies in none", {"excludedNamespaces": ["*shop"]}, ROLE, True),
    ("a selector, and what lies in none", {"namespaceSelector": {"matchLabels": {"team": "z"}}}, ROLE, True),
    ("a Namespace is named by itself", {"namespaces": ["shop"]}, SHOP, True),
    ("a Namespace of another name", {"namespaces": ["kube-*"]}, SHOP, False),
    ("a Namespace is excluded by itself", {"excludedNamespaces": ["shop"]}, SHOP, False),
    ("a Namespace is selected by its own labels", {"namespaceSelector": {"matchLabels": {"team": "a"}}}, SHOP, True),
    ("a Namespace with other labels", {"namespaceSelector": {"matchLabels": {"team": "b"}}}, SHOP, False),
    # scope
    ("any scope", {"scope": "*"}, ROLE, True),
    ("Cluster", {"scope": "Cluster"}, ROLE, True),
    ("Cluster, and a namespaced one", {"scope": "Cluster"}, POD, False),
    ("Namespaced", {"scope": "Namespaced"}, POD, True),
    ("Namespaced, and one of the cluster", {"scope": "Namespaced"}, ROLE, False),
    ("a Namespace is of the cluster", {"scope": "Cluster"}, SHOP, True),
    ("a Namespace is not namespaced", {"scope": "Namespaced"}, SHOP, False),
    # labelSelector: all expressions together
    ("a label", {"labelSelector": {"matchLabels": {"app": "web"}}}, POD, True),
    ("another value", {"labelSelector": {"matchLabels": {"app": "api"}}}, POD, False),
    ("not all labels", {"labelSelector": {"matchLabels": {"app": "web", "tier": "back"}}}, POD, False),
    ("labels of none", {"labelSelector": {"matchLabels": {"app": "web"}}}, DEPLOYMENT, False),
    (
        "In",
        {"labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}},
        POD,
        True,
    ),
    (
        "NotIn",
        {"labelSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}},
        POD,
        False,
    ),
    ("Exists", {"labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, POD, True),
    ("DoesNotExist", {"labelSelector": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}}, POD, False),
    ("an empty selector", {"labelSelector": {}}, POD, True),
    # namespaceSelector
    ("of its namespace", {"namespaceSelector": {"matchLabels": {"team": "a"}}}, POD, True),
    ("of another team", {"namespaceSelector": {"matchLabels": {"team": "b"}}}, POD, False),
    ("labels nobody knows", {"namespaceSelector": {"matchLabels": {"team": "a"}}}, NOWHERE, None),
    (
        "what does not apply anyway needs no labels",
        {"scope": "Cluster", "namespaceSelector": {"matchLabels": {"team": "a"}}},
        NOWHERE,
        False,
    ),
    # name
    ("a name", {"name": "web"}, POD, True),
    ("another name", {"name": "we"}, POD, False),
    ("a name that begins so", {"name": "we*"}, POD, True),
    ("a name that ends so", {"name": "*eb"}, POD, True),
    ("an empty name is any", {"name": ""}, POD, True),
    # every matcher holds
    ("all but one", {"name": "web", "namespaces": ["shop"], "scope": "Cluster"}, POD, False),
    # source
    ("as written", {"source": "Original"}, POD, True),
    ("all sources", {"source": "All"}, POD, True),
    ("only what is generated", {"source": "Generated"}, POD, False),
]


@pytest.mark.parametrize(("match", "given", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_match(match: Mapping[str, Any], given: Resource, expected: bool | None) -> None:
    assert compile_match(match, "spec.match").selects(subject_of(given, LABELS)) is expected


def test_the_object_before_the_change_counts_too() -> None:
    """Who takes the label off that selects a resource does not escape the constraint in the same step."""
    match = compile_match({"labelSelector": {"matchLabels": {"app": "web"}}}, "spec.match")
    bare, labelled = pod(), pod(app="web")
    assert match.selects(subject_of(bare, {}, operation="UPDATE", old=labelled.body)) is True
    assert match.selects(subject_of(labelled, {}, operation="UPDATE", old=bare.body)) is True
    assert match.selects(subject_of(bare, {}, operation="UPDATE", old=bare.body)) is False


def test_generated() -> None:
    for source, original, generated in [("Original", True, False), ("Generated", False, True), ("All", True, True)]:
        match = compile_match({"source": source}, "spec.match")
        assert match.selects(subject_of(POD, {})) is original
        assert match.selects(subject_of(POD, {}), generated=True) is generated


WRONG = [
    ({"namespace": ["shop"]}, "spec.match.namespace", "did you mean `namespaces`?"),
    ({"kinds": [{"groups": ["apps"]}]}, "spec.match.kinds[0].groups", "did you mean `apiGroups`?"),
    ({"kinds": {"kinds": ["Pod"]}}, "spec.match.kinds", ""),
    ({"scope": "cluster"}, "spec.match.scope", "write Cluster, Namespaced or *"),
    ({"source": "Made"}, "spec.match.source", "write Original, Generated or All"),
    ({"namespaces": ["*"]}, "spec.match.namespaces[0]", "write for example kube-* or *-system"),
    ({"excludedNamespaces": ["k*-system"]}, "spec.match.excludedNamespaces[0]", "write for example kube-* or *-system"),
    ({"name": "a*b"}, "spec.match.name", "write for example kube-* or *-system"),
    ({"labelSelector": {"app": "web"}}, "spec.match.labelSelector.app", ""),
    (
        {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}},
        "spec.match.namespaceSelector.matchExpressions[0].operator",
        "",
    ),
]


@pytest.mark.parametrize(("match", "key", "advice"), WRONG, ids=[one[1] for one in WRONG])
def test_a_match_that_a_cluster_refuses(match: Mapping[str, Any], key: str, advice: str) -> None:
    with pytest.raises(ShapeError) as caught:
        compile_match(match, "spec.match")
    assert (caught.value.key, caught.value.suggestion) == (key, advice)
