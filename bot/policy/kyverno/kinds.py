"""Which resources does a kind selector of a Kyverno policy mean, such as `apps/v1/Deployment` or `Pod/exec`?

Source: the Kyverno documentation ("Selecting resources") and `ParseKindSelector` in `pkg/utils/kube/kind.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from bot.policy.kyverno.wildcard import compile_wildcard


class GroupVersionKind(NamedTuple):
    """The type of a resource; the core group is the empty string."""

    group: str
    version: str
    kind: str


class KindSelector(NamedTuple):
    """Four wildcard patterns; an empty subresource means the resource itself."""

    group: str
    version: str
    kind: str
    subresource: str


KindTest = Callable[[GroupVersionKind], bool]

_VERSION = re.compile(r"v\d+((alpha|beta)\d+)?|\*", re.ASCII)

# The built-in kinds without a namespace; for all others an absent namespace means `default`.
_CLUSTER_SCOPED = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
        "ClusterIssuer",
        "ClusterPolicy",
        "ClusterSecretStore",
    ]
)


def parse_api_version(api_version: str, kind: str) -> GroupVersionKind:
    """Split `apps/v1` and a kind into group, version and kind."""
    group, slash, version = api_version.rpartition("/")
    return GroupVersionKind(group if slash else "", version, kind)


def has_namespace(kind: str) -> bool:
    """Say whether resources of this kind live in a namespace, as far as the kind's name tells."""
    return kind not in _CLUSTER_SCOPED


def parse_kind_selector(text: str) -> KindSelector | None:
    """Read `Kind`, `version/Kind` or `group/version/Kind`, each with `/subresource` or `.subresource`.

    None means that the text is none of these.
    """
    head, slash, last = text.rpartition("/")
    parts = [*(head.split("/") if slash else ()), *last.split(".")]
    match parts:
        case [kind]:
            return KindSelector("*", "*", kind, "")
        case ["*", "*"]:
            return KindSelector("*", "*", "*", "*")
        case ["*", subresource] if subresource.lower() == subresource:
            return KindSelector("*", "*", "*", subresource)
        case [version, kind] if _VERSION.fullmatch(version):
            return KindSelector("*", version, kind, "")
        case [kind, subresource]:
            return KindSelector("*", "*", kind, subresource)
        case [version, kind, subresource] if _VERSION.fullmatch(version):
            return KindSelector("*", version, kind, subresource)
        case [group, version, kind]:
            return KindSelector(group, version, kind, "")
        case [group, version, kind, subresource]:
            return KindSelector(group, version, kind, subresource)
        case _:
            return None


def names_kind(selectors: Iterable[str], kind: str) -> bool:
    """Say whether one of the selectors names exactly this kind (autogen asks for `Pod`)."""
    return any(found is not None and found.kind == kind for found in map(parse_kind_selector, selectors))


# What a request to a subresource carries, by what it is sent to: group, kinds and the subresource's name
_SUBRESOURCES: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "Scale": ("apps", ("Deployment", "StatefulSet", "ReplicaSet"), "scale"),
    "PodExecOptions": ("", ("Pod",), "exec"),
    "PodAttachOptions": ("", ("Pod",), "attach"),
    "PodPortForwardOptions": ("", ("Pod",), "portforward"),
    "Eviction": ("", ("Pod",), "eviction"),
    "Binding": ("", ("Pod",), "binding"),
}


def compile_kinds(selectors: Iterable[KindSelector]) -> KindTest:
    """Turn kind selectors into a test of a resource's type.

    Manifests are no subresources, but for what only a request to a subresource carries, such as a Scale.
    """
    listed = tuple(selectors)
    tests = [
        tuple(map(compile_wildcard, (one.group, one.version, one.kind)))
        for one in listed
        if not one.subresource.strip("*")
    ]
    below = [tuple(map(compile_wildcard, (one.group, one.kind, one.subresource))) for one in listed if one.subresource]

    @lru_cache(maxsize=512)
    def matches(found: GroupVersionKind) -> bool:
        if any(kind(found.kind) and group(found.group) and version(found.version) for group, version, kind in tests):
            return True
        parent = _SUBRESOURCES.get(found.kind) if below else None
        if parent is None:
            return False
        owner, kinds, name = parent
        return any(group(owner) and any(map(kind, kinds)) and subresource(name) for group, kind, subresource in below)

    return matches
