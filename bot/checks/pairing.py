"""Which entries of two lists are the same thing, so that a mere change of order is no change?

Merge keys follow the patch strategy of the Kubernetes API (`x-kubernetes-patch-merge-key`,
`x-kubernetes-list-map-keys`). Lists whose order means something (initContainers, args, rules of an Ingress)
and lists of unknown meaning are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "ephemeralContainers": (("name",),),
    "env": (("name",),),
    "volumes": (("name",),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol"), ("port",)),
    "imagePullSecrets": (("name",),),
    "secrets": (("name",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "webhooks": (("name",),),
    "conditions": (("type",),),
    "ownerReferences": (("uid",),),
    "resourceClaims": (("name",),),
}
_SETS = frozenset(
    {
        "finalizers", "accessModes", "verbs", "resources", "resourceNames", "apiGroups", "nonResourceURLs",
        "policyTypes", "subjects", "tolerations", "add", "drop", "matchExpressions", "matchFields",
        "loadBalancerSourceRanges", "externalIPs", "supplementalGroups", "mountOptions",
    }
)  # fmt: skip
_DEFAULTS = {"protocol": "TCP"}
_ORDERED_BY_USE = "$("  # an env value that refers to another one depends on the order


def identities(field: str, items: Sequence[Any]) -> list[tuple[str, ...]] | None:
    """Return an identity for each item of the list in `field`; None when the list's order counts.

    Identities are unique: two items that cannot be told apart make the order count.
    """
    if field == "env" and any(_ORDERED_BY_USE in str(_get(item, "value")) for item in items):
        return None
    for keys in _KEYS.get(field, ()):
        if all(isinstance(item, Mapping) and keys[0] in item for item in items):
            return _unique([tuple([_written(_get(item, key)) for key in keys]) for item in items])
    if field in _SETS:
        return _unique([(_written(item),) for item in items])
    return None


def pairs(field: str, base: Sequence[Any], head: Sequence[Any]) -> list[tuple[int | None, int | None]]:
    """Return which items of base and head belong together, as pairs of indexes, in the order of head.

    An item only in base stands behind the one it followed there. Without identities, equal indexes belong
    together.
    """
    old, new = identities(field, base), identities(field, head)
    if old is None or new is None:
        longest = max(len(base), len(head))
        return [(at if at < len(base) else None, at if at < len(head) else None) for at in range(longest)]
    place = {identity: at for at, identity in enumerate(old)}
    found: list[tuple[int | None, int | None]] = [(place.get(identity), at) for at, identity in enumerate(new)]
    kept = set(new)
    if len(kept) == len(old) and place.keys() == kept:
        return found
    followed = -1
    behind: dict[int | None, list[tuple[int | None, int | None]]] = {}
    for at, identity in enumerate(old):
        if identity in kept:
            followed = at
        else:
            behind.setdefault(followed, []).append((at, None))
    return [*behind.get(-1, ()), *(one for pair in found for one in (pair, *behind.get(pair[0], ())))]


def label(field: str, item: Any) -> str | None:
    """Return the name people know an item by, where its list has merge keys."""
    for keys in _KEYS.get(field, ()):
        if isinstance(item, Mapping) and keys[0] in item:
            return str(item[keys[0]])
    return None


def _get(item: Any, key: str) -> Any:
    return item.get(key, _DEFAULTS.get(key)) if isinstance(item, Mapping) else None


def _unique(found: list[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
    return found if len(set(found)) == len(found) else None


def _written(value: Any) -> str:
    """Return a text by which values are told apart; what has no JSON form counts as its text."""
    if type(value) is str:
        return f'"{value}'
    text = json.dumps(value, sort_keys=True, default=str)
    return f'"{json.loads(text)}' if text[0] == '"' else text
