"""Which names does a rule start with: the request, and what is given from outside?

Before the merge there is no admission request. What it would carry and the manifests show is here; who makes
the change is unknown, unless given. Values given from outside (those of a test) go by dotted paths such as
`request.operation` or `imageData.registry`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.policy.kyverno.answers import Unknown
from bot.policy.kyverno.context import Context
from bot.policy.kyverno.images import Extractor, images_of
from bot.policy.kyverno.subject import Subject

_USER = Unknown("who makes the change is known only in the cluster")
_API = Unknown("only the API server knows it")

_STEP = re.compile(r'"([^"]+)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class ImagesOf:
    """The variable `images`, made when it is first asked for."""

    body: Mapping[str, object]
    extractors: Mapping[str, list[Extractor]]
    name: str = "images"

    def load(self, _: Context) -> object:
        """Return the images of the resource; raises `QueryError` when one has no good name."""
        return images_of(self.body, self.extractors)


def names_of(subject: Subject) -> dict[str, object]:
    """Return a fresh map of the names that a rule about this subject starts with."""
    request = subject.cache.get("request")
    if request is None:
        request = subject.cache["request"] = _request(subject)
    names: dict[str, object] = {
        "request": request,
        "serviceAccountName": _USER,
        "serviceAccountNamespace": _USER,
    }
    for path, value in subject.given.items():
        _put(names, [quoted or plain for quoted, plain in _STEP.findall(path)], value)
    return names


def _request(subject: Subject) -> dict[str, object]:
    kind = {"group": subject.type.group, "version": subject.type.version, "kind": subject.type.kind}
    request: dict[str, object] = {
        "operation": subject.operation,
        "namespace": subject.namespace,
        "name": subject.name,
        "kind": kind,
        "requestKind": kind,
        "dryRun": False,
        "object": subject.body,
        "userInfo": _USER,
        "roles": _USER,
        "clusterRoles": _USER,
        "uid": _API,
        "resource": _API,
    }
    if subject.old is not None:
        request["oldObject"] = subject.old
    elif subject.operation == "DELETE":
        request["oldObject"] = subject.body
    return request


def _put(names: dict[str, object], steps: list[str], value: object) -> None:
    """Put a value at its path; maps on the way are copied, since they belong to others."""
    for step in steps[:-1]:
        below = names.get(step)
        names[step] = dict(below) if isinstance(below, dict) else {}
        names = names[step]  # type: ignore[assignment]  # it was just put there
    if steps:
        names[steps[-1]] = value
