"""Why is there no schema for a kind: removed, yet to come, misspelt, not served by its definition, or unknown?"""

from __future__ import annotations

from functools import lru_cache

from bot.checks import definitions as known
from bot.checks.crd import CustomKinds
from bot.checks.definitions import Definitions
from bot.checks.hints import did_you_mean
from bot.checks.removed import GONE, removed_in
from bot.checks.wording import Remark


def unserved(api_version: str, kind: str, minor: Definitions, custom: CustomKinds) -> Remark | None:
    """Say what is wrong with an apiVersion and kind that have no schema; None when the kind is simply unknown."""
    group = api_version.rpartition("/")[0]
    if message := _removed(api_version, kind, minor):
        return Remark("removed-api", ("apiVersion",), message)
    served = custom.served.get((group, kind))
    if served and api_version not in served:
        offers = ", ".join(served)
        message = f"{api_version} {kind} is not served: its CustomResourceDefinition here serves {offers}"
        return Remark("removed-api", ("apiVersion",), message)
    if served:
        return None
    if elsewhere := _elsewhere(api_version, kind, minor):
        return Remark("unknown-kind", ("apiVersion",), elsewhere)
    if neighbours := minor.names(api_version):
        meant = did_you_mean(kind, neighbours)
        hint = f"; did you mean `{meant}`?" if meant else ""
        return Remark(
            "unknown-kind", ("kind",), f"{api_version} has no kind `{kind}` in Kubernetes {minor.version}{hint}"
        )
    return _misspelt(api_version, kind, minor)


def _removed(api_version: str, kind: str, minor: Definitions) -> str:
    since = removed_in(api_version, kind)
    used = () if since else known.serving(api_version, kind)
    order = known.versions()
    if not since and not used:
        return ""
    if used and order.index(used[0]) > order.index(minor.version):
        later = f"comes only with Kubernetes {used[0]}, and this is checked against {minor.version}"
        offered = successor(api_version, kind, minor)
        return f"{api_version} {kind} {later}{f'; use {offered} until then' if offered else ''}"
    if used:
        since = order[order.index(used[-1]) + 1]
    offered = successor(api_version, kind, minor)
    instead = f"use {offered}" if offered else GONE.get(kind, "")
    sentence = f"{api_version} {kind} is no longer served since Kubernetes {since}"
    return f"{sentence}; {instead}" if instead else sentence


@lru_cache(maxsize=1024)
def successor(api_version: str, kind: str, minor: Definitions) -> str:
    """Return the best other apiVersion that serves the same kind in a minor, '' when there is none."""
    offered = [one for one in minor.relatives(api_version, kind) if one != api_version]
    return offered[0] if offered else ""


def _elsewhere(api_version: str, kind: str, minor: Definitions) -> str:
    """Word a built-in kind in a version or group that never had it: `apps/v2 Deployment`."""
    offered = minor.api_versions(kind)
    if api_version.rpartition("/")[0] in minor.groups and offered:
        return f"Kubernetes {minor.version} has no {api_version} {kind}; use {offered[0]}"
    return ""


def _misspelt(api_version: str, kind: str, minor: Definitions) -> Remark | None:
    """Find the built-in kind that an apiVersion with a slip was meant for: `app/v1 Deployment`."""
    offered = minor.api_versions(kind)
    group = api_version.rpartition("/")[0]
    if "." in group and not group.endswith(".k8s.io"):
        return None  # somebody's own group, in which kinds may be called like ours
    meant = did_you_mean(api_version, offered)
    if not meant:
        return None
    message = f"Kubernetes {minor.version} has no {api_version} {kind}; did you mean `{meant}`?"
    return Remark("unknown-kind", ("apiVersion",), message)
