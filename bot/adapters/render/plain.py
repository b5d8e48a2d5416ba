"""What manifests lie in a directory that has no kustomization?

All `*.yaml`, `*.yml` and `*.json` files below it count, however deep. Left out are directories whose name
begins with a dot, Helm charts (their templates are no YAML), and documents that are no Kubernetes objects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from bot.checks.documents import Document, parse
from bot.checks.scalars import JSON, DocumentError
from bot.model.manifest import RenderProblem

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 20_000
_NOT_APPLIED = "kustomize.config.k8s.io/"

Read = Callable[[str], bytes | None]


@dataclass(slots=True)
class Found:
    """What a directory holds: objects with file and line, the files that were read, and what was wrong."""

    resources: list[tuple[Mapping[str, JSON], str, int]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[RenderProblem] = field(default_factory=list)


def manifests(paths: Sequence[str], read: Read) -> Found:
    """Read the manifests in files given by repository path, all problems together."""
    found = Found()
    for path in paths:
        text = read(path)
        if text is None:
            continue
        found.files.append(path)
        try:
            documents = _json(text) if path.endswith(".json") else parse(text)
        except DocumentError as error:
            found.problems.append(RenderProblem(path, error.message, error.line))
            continue
        for document in documents:
            _take(found, document.value, path, document.line)
    return found


def listing(directory: str, base: str) -> Iterator[str]:
    """Yield the manifest files below a directory on disk as repository paths beginning with `base`."""
    for here, directories, names in os.walk(directory):
        if "Chart.yaml" in names:
            directories.clear()
            continue
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        inner = os.path.relpath(here, directory)
        prefix = "/".join(part for part in (base, "" if inner == "." else inner) if part)
        for name in sorted(names):
            if name.endswith(SUFFIXES):
                yield f"{prefix}/{name}" if prefix else name


def _json(text: bytes) -> list[Document]:
    try:
        return [Document(orjson.loads(text), 1)] if text.strip() else []
    except orjson.JSONDecodeError as error:
        raise DocumentError(f"not valid JSON: {error.msg}", error.lineno) from error


def _take(found: Found, value: JSON, path: str, line: int) -> None:
    """Add one object, or the items of a list; ignore what is no manifest."""
    if not isinstance(value, dict):
        return
    version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str) or not version or not kind:
        if (version or kind) and isinstance(value.get("metadata"), dict):
            lacking = "kind" if version else "apiVersion"
            found.problems.append(RenderProblem(path, f"the manifest has no {lacking}", line))
        return
    if version.startswith(_NOT_APPLIED):
        return
    items = value.get("items")
    if not (kind.endswith("List") and isinstance(items, list)):
        found.resources.append((value, path, line))
        return
    for item in items:
        if isinstance(item, dict) and kind != "List":
            item = {"apiVersion": version, "kind": kind.removesuffix("List"), **item}  # noqa: PLW2901 - as kubectl
        _take(found, item, path, line)
