"""An API version on its way out is told while it is served, with what follows it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.checks import definitions
from bot.checks.deprecated import LIVES, fate
from bot.checks.schema import Rules, judged
from tests.checks.resources import resources

FLOW, DRA = "flowcontrol.apiserver.k8s.io", "resource.k8s.io"

TABLE: list[tuple[str, str, str, str]] = [
    # apiVersion, kind, minor, sentence after "apiVersion kind " ("" is no finding)
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.25",
     "is deprecated since Kubernetes 1.23 and goes away in 1.26; use autoscaling/v2"),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "1.25", ""),
    (f"{FLOW}/v1beta1", "FlowSchema", "1.25",
     f"is deprecated since Kubernetes 1.23 and goes away in 1.26; use {FLOW}/v1beta2"),
    (f"{FLOW}/v1beta2", "FlowSchema", "1.25", ""),  # what follows it is not served yet
    (f"{FLOW}/v1beta2", "FlowSchema", "1.27",
     f"is deprecated since Kubernetes 1.26 and goes away in 1.29; use {FLOW}/v1beta3"),
    (f"{FLOW}/v1beta3", "PriorityLevelConfiguration", "1.28", ""),
    (f"{FLOW}/v1beta3", "PriorityLevelConfiguration", "1.31",
     f"is deprecated since Kubernetes 1.29 and goes away in 1.32; use {FLOW}/v1"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.26",
     "is deprecated since Kubernetes 1.24 and goes away in 1.27; use storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "VolumeAttributesClass", "1.35",
     "is deprecated since Kubernetes 1.34 and goes away in 1.37; use storage.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "ServiceCIDR", "1.33",
     "goes away in Kubernetes 1.37; use networking.k8s.io/v1"),
    ("networking.k8s.io/v1alpha1", "ClusterCIDR", "1.26",
     "goes away in Kubernetes 1.29; nothing takes its place"),
    (f"{DRA}/v1alpha3", "ResourceClaim", "1.33", f"goes away in Kubernetes 1.34; use {DRA}/v1beta2"),
    (f"{DRA}/v1beta1", "ResourceClaim", "1.34", ""),
    (f"{DRA}/v1beta1", "ResourceClaim", "1.37",
     f"is deprecated since Kubernetes 1.35 and is due to go away in 1.38; use {DRA}/v1"),
    ("coordination.k8s.io/v1beta1", "LeaseCandidate", "1.37", ""),  # nothing riper is served
    ("v1", "Endpoints", "1.32", ""),
    ("v1", "Endpoints", "1.33", "is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice"),
    ("apps/v1", "Deployment", "1.25", ""),
]  # fmt: skip


def told(api_version: str, kind: str, minor: str) -> list[tuple[str, str, str]]:
    body: dict[str, Any] = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}
    found = judged(resources(body), Rules(minor, "fail"))
    return [(one.rule, one.state, one.message) for one in found if one.rule == "deprecated-api"]


@pytest.mark.parametrize("row", TABLE, ids=[f"{one[0]}-{one[1]}-{one[2]}" for one in TABLE])
def test_words(row: tuple[str, str, str, str]) -> None:
    api_version, kind, minor, sentence = row
    assert (api_version, kind) in definitions.load(minor).kinds, "the row says nothing"
    expected = [("deprecated-api", "warn", f"{api_version} {kind} {sentence}")] if sentence else []
    assert told(api_version, kind, minor) == expected


def test_the_table_agrees_with_what_the_minors_serve() -> None:
    """Each end in the table is the first minor whose schemas lack the kind, or yet to come."""
    order = definitions.versions()
    for (api_version, kind), (since, gone) in LIVES.items():
        served = definitions.serving(api_version, kind)
        assert served, f"no minor serves {api_version} {kind}"
        after = order.index(served[-1]) + 1
        if gone in order:
            assert order[after] == gone, (api_version, kind)
        else:
            assert after == len(order), (api_version, kind)
        if served[0] != order[0]:  # three minors after it came, as the policy has it
            assert order.index(since) - order.index(served[0]) == 3, (api_version, kind)


def test_no_beta_is_forgotten() -> None:
    """A beta that is older than two minors is in the table: the policy has deprecated it by then."""
    order = definitions.versions()
    every = {place for version in order for place in definitions.load(version).kinds}
    for api_version, kind in every:
        served = definitions.serving(api_version, kind)
        if "beta" in api_version and not kind.endswith("List") and order.index(served[0]) + 3 < len(order):
            assert (api_version, kind) in LIVES, (api_version, kind)


def test_what_goes_between_two_minors() -> None:
    """A plan to move from 1.28 to the newest asks for what goes on the way."""
    every = definitions.load("1.28").kinds
    going = {place for place in every if (found := fate(*place, "1.28")) and found.gone and not found.planned}
    gone = {place for place in every if place not in definitions.load(definitions.versions()[-1]).kinds}
    assert going == gone
    assert (f"{FLOW}/v1beta3", "FlowSchema") in going


def test_what_is_no_longer_served_is_not_also_deprecated() -> None:
    assert told("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.33") == []
