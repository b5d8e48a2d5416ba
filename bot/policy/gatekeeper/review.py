"""What does a template's code see of a resource, and of what lies around it?

Sources: https://open-policy-agent.github.io/gatekeeper/website/docs/howto/ ("Input review"),
`pkg/target/target.go` of open-policy-agent/gatekeeper, and `AdmissionRequest` of the Kubernetes API. Nobody here
knows who makes a change, so nothing is made up for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from bot.model.manifest import Resource
from bot.policy.cel.plural import plural
from bot.policy.kyverno.subject import Subject, subject_of

Json = Mapping[str, Any]

USER = "request.userInfo"


def review_of(subject: Subject) -> Json:
    """Return `input.review` for a resource."""
    kind = {"group": subject.type.group, "version": subject.type.version, "kind": subject.type.kind}
    found: dict[str, object] = {
        "kind": kind,
        "resource": {"group": kind["group"], "version": kind["version"], "resource": plural(kind["kind"])},
        "name": subject.name,
        "operation": subject.operation,
        "object": subject.body,
        "oldObject": subject.old,  # null where there is none, as an API server writes it
        "dryRun": False,
        "options": None,
    }
    if subject.namespace:
        found["namespace"] = subject.namespace
        if subject.namespace_labels is not None:
            metadata = {"name": subject.namespace, "labels": dict(subject.namespace_labels)}
            around = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            found["namespaceObject"] = around
            found["_unstable"] = {"namespace": around}
    if USER in subject.given:
        found["userInfo"] = subject.given[USER]
    return found


def as_json(value: object) -> bytes:
    """Return a JSON value as JSON, whatever YAML made of it: numbers of any size, half characters."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(value, default=str).encode()


def inventory_of(resources: Iterable[Resource], *, as_written: bool = False) -> bytes:
    """Return `data.inventory` as JSON: resources by namespace (or of the cluster), group and version, kind and name.

    `as_written` says that a namespaced resource without a namespace lies in none, as in Gatekeeper's tests.
    """
    cluster: dict[str, Any] = {}
    namespaces: dict[str, Any] = {}
    for resource in resources:
        body = resource.body if as_written else subject_of(resource, {}).body
        placed = Resource(body)
        tree = namespaces.setdefault(placed.namespace, {}) if placed.namespace else cluster
        tree.setdefault(placed.api_version, {}).setdefault(placed.kind, {})[placed.name] = body
    found = {name: tree for name, tree in (("cluster", cluster), ("namespace", namespaces)) if tree}
    return as_json(found)
