"""In which file and on which line can a person mend what a finding tells of?

A rendered resource does not say where its fields came from, so this is looked for: the document that holds
the same field with the same value, in the root before its bases; the kustomization entry that set it; else
where the field would stand; else the resource; else the kustomization.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.checks.amounts import parse_image
from bot.checks.documents import Place
from bot.checks.fieldpath import Path, parse
from bot.checks.hashed import KINDS, stem
from bot.checks.pairing import label
from bot.checks.sources import KUSTOMIZATIONS, Source, Sources, entries, sources
from bot.model.finding import Finding
from bot.model.manifest import Rendered, ResourceKey

_ABSENT = object()
_ABOUT_TAGS = re.compile(r"tag|latest|digest|version", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place that may be the origin: how well it fits (greater is better), and where it is."""

    fit: tuple[int, ...]
    path: str
    line: int


def trace(
    findings: Sequence[Finding], rendered: Rendered, read: Callable[[str], bytes | None]
) -> tuple[Finding, ...]:
    """Return the findings with `path` and `line` of the source where they can be mended.

    `rendered` is the root that the findings are about, at the same commit that `read` reads from: it returns
    the bytes of a path, None when there is no such file. Findings without a resource are returned as they
    are.
    """
    if not any(one.resource for one in findings):
        return tuple(findings)
    found = sources(rendered.root, rendered.files, read)
    bodies = {one.key: one.body for one in rendered.resources}
    places: dict[tuple[ResourceKey, str, bool], tuple[str, int] | None] = {}
    traced = []
    for one in findings:
        if one.resource is None:
            traced.append(one)
            continue
        asked = (one.resource, one.field, bool(_ABOUT_TAGS.search(f"{one.policy} {one.rule}")))
        if asked not in places:
            places[asked] = _origin(*asked, bodies.get(one.resource, {}), found) or _root_file(rendered)
        place = places[asked]
        traced.append(replace(one, path=place[0], line=place[1]) if place else one)
    return tuple(traced)


def _origin(
    key: ResourceKey, dotted: str, about_tag: bool, body: Mapping[str, Any], found: Sources
) -> tuple[str, int] | None:
    path = parse(dotted)
    spots = [
        *_documents(key, path, body, found.resources),
        *_json_patches(key, path, body, found),
        *_settings(key, path, body, found, about_tag),
        *_generators(key, path, found),
    ]
    if not spots:
        return None
    best = max(spots, key=lambda spot: spot.fit)
    return best.path, best.line


def _documents(
    key: ResourceKey, path: Path, body: Mapping[str, Any], documents: Sequence[Source]
) -> Iterator[_Spot]:
    """Find the resource's documents: the one with the field and its value, else the one that comes
    nearest."""
    for source in documents:
        name = _same_resource(source.document.value, key)
        if not name:
            continue
        place, value, rendered = _locate(source.document.value, body, path)
        whole = bool(path) and len(place) == len(path)
        same = whole and rendered is not _ABSENT and value == rendered
        nearness = -source.rank if whole else 0
        fit = (2 * same + whole, len(place), nearness, not source.patch, name, -source.rank)
        yield _Spot(fit, source.path, source.line(place))


def _same_resource(value: Any, key: ResourceKey) -> int:
    """Say how surely a document is the source of a resource: 0 not, more for a longer share of the name."""
    if not isinstance(value, Mapping) or value.get("kind") != key.kind:
        return 0
    group, slash, _ = str(value.get("apiVersion", "")).rpartition("/")
    if "apiVersion" in value and (group if slash else "") != key.group:
        return 0
    metadata = value.get("metadata")
    found = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, Mapping) else None
    if not isinstance(found, str) or not found:
        return 0
    name = key.name
    if found == name:
        return 1000
    plain = (stem(name) or name) if key.kind in KINDS else name
    return len(found) if _is_part(found, plain) else 0


def _is_part(part: str, name: str) -> bool:
    """Say whether a name is another with something before or after it, as namePrefix and nameSuffix make."""
    return name.startswith(part) or name.endswith(part) or f"-{part}-" in name


def _locate(document: Any, body: Any, path: Path) -> tuple[Place, Any, Any]:
    """Follow a path of the rendered body through a document, list items by their names.

    Returns how far it leads in the document, the value there, and the rendered value at the path's end.
    """
    place: Place = ()
    found: Any = document
    rendered: Any = body
    field = ""
    for part in path:
        step: str | int | None = part
        below = _child(rendered, part)
        if isinstance(part, int):
            step = _index(found, below, part, field) if isinstance(found, list) else None
        elif not isinstance(found, Mapping) or part not in found:
            step = None
        rendered = below
        if step is None:
            break
        found = found[step]
        place = (*place, step)
        field = str(part)
    return place, found, rendered


def _child(value: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list | tuple) and part < len(value) else _ABSENT
    return value.get(part, _ABSENT) if isinstance(value, Mapping) else _ABSENT


def _index(items: Sequence[Any], wanted: Any, index: int, field: str) -> int | None:
    """Return which item of a document's list is the rendered one: by name, by equality, else by index."""
    if wanted is _ABSENT:
        return index if index < len(items) else None
    name = _name(field, wanted)
    for at, item in enumerate(items):
        if (name is not None and _name(field, item) == name) or (name is None and item == wanted):
            return at
    return index if name is None and index < len(items) else None


def _name(field: str, item: Any) -> str | None:
    known = label(field, item)
    if known is None and isinstance(item, Mapping) and isinstance(item.get("name"), str):
        return str(item["name"])
    return known


def _json_patches(key: ResourceKey, path: Path, body: Mapping[str, Any], found: Sources) -> Iterator[_Spot]:
    """Find the operation of a JSON patch that set the field, or something above it."""
    plain = tuple(str(part) for part in path)
    for patch in found.json_patches:
        if (patch.kind and patch.kind != key.kind) or (patch.name and not _targets(patch.name, key.name)):
            continue
        length = len(patch.path)
        if not length or plain[:length] != patch.path:
            continue
        rendered = _locate(body, body, path[:length])[2]
        if patch.value == rendered:
            fit = (3, len(path), -patch.source.rank, True, 1000, 0)
            yield _Spot(fit, patch.source.path, patch.source.line((*patch.place, *path[length:])))


def _targets(pattern: str, name: str) -> bool:
    """Say whether a patch's target name, a regular expression, may mean a rendered name."""
    return re.fullmatch(r"[\w.-]+", pattern) is None or _is_part(pattern, name)


def _settings(
    key: ResourceKey, path: Path, body: Mapping[str, Any], found: Sources, about_tag: bool
) -> Iterator[_Spot]:
    """Find the entry of a kustomization that set the field: images, replicas, namespace."""
    value = _locate(body, body, path)[2]
    for source in found.kustomizations:
        place: Place | None = None
        if path[-1:] == ("image",) and isinstance(value, str):
            place = _image_entry(source, value, about_tag)
        elif path == ("spec", "replicas"):
            place = _replicas_entry(source, key.name, value)
        elif path == ("metadata", "namespace") and _child(source.document.value, "namespace") == value:
            place = ("namespace",)
        if place:
            yield _Spot((4, len(path), -source.rank, True, 1000, 0), source.path, source.line(place))


def _image_entry(source: Source, reference: str, about_tag: bool) -> Place | None:
    """Return the line of `images:` that made this reference: of the tag when the finding is about tags."""
    image = parse_image(reference)
    for index, entry in entries(source, "images"):
        made = {"newTag": image.tag, "digest": image.digest}
        if entry.get("newName", entry.get("name")) != image.name:
            continue
        if any(key in entry and str(entry[key]) != part for key, part in made.items()):
            continue
        version = next((key for key in ("digest", "newTag") if key in entry), None)
        if version and (about_tag or "newName" not in entry):
            return ("images", index, version)
        return ("images", index, "newName" if "newName" in entry else "name")
    return None


def _replicas_entry(source: Source, name: str, value: Any) -> Place | None:
    for index, entry in entries(source, "replicas"):
        if (
            isinstance(entry.get("name"), str)
            and _is_part(entry["name"], name)
            and entry.get("count") == value
        ):
            return ("replicas", index, "count")
    return None


def _generators(key: ResourceKey, path: Path, found: Sources) -> Iterator[_Spot]:
    """Find the generator that made a ConfigMap or Secret, and the literal behind a key of it."""
    listed = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(key.kind)
    if not listed:
        return
    plain = stem(key.name) or key.name
    for source in found.kustomizations:
        for index, entry in entries(source, listed):
            if not isinstance(entry.get("name"), str) or not _is_part(entry["name"], plain):
                continue
            place: Place = (listed, index)
            literals = entry.get("literals")
            for at, literal in enumerate(literals if isinstance(literals, list) else ()):
                if len(path) == 2 and str(literal).partition("=")[0] == path[1]:
                    place = (listed, index, "literals", at)
            fit = (1 if len(place) == 4 else 0, len(path), -source.rank, True, len(entry["name"]), 0)
            yield _Spot(fit, source.path, source.line(place))


def _root_file(rendered: Rendered) -> tuple[str, int] | None:
    """Return the root's kustomization, the last resort."""
    names = [posixpath.join(rendered.root, name) for name in KUSTOMIZATIONS]
    return next(((name, 1) for name in names if name in rendered.files), None)
