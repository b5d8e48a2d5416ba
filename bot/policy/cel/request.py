"""What does an expression see of one resource: `object`, `request`, `namespaceObject` and the others?

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ ("Validation
expression"). A manifest names no user, no id and no state of its namespace: nothing is made up for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.cel.engine import Data, Engine
from bot.policy.cel.plural import plural
from bot.policy.cel.problem import ElsewhereError
from bot.policy.cel.tokens import paths_from, tokens_of
from bot.policy.cel.world import View

Json = Mapping[str, Any]

_ABSENT = {
    'Key not found in map : "userInfo"': "who makes the change (`request.userInfo`) is known in a cluster only",
    'No value with name "now__"': "what holds depends on the time of day",
}


class Requests:
    """Prepares the variables of a resource once for the rules that follow each other."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._last: tuple[View, Json | None, Data] | None = None

    def data(self, view: View, params: Json | None) -> Data:
        """Return the variables for one resource and the parameters of a binding."""
        last = self._last
        if last is not None and last[0] is view and last[1] is params:
            return last[2]
        data = self.engine.data(
            {
                "object": _placed(view.body, view.namespace),
                "oldObject": None if view.old is None else _placed(view.old, view.namespace),
                "request": _request(view),
                "params": params,
                "namespaceObject": _namespace(view),
                "exceptions": {"allowedImages": [], "allowedValues": []},
            }
        )
        self._last = (view, params, data)
        return data


def _request(view: View) -> Json:
    kind = {"group": view.type.group, "version": view.type.version, "kind": view.type.kind}
    resource = {"group": view.type.group, "version": view.type.version, "resource": plural(view.type.kind)}
    request: dict[str, Any] = {
        "kind": kind,
        "resource": resource,
        "subResource": "",
        "requestKind": kind,
        "requestResource": resource,
        "requestSubResource": "",
        "name": view.name,
        "namespace": view.namespace,
        "operation": view.operation,
        "dryRun": False,
    }
    for path, value in view.given.items():
        _put(request, path, value)
    return request


def _put(request: dict[str, Any], path: str, value: object) -> None:
    root, *steps = path.split(".")
    if root != "request" or not steps:
        return
    for step in steps[:-1]:
        below = request.get(step)
        request[step] = dict(below) if isinstance(below, dict) else {}
        request = request[step]
    request[steps[-1]] = value


def _placed(body: Json, namespace: str) -> Json:
    """An API server puts the namespace into what it is sent without one."""
    metadata = body.get("metadata")
    if not namespace or (isinstance(metadata, Mapping) and metadata.get("namespace")):
        return body
    return {**body, "metadata": {**(metadata if isinstance(metadata, Mapping) else {}), "namespace": namespace}}


def _namespace(view: View) -> Json | None:
    if not view.namespace or view.type.kind == "Namespace":
        return None
    metadata: dict[str, object] = {"name": view.namespace}
    if view.namespace_labels:
        metadata["labels"] = dict(view.namespace_labels)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def reads_labels(texts: Iterable[str]) -> bool:
    """Say whether expressions read the labels of the namespace.

    Raises `ElsewhereError` when they read what no repository tells: other fields of it, or who may do what.
    """
    found = False
    for text in texts:
        tokens = tokens_of(text)
        if any(True for _ in paths_from(tokens, "authorizer")):
            raise ElsewhereError("`authorizer` asks a cluster who may do what")
        for path in paths_from(tokens, "namespaceObject"):
            if path[:2] == ("metadata", "labels"):
                found = True
            elif path[:2] != ("metadata", "name"):
                raise ElsewhereError(f"`{'.'.join(('namespaceObject', *path))}` is known in a cluster only")
    return found


def asks_elsewhere(error: str) -> str:
    """Why an evaluation that ended with this error has no answer here; empty when it simply broke."""
    return next((why for start, why in _ABSENT.items() if error.startswith(start)), "")
