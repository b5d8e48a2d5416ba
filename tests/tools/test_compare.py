"""Does a comparison see every change of a resource, and none where there is none?"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tools.conformance.compare import Tally, difference

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1"}},
    "spec": {"replicas": 1, "paused": True, "containers": [{"name": "a", "args": ["x", "y"]}], "nothing": None},
}
SERVICE: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"port": 80}}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """Return the Deployment with another value at one place."""
    body = copy.deepcopy(DEPLOYMENT)
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return body


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (changed("spec", "replicas", to=2), ".spec.replicas is 1, and 2 for the real tool"),
        (changed("spec", "replicas", to="1"), '.spec.replicas is 1, and "1" for the real tool'),
        (changed("spec", "replicas", to=True), ".spec.replicas is 1, and true for the real tool"),
        (changed("spec", "replicas", to=1.5), ".spec.replicas is 1, and 1.5 for the real tool"),
        (changed("spec", "paused", to=1), ".spec.paused is true, and 1 for the real tool"),
        (changed("spec", "nothing", to=""), '.spec.nothing is null, and "" for the real tool'),
        (changed("spec", "more", to=1), ".spec.more is missing in ours"),
        (changed("spec", "containers", 0, "args", to=["y", "x"]), '.spec.containers[0].args[0] is "x", and "y"'),
        (changed("spec", "containers", 0, "args", to=["x"]), '.spec.containers[0].args is ["x", "y"], and ["x"]'),
        (changed("metadata", "labels", to={}), ".metadata.labels.a is only in ours"),
        (changed("metadata", "annotations", to={"a": "b"}), ".metadata.annotations is missing in ours"),
        (changed("metadata", "name", to="wab"), "ours lacks apps/v1 Deployment shop/wab; ours adds apps/v1 Deployment"),
        (changed("apiVersion", to="apps/v2"), "ours lacks apps/v2 Deployment shop/web"),
    ],
)
def test_a_changed_resource_is_seen(other: dict[str, Any], words: str) -> None:
    assert words in difference([SERVICE, DEPLOYMENT], [SERVICE, other])
    assert words in difference([SERVICE, DEPLOYMENT], [other, SERVICE], ordered=False)


def test_a_missing_and_an_added_resource_are_seen() -> None:
    assert difference([SERVICE], [SERVICE, DEPLOYMENT]) == "ours lacks apps/v1 Deployment shop/web"
    assert difference([SERVICE, SERVICE], [SERVICE]) == "ours adds v1 Service web"
    assert difference([], []) == ""


def test_order_counts_where_it_is_said_to() -> None:
    assert difference([SERVICE, DEPLOYMENT], [DEPLOYMENT, SERVICE]) == "the same resources in another order"
    assert difference([SERVICE, DEPLOYMENT], [DEPLOYMENT, SERVICE], ordered=False) == ""


@pytest.mark.parametrize(
    "other",
    [
        copy.deepcopy(DEPLOYMENT),
        dict(reversed(DEPLOYMENT.items())),
        changed("spec", "replicas", to=1.0),
        changed("metadata", "annotations", to={}),
    ],
)
def test_what_means_the_same_is_equal(other: dict[str, Any]) -> None:
    assert difference([DEPLOYMENT], [other]) == ""


def test_empty_annotations_of_a_pod_template_do_count() -> None:
    """Only those of the resource itself are added by the tool that reads for us."""
    assert difference([DEPLOYMENT], [changed("spec", "template", to={"metadata": {"annotations": {}}})])
    inside: list[dict[str, Any]] = [{}, {"annotations": {}}]
    one, other = ({**DEPLOYMENT, "spec": {"metadata": inner}} for inner in inside)
    assert ".spec.metadata.annotations is missing in ours" in difference([one], [other])


def test_a_tally_counts() -> None:
    tally = Tally()
    tally.judge("a", "")
    tally.judge("b", "it differs")
    tally.refused += 1
    assert (str(tally), tally.differences) == ("1 of 2 equal (1 refused by both)", ["b: it differs"])
