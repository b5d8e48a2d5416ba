"""What is left of a generated Application once `templatePatch` has been laid over it?

Sources: applicationset/controllers/template/patch.go and docs/operator-manual/applicationset/Template.md of
argoproj/argo-cd; k8s.io/apimachinery/pkg/util/strategicpatch; RFC 6902 for a patch that is a list.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from bot.checks.documents import parse
from bot.checks.scalars import DocumentError

_LARGEST = 10_000  # values in a patch, and values that it copies


class PatchError(Exception):
    """A patch cannot be read or does not fit; the message says why."""


def patched(application: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return an Application with a patch laid over it; `spec.project` stays as it is. Raises PatchError."""
    patch = _parsed(text)
    if isinstance(patch, PatchError):
        raise PatchError(str(patch))
    if isinstance(patch, list):
        found = _operations(application, patch)
    elif isinstance(patch, Mapping):
        found = _merged(application, patch)
    else:
        raise PatchError("it is neither a mapping nor a list")
    if not isinstance(found, dict):
        raise PatchError("it leaves no Application")
    spec, before = found.get("spec"), application.get("spec")
    if isinstance(spec, Mapping) and isinstance(before, Mapping) and "project" in before:
        found = {**found, "spec": {**spec, "project": before["project"]}}
    return found


@lru_cache(maxsize=4)
def _parsed(text: str) -> Any:
    """Return what a patch says, or a PatchError; one that names no parameter is the same for all Applications."""
    try:
        documents = parse(text.encode("utf-8", "replace"))
    except DocumentError as error:
        where = f" on line {error.line}" if error.line else ""
        return PatchError(f"{error.message}{where}")
    patch = documents[0].value if documents else {}
    return PatchError("it is larger than any honest one") if _size(patch) > _LARGEST else patch


def _size(value: Any) -> int:
    """Return how many values there are in a value, with what aliases repeat; no more than need be counted."""
    waiting, count = [value], 0
    while waiting and count <= _LARGEST:
        here = waiting.pop()
        count += 1
        if isinstance(here, Mapping):
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return count


def _merged(value: Any, patch: Any) -> Any:
    """Lay a strategic merge patch over a value. No list of an Application is merged: each is replaced."""
    if not isinstance(patch, Mapping):
        return patch
    kept = {key: one for key, one in patch.items() if not str(key).startswith("$")}
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    found = dict(value) if isinstance(value, Mapping) and directive != "replace" else {}
    for key, one in kept.items():
        if one is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), one)
    return found


def _operations(application: Mapping[str, Any], patch: list[Any]) -> Any:
    found: Any = copy.deepcopy(dict(application))
    left = _LARGEST
    for number, one in enumerate(patch[:1000]):
        try:
            if one["op"] in ("copy", "move"):
                left -= _size(_at(found, _pointer(one["from"])))
            if left < 0:
                raise PatchError("its operations copy more than any Application holds")
            found = _operated(found, one)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise PatchError(f"its operation {number + 1} does not fit") from error
    return found


def _operated(document: Any, operation: Mapping[str, Any]) -> Any:
    """Carry out one operation of a JSON patch on a document of its own, and return the document."""
    op, path = operation["op"], _pointer(operation["path"])
    match op:
        case "test":
            if _at(document, path) != operation["value"]:
                raise ValueError(op)
            return document
        case "remove":
            return _without(document, path)
        case "replace":
            _at(document, path)
            return _added(_without(document, path) if path else document, path, operation["value"])
        case "add":
            return _added(document, path, operation["value"])
        case "copy" | "move":
            source = _pointer(operation["from"])
            value = copy.deepcopy(_at(document, source))
            return _added(_without(document, source) if op == "move" else document, path, value)
    raise ValueError(op)


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError(text)
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _at(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[_place(part, document)] if isinstance(document, list) else document[part]
    return document


def _place(part: str, listed: list[Any], *, beyond: bool = False) -> int:
    if beyond and part == "-":
        return len(listed)
    number = int(part)
    if not part.isdigit() or number >= len(listed) + beyond:
        raise IndexError(part)
    return number


def _added(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return copy.deepcopy(value)
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(_place(path[-1], parent, beyond=True), copy.deepcopy(value))
    elif isinstance(parent, dict):
        parent[path[-1]] = copy.deepcopy(value)
    else:
        raise TypeError(path[-1])
    return document


def _without(document: Any, path: list[str]) -> Any:
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        del parent[_place(path[-1], parent)]
    else:
        del parent[path[-1]]
    return document
