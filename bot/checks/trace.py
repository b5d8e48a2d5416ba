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


@dataclass(frozen=True, slots=True)
class _Question:
    """What is looked for: a field of a rendered resource, among the names of all resources of its kind."""

    key: ResourceKey
    path: Path
    body: Mapping[str, Any]
    names: frozenset[str]
    about_tag: bool = False

    def share(self, source_name: str) -> int:
        """Say how much of the resource's name a source name is: 0 when it belongs to another resource.

        A source name belongs to the shortest rendered name that holds it, as namePrefix, nameSuffix and hash
        only add to it.
        """
        if source_name == self.key.name:
            return 1000
        mine = _plain(self.key)
        if not source_name or not _is_part(source_name, mine):
            return 0
        holders = [one for one in self.names if _is_part(source_name, one)]
        return len(source_name) if len(mine) <= min(map(len, holders), default=len(mine)) else 0


def trace(findings: Sequence[Finding], rendered: Rendered, read: Callable[[str], bytes | None]) -> tuple[Finding, ...]:
    """Return the findings with `path` and `line` of the source where they can be mended.

    `rendered` is the root that the findings are about, at the same commit that `read` reads from: it returns
    the bytes of a path, None when there is no such file. Findings without a resource are returned as they
    are.
    """
    if not any(one.resource for one in findings):
        return tuple(findings)
    found = sources(rendered.root, rendered.files, read)
    bodies = {one.key: one.body for one in rendered.resources}
    names: dict[str, set[str]] = {}
    for key in bodies:
        names.setdefault(key.kind, set()).add(_plain(key))
    places: dict[tuple[ResourceKey, str, bool], tuple[str, int] | None] = {}
    traced = []
    for one in findings:
        if one.resource is None:
            traced.append(one)
            continue
        about_tag = bool(_ABOUT_TAGS.search(f"{one.policy} {one.rule}"))
        known = (one.resource, one.field, about_tag)
        if known not in places:
            body, others = bodies.get(one.resource, {}), frozenset(names.get(one.resource.kind, ()))
            asked = _Question(one.resource, parse(one.field), body, others, about_tag)
            places[known] = _origin(asked, found) or _root_file(rendered)
        place = places[known]
        traced.append(replace(one, path=place[0], line=place[1]) if place else one)
    return tuple(traced)


def _origin(asked: _Question, found: Sources) -> tuple[str, int] | None:
    spots = [
        *_documents(asked, found.resources),
        *_json_patches(asked, found),
        *_settings(asked, found),
        *_generators(asked, found),
    ]
    if not spots:
        return None
    best = max(spots, key=lambda spot: spot.fit)
    return best.path, best.line


def _documents(asked: _Question, documents: Sequence[Source]) -> Iterator[_Spot]:
    """Find the resource's documents: the one with the field and its value, else the one that comes
    nearest."""
    path = asked.path
    for source in documents:
        name = _same_resource(source.document.value, asked)
        if not name:
            continue
        place, value, rendered = _locate(source.document.value, asked.body, path)
        whole = bool(path) and len(place) == len(path)
        same = whole and rendered is not _ABSENT and value == rendered
        nearness = -source.rank if whole else 0
        fit = (2 * same + whole, len(place), nearness, not source.patch, name, -source.rank)
        yield _Spot(fit, source.path, source.line(place))


def _same_resource(value: Any, asked: _Question) -> int:
    """Say how surely a document is the source of a resource: 0 not, more for a longer share of the name."""
    key = asked.key
    if not isinstance(value, Mapping) or value.get("kind") != key.kind:
        return 0
    group, slash, _ = str(value.get("apiVersion", "")).rpartition("/")
    if "apiVersion" in value and (group if slash else "") != key.group:
        return 0
    metadata = value.get("metadata")
    found = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, Mapping) else None
    return asked.share(found) if isinstance(found, str) else 0


def _plain(key: ResourceKey) -> str:
    return (stem(key.name) or key.name) if key.kind in KINDS else key.name


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


def _json_patches(asked: _Question, found: Sources) -> Iterator[_Spot]:
    """Find the operation of a JSON patch that set the field, or something above it."""
    plain = tuple(str(part) for part in asked.path)
    for patch in found.json_patches:
        if (patch.kind and patch.kind != asked.key.kind) or (patch.name and not _targets(patch.name, asked)):
            continue
        length = len(patch.path)
        if not length or plain[:length] != patch.path:
            continue
        rendered = _locate(asked.body, asked.body, asked.path[:length])[2]
        if patch.value == rendered:
            fit = (3, len(asked.path), -patch.source.rank, True, 1000, 0)
            line = patch.source.line((*patch.place, *asked.path[length:]))
            yield _Spot(fit, patch.source.path, line)


def _targets(pattern: str, asked: _Question) -> bool:
    """Say whether a patch's target name, a regular expression, may mean the resource."""
    return re.fullmatch(r"[\w.-]+", pattern) is None or asked.share(pattern) > 0


def _settings(asked: _Question, found: Sources) -> Iterator[_Spot]:
    """Find the entry of a kustomization that set the field: images, replicas, namespace."""
    path = asked.path
    value = _locate(asked.body, asked.body, path)[2]
    for source in found.kustomizations:
        place: Place | None = None
        if path[-1:] == ("image",) and isinstance(value, str):
            place = _image_entry(source, value, asked.about_tag)
        elif path == ("spec", "replicas"):
            place = _replicas_entry(source, asked, value)
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


def _replicas_entry(source: Source, asked: _Question, value: Any) -> Place | None:
    for index, entry in entries(source, "replicas"):
        name = entry.get("name")
        if isinstance(name, str) and asked.share(name) and entry.get("count") == value:
            return ("replicas", index, "count")
    return None


def _generators(asked: _Question, found: Sources) -> Iterator[_Spot]:
    """Find the generator that made a ConfigMap or Secret, and the literal behind a key of it."""
    listed = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(asked.key.kind)
    if not listed:
        return
    path = asked.path
    for source in found.kustomizations:
        for index, entry in entries(source, listed):
            name = entry.get("name")
            if not isinstance(name, str) or not asked.share(name):
                continue
            place: Place = (listed, index)
            literals = entry.get("literals")
            for at, literal in enumerate(literals if isinstance(literals, list) else ()):
                if len(path) == 2 and str(literal).partition("=")[0] == path[1]:
                    place = (listed, index, "literals", at)
            fit = (1 if len(place) == 4 else 0, len(path), -source.rank, True, asked.share(name), 0)
            yield _Spot(fit, source.path, source.line(place))


def _root_file(rendered: Rendered) -> tuple[str, int] | None:
    """Return the root's kustomization, the last resort."""
    names = [posixpath.join(rendered.root, name) for name in KUSTOMIZATIONS]
    return next(((name, 1) for name in names if name in rendered.files), None)
