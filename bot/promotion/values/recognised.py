"""Which values of a file say what runs, where nobody named them?

A file is known by what it holds, not by its name. Only versions move: tags, digests, chart versions, revisions. What
a registry or repository is called often differs by environment, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Literal

from bot.promotion.values.keys import Field, Item, Key, kind_of, text_of
from bot.promotion.values.nodes import Document, Mapping, Node, Scalar, Sequence, read_documents
from bot.promotion.values.problem import ValueProblem

Role = Literal["image tag", "image digest", "image", "chart version", "revision", "version", "value"]
MOST_KEYS = 1000

_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9._/-]*(?::[0-9]+/[a-z0-9._/-]+)?(?::[A-Za-z0-9_][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


@dataclass(frozen=True, slots=True)
class Versioned:
    """A value that says what runs: its key, what it is, and whose it is (an image's or chart's name, '' if unknown)."""

    key: Key
    role: Role
    name: str = ""


def recognise(text: str) -> tuple[Versioned, ...]:
    """Return the versions a file holds, in its order; ValueProblem where it is no YAML or holds none that is known."""
    documents = read_documents(text)
    several = sum(one.root is not None for one in documents) > 1
    found = [each for one in documents if one.root is not None for each in _of_document(one, several)]
    if not found:
        raise ValueProblem("nothing in this file is known to be a version", how="name the `keys` that move")
    if len(found) > MOST_KEYS:
        raise ValueProblem(f"{len(found)} versions are more than can be moved at once", how="name the `keys` that move")
    return tuple(found)


def _of_document(document: Document, several: bool) -> Iterator[Versioned]:
    root = document.root
    if not isinstance(root, Mapping):
        return
    kind, name = kind_of(root)
    group = text_of(root.get("apiVersion")).partition("/")[0]
    reader = _KINDS.get((group, kind)) or (_kustomization if kind in ("Kustomization", "Component") else None)
    if group == "kustomize.toolkit.fluxcd.io":
        reader = _flux_kustomization
    if reader is None:
        reader = _by_shape(root, kind)
    if reader is None:
        return
    for parts, role, whose in reader(root):
        yield Versioned(Key(parts, kind if several and name else "", name if several else ""), role, whose)


_Parts = tuple[Field | Item, ...]
_Found = Iterator[tuple[_Parts, Role, str]]


def _by_shape(root: Mapping, kind: str) -> Callable[[Mapping], _Found] | None:
    if kind:
        return _workload if root.get("spec") is not None else None
    if isinstance(root.get("releases"), Sequence):
        return _helmfile
    if isinstance(root.get("dependencies"), Sequence) and root.get("apiVersion") is not None:
        return _chart
    keys = {one.key.value for one in root.entries}
    if keys & {"resources", "images", "patches", "components"} and isinstance(root.get("images"), Sequence):
        return _kustomization
    return _values_of_chart


def _child(node: Node | None, *names: str) -> Node | None:
    for name in names:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _fields(*names: str) -> _Parts:
    return tuple(Field(name) for name in names)


def _kustomization(root: Mapping) -> _Found:
    yield from _images(root.get("images"), _fields("images"))
    for item, parts, name in _items(root.get("helmCharts"), _fields("helmCharts")):
        if text_of(item.get("version")):
            yield (*parts, Field("version")), "chart version", name


def _images(images: Node | None, parts: _Parts) -> _Found:
    for item, at, name in _items(images, parts):
        for field, role in (("newTag", "image tag"), ("digest", "image digest")):
            if isinstance(item.get(field), Scalar):
                yield (*at, Field(field)), role, name  # type: ignore[misc]  # the roles of the row above


def _items(node: Node | None, parts: _Parts) -> Iterator[tuple[Mapping, _Parts, str]]:
    for number, item in enumerate(node.items if isinstance(node, Sequence) else ()):
        if isinstance(item, Mapping):
            name = text_of(item.get("name"))
            yield item, (*parts, Item(field="name", value=name) if name else Item(number)), name


def _application(root: Mapping) -> _Found:
    yield from _sources(_child(root, "spec"), _fields("spec"))


def _application_set(root: Mapping) -> _Found:
    yield from _sources(_child(root, "spec", "template", "spec"), _fields("spec", "template", "spec"))
    generators = _child(root, "spec", "generators")
    for number, one in enumerate(generators.items if isinstance(generators, Sequence) else ()):
        elements = _child(one, "list", "elements")
        at = (*_fields("spec", "generators"), Item(number), *_fields("list", "elements"))
        for item, parts, name in _items(elements, at):
            for field in ("version", "tag", "imageTag", "targetRevision", "revision", "chartVersion"):
                if _is_version(item.get(field)):
                    yield (*parts, Field(field)), "revision" if "evision" in field else "version", name


def _sources(spec: Node | None, parts: _Parts) -> _Found:
    source = _child(spec, "source")
    if isinstance(source, Mapping):
        yield from _source(source, (*parts, Field("source")))
    sources = _child(spec, "sources")
    for number, one in enumerate(sources.items if isinstance(sources, Sequence) else ()):
        if isinstance(one, Mapping):
            yield from _source(one, (*parts, Field("sources"), Item(number)))


def _source(source: Mapping, parts: _Parts) -> _Found:
    chart = text_of(source.get("chart"))
    if _is_version(source.get("targetRevision")):
        role: Role = "chart version" if chart else "revision"
        yield (*parts, Field("targetRevision")), role, chart
    helm = source.get("helm")
    for item, at, name in _items(_child(helm, "parameters"), (*parts, *_fields("helm", "parameters"))):
        if name.rpartition(".")[2] in ("tag", "digest") and _is_version(item.get("value")):
            yield (
                (*at, Field("value")),
                "image tag" if name.endswith("tag") else "image digest",
                name.rpartition(".")[0],
            )
    yield from _tags(_child(helm, "valuesObject"), (*parts, *_fields("helm", "valuesObject")))
    images = _child(source, "kustomize", "images")
    for number, one in enumerate(images.items if isinstance(images, Sequence) else ()):
        if _is_image(one):
            yield (*parts, *_fields("kustomize", "images"), Item(number)), "image", _name_of(text_of(one))


def _helm_release(root: Mapping) -> _Found:
    spec = _child(root, "spec")
    chart = _child(spec, "chart", "spec")
    if isinstance(chart, Mapping) and _is_version(chart.get("version")):
        yield _fields("spec", "chart", "spec", "version"), "chart version", text_of(chart.get("chart"))
    yield from _tags(_child(spec, "values"), _fields("spec", "values"))


def _flux_kustomization(root: Mapping) -> _Found:
    yield from _images(_child(root, "spec", "images"), _fields("spec", "images"))


def _flux_source(root: Mapping) -> _Found:
    for field in ("tag", "semver", "digest", "commit"):
        if _is_version(_child(root, "spec", "ref", field)):
            yield _fields("spec", "ref", field), "revision", kind_of(root)[1]


def _helmfile(root: Mapping) -> _Found:
    for item, parts, name in _items(root.get("releases"), _fields("releases")):
        if _is_version(item.get("version")):
            yield (*parts, Field("version")), "chart version", name


def _chart(root: Mapping) -> _Found:
    for item, parts, name in _items(root.get("dependencies"), _fields("dependencies")):
        if _is_version(item.get("version")):
            yield (*parts, Field("version")), "chart version", name


def _workload(root: Mapping) -> _Found:
    """A workload: the images of its Pods."""
    for way in (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec")):
        pod = _child(root, *way)
        for field in ("initContainers", "containers"):
            for item, parts, name in _items(_child(pod, field), _fields(*way, field)):
                if _is_image(item.get("image")):
                    yield (*parts, Field("image")), "image", name


def _values_of_chart(root: Mapping) -> _Found:
    yield from _tags(root, ())


def _tags(node: Node | None, parts: _Parts, depth: int = 0) -> _Found:
    """Images as charts' values name them: `image: {repository, tag, digest}`, or `image: repository:tag`."""
    if not isinstance(node, Mapping) or depth > 20:
        return
    for one in node.entries:
        here = (*parts, Field(one.key.value))
        name = one.key.value
        if (
            name in ("tag", "digest", "imageTag", "imageDigest")
            and _is_version(one.value)
            and _is_about_image(node, parts)
        ):
            role: Role = "image digest" if name.lower().endswith("digest") else "image tag"
            yield here, role, _whose(parts)
        elif name == "image" and _is_image(one.value) and not _is_about_tag(node):
            yield here, "image", _whose(parts) or _name_of(text_of(one.value))
        else:
            yield from _tags(one.value, here, depth + 1)


def _is_about_image(node: Mapping, parts: _Parts) -> bool:
    last = str(parts[-1]).lower() if parts else ""
    names = {one.key.value for one in node.entries if isinstance(one.value, Scalar)}
    return "image" in last or bool(names & {"repository", "registry", "image", "pullPolicy", "imageTag", "imageDigest"})


def _is_about_tag(node: Mapping) -> bool:
    """Say whether the image's version stands beside it rather than in it."""
    return any(one.key.value in ("tag", "imageTag") for one in node.entries)


def _whose(parts: _Parts) -> str:
    names = [
        one.name for one in parts if isinstance(one, Field) and one.name not in ("image", "spec", "values", "helm")
    ]
    return names[-1] if names else ""


def _is_version(node: Node | None) -> bool:
    return isinstance(node, Scalar) and bool(node.value) and "{{" not in node.value


def _is_image(node: Node | None) -> bool:
    text = text_of(node)
    return _IMAGE.fullmatch(text) is not None and (":" in text.rpartition("/")[2] or "@" in text)


def _name_of(image: str) -> str:
    return image.partition("=")[0].partition("@")[0].rpartition("/")[2].partition(":")[0]


_KINDS: MappingType[tuple[str, str], Callable[[Mapping], _Found]] = {
    ("argoproj.io", "Application"): _application,
    ("argoproj.io", "ApplicationSet"): _application_set,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
    ("source.toolkit.fluxcd.io", "OCIRepository"): _flux_source,
    ("source.toolkit.fluxcd.io", "GitRepository"): _flux_source,
    ("", "Chart"): _chart,
}
