"""What would the API server list, if the rendered manifests were all that the cluster holds?

Some rules look at other resources: a Deployment at the PodDisruptionBudgets of its namespace. The annotation
`policies.lockkeeper.dev/api-calls` of a policy says that the manifests beside the resource may answer its API
calls: those of the same `application`, or those of the whole `environment`. No other policy is answered so: what a
cluster holds besides them is unknown here. Source:
https://kubernetes.io/docs/reference/using-api/api-concepts/ (the paths of collections and objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, get_args

from bot.model.manifest import Resource
from bot.policy.cel.plural import plural
from bot.policy.kyverno.answers import NotFound, NotKnown
from bot.policy.kyverno.kinds import parse_api_version
from bot.policy.kyverno.subject import subject_of

ANNOTATION = "policies.lockkeeper.dev/api-calls"
Scope = Literal["", "application", "environment"]

_SCOPES: tuple[Scope, ...] = get_args(Scope)

_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/?]+))/(?P<version>v[^/?]+)"
    r"(?:/namespaces/(?P<namespace>[^/?]+))?/(?P<plural>[a-z][a-z0-9]*)(?:/(?P<name>[^/?]+))?"
)


def scope_of(annotations: Mapping[str, object]) -> Scope:
    """Return which manifests may answer; empty when none. Raises `ValueError` for another scope."""
    said = annotations.get(ANNOTATION, "")
    for scope in _SCOPES:
        if said == scope:
            return scope
    raise ValueError(f"`{said}` is none of application, environment")


class Listing:
    """The manifests of one set, by the path that the API server has them at."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        """Take the resources; they are put in order when the first call asks for them."""
        self._resources = resources
        self._found: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] | None = None

    def get(self, path: str) -> object:
        """Return the list, or the object, that a GET of the path answers with.

        Raises `NotFound` where there is no such object, `NotKnown` for what only a cluster can answer.
        """
        asked = _PATH.fullmatch(path.strip())
        if asked is None or asked["plural"] == "secrets":
            raise NotKnown(f"only a cluster answers `{path.strip()[:200]}`")
        items = [
            body
            for namespace, body in self._by_type().get((asked["group"] or "", asked["plural"]), ())
            if asked["namespace"] in (None, namespace)
        ]
        if asked["name"] is None:
            return {"apiVersion": path.strip("/").partition("/")[2], "kind": "List", "items": items}
        for body in items:
            if body["metadata"].get("name") == asked["name"]:
                return body
        raise NotFound(f"there is no `{path.strip()[:200]}`")

    def _by_type(self) -> Mapping[tuple[str, str], list[tuple[str, Mapping[str, Any]]]]:
        if self._found is None:
            self._found = {}
            for one in self._resources:
                group = parse_api_version(one.api_version, one.kind).group
                subject = subject_of(one, {})
                if isinstance(subject.body.get("metadata"), Mapping):
                    self._found.setdefault((group, plural(one.kind)), []).append((subject.namespace, subject.body))
        return self._found


_answering: ContextVar[Listing | None] = ContextVar("answering", default=None)


@contextmanager
def answered_by(listing: Listing | None) -> Iterator[None]:
    """Let API calls be answered by a listing; None means that nobody answers."""
    token = _answering.set(listing)
    try:
        yield
    finally:
        _answering.reset(token)


def answering() -> Listing | None:
    """Return what answers API calls, None when nobody does."""
    return _answering.get()
