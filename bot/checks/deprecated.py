"""Which API versions are still served but on their way out, since when, until when, and what follows them?

Sources: the deprecated API migration guide and the deprecation policy of the Kubernetes documentation. By that policy
(rule 4a) a beta version is deprecated three minors after it came and goes three minors later, unless told otherwise;
for minors that are yet to come the table says what the policy demands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.checks import definitions as known
from bot.checks.unserved import successor

_FLOW, _DRA = "flowcontrol.apiserver.k8s.io", "resource.k8s.io"
_TABLE = {
    # group/version: (deprecated since, gone in, kinds)
    "autoscaling/v2beta2": ("1.23", "1.26", "HorizontalPodAutoscaler"),
    f"{_FLOW}/v1beta1": ("1.23", "1.26", "FlowSchema PriorityLevelConfiguration"),
    f"{_FLOW}/v1beta2": ("1.26", "1.29", "FlowSchema PriorityLevelConfiguration"),
    f"{_FLOW}/v1beta3": ("1.29", "1.32", "FlowSchema PriorityLevelConfiguration"),
    "storage.k8s.io/v1beta1": ("1.24", "1.27", "CSIStorageCapacity"),
    "authentication.k8s.io/v1beta1": ("1.30", "1.33", "SelfSubjectReview"),
    "admissionregistration.k8s.io/v1beta1": (
        "1.31", "1.34", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    ),
    "networking.k8s.io/v1beta1": ("1.34", "1.37", "IPAddress ServiceCIDR"),
    f"{_DRA}/v1beta1": ("1.35", "1.38", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"),
    f"{_DRA}/v1beta2": ("1.36", "1.39", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"),
    "certificates.k8s.io/v1beta1": ("1.36", "1.39", "ClusterTrustBundle"),
    "coordination.k8s.io/v1beta1": ("1.36", "1.39", "LeaseCandidate"),
}  # fmt: skip
_LATER = {  # of groups that stand above with other kinds
    "storage.k8s.io/v1beta1": ("1.34", "1.37", "VolumeAttributesClass"),
    "admissionregistration.k8s.io/v1beta1": (
        "1.37", "1.40", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
    ),
}  # fmt: skip
_FOR_GOOD: Mapping[tuple[str, str], tuple[str, str]] = {  # deprecated, and nobody has said when they go
    ("v1", "ComponentStatus"): ("1.19", "ask the API server's /livez and /readyz instead"),
    ("v1", "Endpoints"): ("1.33", "use discovery.k8s.io/v1 EndpointSlice"),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a kind of an apiVersion that a minor serves.

    `deprecated` is the minor since when, '' while it is not; `gone` the first minor without it, '' when none is known;
    `planned` says that this minor is yet to come. `instead` says what to use; what cannot be used in the minor that
    was asked about is not `mendable` yet.
    """

    deprecated: str
    gone: str
    planned: bool
    instead: str
    mendable: bool = True

    def words(self, api_version: str, kind: str) -> str:
        """Return the sentence for those who use it."""
        parts = [f"is deprecated since Kubernetes {self.deprecated}"] if self.deprecated else []
        if self.gone:
            verb = "is due to go away in" if self.planned else "goes away in"
            parts.append(f"{verb} {'' if parts else 'Kubernetes '}{self.gone}")
        return f"{api_version} {kind} {' and '.join(parts)}; {self.instead}"


def _lives() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for table in (_TABLE, _LATER):
        for api_version, (since, gone, kinds) in table.items():
            yield from (((api_version, kind), (since, gone)) for kind in kinds.split())


LIVES: Mapping[tuple[str, str], tuple[str, str]] = dict(_lives())


@lru_cache(maxsize=4096)
def fate(api_version: str, kind: str, version: str) -> Fate | None:
    """Say what becomes of a kind that a minor ("1.33") serves: None when it is to stay, as far as one knows.

    What later minors of the data no longer serve goes away, alpha versions without any notice.
    """
    if (api_version, kind) in _FOR_GOOD:
        since, instead = _FOR_GOOD[api_version, kind]
        return Fate(since, "", False, instead) if _before(since, version) else None
    since, gone = LIVES.get((api_version, kind), ("", ""))
    deprecated = since if since and _before(since, version) else ""
    order, served = known.versions(), known.serving(api_version, kind)
    if served and served[-1] != order[-1]:
        gone = order[order.index(served[-1]) + 1]
    planned = bool(gone) and gone not in order
    if not deprecated and (not gone or planned):
        return None
    offered = _better(api_version, kind, version)
    if planned and not offered:
        return None
    if offered or planned:
        return Fate(deprecated, gone, planned, f"use {offered}")
    offered = _better(api_version, kind, gone)
    later = f"{offered} comes with Kubernetes {known.serving(offered, kind)[0]}" if offered else ""
    return Fate(deprecated, gone, planned, later or "nothing takes its place", mendable=not later)


def _better(api_version: str, kind: str, version: str) -> str:
    """Return the best apiVersion that a minor serves a kind in, '' when it is no riper than the one at hand."""
    offered = successor(api_version, kind, known.load(version))
    return offered if offered and known.maturity(offered)[:3] < known.maturity(api_version)[:3] else ""


def _before(one: str, other: str) -> bool:
    """Say whether a minor is another or comes before it."""
    return [int(part) for part in one.split(".")] <= [int(part) for part in other.split(".")]
