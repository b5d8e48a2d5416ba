"""What does a rule see of one resource?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.manifest import Resource
from bot.policy.kyverno.exclusions import Exclusion
from bot.policy.kyverno.kinds import GroupVersionKind, has_namespace, parse_api_version

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One resource as an admission request would carry it.

    `namespace_labels` is None when nobody knows the labels of the resource's namespace. `operation` is CREATE,
    UPDATE or, in tests, DELETE; `old` is the object before an UPDATE, None when there is none or nobody knows it.
    The namespace is `default` where a namespaced kind names none, as kubectl does. `given` are values of variables
    from outside, by dotted path; `excused` is what exceptions leave out of the Pod Security Standards; `cache` is
    for what is made of the subject, and made once.
    """

    resource: Resource
    body: Mapping[str, Any]
    type: GroupVersionKind
    name: str
    namespace: str
    labels: Labels
    annotations: Labels
    namespace_labels: Labels | None
    operation: str = "CREATE"
    old: Mapping[str, Any] | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    excused: tuple[Exclusion, ...] = ()
    cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)


def subject_of(
    resource: Resource,
    namespaces: Mapping[str, Labels],
    *,
    operation: str = "CREATE",
    old: Mapping[str, Any] | None = None,
) -> Subject:
    """Build the view of one resource; `namespaces` maps the known namespaces to their labels."""
    kind = resource.kind
    namespace = resource.namespace or ("default" if has_namespace(kind) else "")
    return Subject(
        resource=resource,
        body=_with_namespace(resource, namespace),
        type=parse_api_version(resource.api_version, kind),
        name=resource.name,
        namespace=namespace,
        labels=_strings(resource.metadata.get("labels")),
        annotations=_strings(resource.metadata.get("annotations")),
        namespace_labels=namespaces.get(namespace) if namespace else {},
        operation=operation,
        old=old,
    )


def _with_namespace(resource: Resource, namespace: str) -> Mapping[str, Any]:
    """The object as the API server hands it on, which fills the namespace in."""
    if not namespace or resource.namespace or not isinstance(resource.body.get("metadata", {}), Mapping):
        return resource.body
    return {**resource.body, "metadata": {**resource.metadata, "namespace": namespace}}


def _strings(found: object) -> Labels:
    if not isinstance(found, Mapping):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}
