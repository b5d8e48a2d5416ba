"""What does a kustomization say with the options of a Flux Kustomization edited in, and what does Flux generate?

As github.com/fluxcd/pkg/kustomize does it (kustomize_generator.go): one that is there is edited; else one is generated
over the directory's manifests. Common metadata is set on what the build makes (kustomize-controller).
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.checks.applications.directories import inside
from bot.checks.applications.fields import at, entries, mapping, text
from bot.checks.applications.sourceignore import ignored
from bot.checks.closure import kustomization_file
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.model.tree import Tree

MAX_GENERATED = 5000  # resources of a generated kustomization

_API = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_WORDS = {"targetNamespace": "namespace", "namePrefix": "namePrefix", "nameSuffix": "nameSuffix"}
_LISTS = ("patches", "components", "patchesStrategicMerge", "patchesJson6902", "images")
_SELECTOR = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")
_IMAGE = ("name", "newName", "newTag", "digest")


class EditError(Exception):
    """The options, or the kustomization they are for, are not what Flux takes; the message says why."""

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.path, self.line = path, line


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory (from the top of a tree) that a kustomization is for; `ignore` are patterns that are left out."""

    tree: Tree
    path: str
    ignore: str = ""


def overrides(spec: Mapping[str, Any], directory: Directory, *, substitutes: bool) -> tuple[tuple[str, str], ...]:
    """Return the files (path, text) to lay over the directory so that kustomize builds it as Flux does; () for none.

    `spec` is that of a Flux Kustomization. `substitutes` says that variables are substituted afterwards, which what is
    set here must outlive. Raises EditError.
    """
    path = kustomization_file(directory.path, directory.tree.read)
    if path is None:
        value = _generated(directory)
        path = posixpath.join(directory.path, "kustomization.yaml")
    elif not is_edited(spec):
        return ()
    else:
        value = _read(path, directory.tree)
    edited = _edited(value, spec, directory)
    common = list(_common(mapping(spec.get("commonMetadata")), substitutes))
    if common:
        edited["transformers"] = [*entries(edited.get("transformers")), *common]
    return ((path, json.dumps(edited, ensure_ascii=False, indent=1)),)


def is_edited(spec: Mapping[str, Any]) -> bool:
    """Say whether a Flux Kustomization sets anything that is edited into a kustomization."""
    return any(spec.get(key) for key in (*_WORDS, *_LISTS, "commonMetadata"))


def _read(path: str, tree: Tree) -> dict[str, Any]:
    try:
        documents = parse(tree.read(path) or b"")
    except DocumentError as error:
        raise EditError(error.message, path, error.line) from error
    value = documents[0].value if documents else {}
    if not isinstance(value, dict):
        raise EditError("it is no kustomization", path)
    return {**_API, **value}


def _edited(value: Mapping[str, Any], spec: Mapping[str, Any], directory: Directory) -> dict[str, Any]:
    found = dict(value)
    for option, name in _WORDS.items():
        if text(spec.get(option)):
            found[_key(found, name)] = text(spec[option])
    for option, made in (
        ("patches", list(_patches(spec))),
        ("components", list(_components(spec, directory))),
        ("patchesStrategicMerge", [json.dumps(one) for one in entries(spec.get("patchesStrategicMerge"))]),
        ("patchesJson6902", list(_json_patches(spec))),
    ):
        if made:
            name = _key(found, option)
            found[name] = [*entries(found.get(name)), *made]
    images = list(_images(entries(found.get(_key(found, "images"))), spec))
    if images:
        found[_key(found, "images")] = images
    return found


def _images(own: Iterable[Any], spec: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the kustomization's images with those of the Flux Kustomization: one of the same name is replaced."""
    new: dict[str, dict[str, str]] = {}
    for image in entries(spec.get("images")):
        given = {key: text(at(image, key)) for key in _IMAGE if text(at(image, key))}
        if "name" not in given:
            raise EditError("an entry of spec.images has no name")
        new[given["name"]] = given
    for one in own:
        yield new.pop(text(at(one, "name")), one)
    yield from new.values()


def _key(value: Mapping[str, Any], name: str) -> str:
    """Return how a kustomization writes a field, as Go reads field names without regard to case."""
    return next((key for key in value if key.casefold() == name.casefold()), name)


def _patches(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in entries(spec.get("patches")):
        patch = at(one, "patch")
        if not isinstance(patch, str):
            raise EditError("an entry of spec.patches has no patch, which is a text")
        yield {"patch": patch, **_target(one)}


def _target(patch: Any) -> dict[str, Any]:
    target = at(patch, "target")
    if not isinstance(target, Mapping):
        return {}
    return {"target": {key: text(target[key]) for key in _SELECTOR if text(target.get(key))}}


def _json_patches(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in entries(spec.get("patchesJson6902")):
        yield {"patch": json.dumps(at(one, "patch")), **_target(one)}


def _components(spec: Mapping[str, Any], directory: Directory) -> Iterator[str]:
    """Yield the components to add: local paths, without those that are missing where that is allowed."""
    for one in entries(spec.get("components")):
        path = text(one)
        if not path or path.startswith("/") or "://" in path:
            raise EditError(f"component {path or one} is no path relative to spec.path")
        there = directory.tree.is_directory(inside(path, directory.path))
        if there or spec.get("ignoreMissingComponents") is not True:
            yield path


def _common(metadata: Mapping[str, Any], substitutes: bool) -> Iterator[str]:
    """Yield transformers that set common labels and annotations on each resource itself, and nowhere below."""
    for field, kind in (("labels", "LabelTransformer"), ("annotations", "AnnotationsTransformer")):
        given = {key: text(one) for key, one in mapping(metadata.get(field)).items()}
        if not given:
            continue
        if substitutes:  # `$$` becomes `$` again: common metadata is set after variables are substituted
            given = {key: one.replace("$", "$$") for key, one in given.items()}
        transformer = {
            "apiVersion": "builtin",
            "kind": kind,
            "metadata": {"name": f"common-{field}"},
            field: given,
            "fieldSpecs": [{"path": f"metadata/{field}", "create": True}],
        }
        yield json.dumps(transformer, ensure_ascii=False)


def _generated(directory: Directory) -> dict[str, Any]:
    """Return a kustomization over all manifests of a directory, and the directories of kustomizations below it.

    Symbolic links are no part of what Flux fetches (source-controller archives files and directories only).
    """
    left_out = ignored(directory.tree, directory.path, directory.ignore)
    found: list[str] = []
    waiting = [(directory.path, directory.tree.canonical(directory.path))]
    while waiting and len(found) <= MAX_GENERATED:
        path, really = waiting.pop()
        if directory.tree.canonical(path) != really or really is None:
            continue
        inner = f"./{path[len(directory.path) :].strip('/')}"
        if not directory.tree.is_directory(path):
            if path.endswith((".yaml", ".yml")) and path not in left_out:
                found.append(inner)
        elif path != directory.path and kustomization_file(path, directory.tree.read) is not None:
            found.append(inner)
        else:
            below = [(posixpath.join(path, name), posixpath.join(really, name)) for name in directory.tree.names(path)]
            waiting += reversed(below)
    if len(found) > MAX_GENERATED:
        raise EditError(f"it holds more than {MAX_GENERATED} manifests", directory.path)
    return {**_API, "resources": found}
