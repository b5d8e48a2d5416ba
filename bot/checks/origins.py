"""Which document, patch or entry of a kustomization is it that a field of a rendered resource came from?

A rendered resource does not say where its fields came from, so this is looked for: the document that holds the same
field with the same value, in the root before its bases; the kustomization entry that set it; else where the field
would stand; else the resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.amounts import parse_image
from bot.checks.documents import Place
from bot.checks.fieldpath import Path
from bot.checks.following import ABSENT, child, follow
from bot.checks.hashed import KINDS, stem
from bot.checks.sources import SourceDocument, Sources, entries
from bot.model.manifest import ResourceKey


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that may be the origin: how well it fits (greater is better), and where it is."""

    fit: tuple[int, ...]
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Question:
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
        mine = plain_name(self.key)
        if not source_name or not _is_part(source_name, mine):
            return 0
        holders = [one for one in self.names if _is_part(source_name, one)]
        return len(source_name) if len(mine) <= min(map(len, holders), default=len(mine)) else 0


def origin(asked: Question, found: Sources) -> Origin | None:
    """Return the likeliest place, None when none is likely."""
    spots = [
        *_documents(asked, found.resources),
        *_json_patches(asked, found),
        *_settings(asked, found),
        *_generators(asked, found),
    ]
    return max(spots, key=lambda spot: spot.fit, default=None)


def _documents(asked: Question, documents: Sequence[SourceDocument]) -> Iterator[Origin]:
    """Find the resource's documents: the one with the field and its value, else the one that comes
    nearest."""
    path = asked.path
    for source in documents:
        name = _same_resource(source.document.value, asked)
        if not name:
            continue
        place, value, rendered = follow(source.document.value, asked.body, path)
        whole = bool(path) and len(place) == len(path)
        same = whole and rendered is not ABSENT and value == rendered
        nearness = -source.rank if whole else 0
        fit = (2 * same + whole, len(place), nearness, not source.patch, name, -source.rank)
        yield Origin(fit, source.path, source.line(place))


def _same_resource(value: Any, asked: Question) -> int:
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


def plain_name(key: ResourceKey) -> str:
    """Return the name of a resource without the hash that a generator put behind it."""
    return (stem(key.name) or key.name) if key.kind in KINDS else key.name


def _is_part(part: str, name: str) -> bool:
    """Say whether a name is another with something before or after it, as namePrefix and nameSuffix make."""
    return name.startswith(part) or name.endswith(part) or f"-{part}-" in name


def _json_patches(asked: Question, found: Sources) -> Iterator[Origin]:
    """Find the operation of a JSON patch that set the field, or something above it."""
    plain = tuple(str(part) for part in asked.path)
    for patch in found.json_patches:
        if (patch.kind and patch.kind != asked.key.kind) or (patch.name and not _targets(patch.name, asked)):
            continue
        length = len(patch.path)
        if not length or plain[:length] != patch.path:
            continue
        rendered = follow(asked.body, asked.body, asked.path[:length])[2]
        if patch.value == rendered:
            fit = (3, len(asked.path), -patch.source.rank, True, 1000, 0)
            line = patch.source.line((*patch.place, *asked.path[length:]))
            yield Origin(fit, patch.source.path, line)


def _targets(pattern: str, asked: Question) -> bool:
    """Say whether a patch's target name, a regular expression, may mean the resource."""
    return re.fullmatch(r"[\w.-]+", pattern) is None or asked.share(pattern) > 0


def _settings(asked: Question, found: Sources) -> Iterator[Origin]:
    """Find the entry of a kustomization that set the field: images, replicas, namespace."""
    path = asked.path
    value = follow(asked.body, asked.body, path)[2]
    for source in found.kustomizations:
        place: Place | None = None
        if path[-1:] == ("image",) and isinstance(value, str):
            place = _image_entry(source, value, asked.about_tag)
        elif path == ("spec", "replicas"):
            place = _replicas_entry(source, asked, value)
        elif path == ("metadata", "namespace") and child(source.document.value, "namespace") == value:
            place = ("namespace",)
        if place:
            yield Origin((4, len(path), -source.rank, True, 1000, 0), source.path, source.line(place))


def _image_entry(source: SourceDocument, reference: str, about_tag: bool) -> Place | None:
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


def _replicas_entry(source: SourceDocument, asked: Question, value: Any) -> Place | None:
    for index, entry in entries(source, "replicas"):
        name = entry.get("name")
        if isinstance(name, str) and asked.share(name) and entry.get("count") == value:
            return ("replicas", index, "count")
    return None


def _generators(asked: Question, found: Sources) -> Iterator[Origin]:
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
            yield Origin(fit, source.path, source.line(place))
