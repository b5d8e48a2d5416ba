"""Which YAML documents may a rendered resource have been made from, and how near are they to the root?

Built from the files a root reads: plain resources, strategic merge patches, JSON patches (in files or
inline), and the entries of kustomization files. What cannot be parsed is left out: rendering has told of it
already.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.checks.documents import Document, Place, parse
from bot.checks.scalars import DocumentError

Read = Callable[[str], bytes | None]

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_BYTES = 30 * 1024 * 1024  # of all files together
_FAR = 1000  # rank of a file in no known kustomization


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One document: its file, value, the lines of its places, and its rank (0 in the root, more in its
    bases).

    `shift` is added to every line, for a document inside another. `patch` says that it changes a resource
    that stands elsewhere.
    """

    path: str
    document: Document
    rank: int
    shift: int = 0
    patch: bool = False

    def line(self, place: Place = ()) -> int:
        """Return the 1-based line of the nearest known place at or above this one."""
        while place and place not in self.document.lines:
            place = place[:-1]
        return (self.document.lines[place] if place else self.document.line) + self.shift


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """One operation of a JSON patch: where it stands, whom it is for (kind and name, '' for any), what it
    sets."""

    source: SourceDocument
    place: Place
    kind: str
    name: str
    path: tuple[str, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Sources:
    """All documents of a root by what they are, nearest to the root first."""

    resources: tuple[SourceDocument, ...] = ()
    kustomizations: tuple[SourceDocument, ...] = ()
    json_patches: tuple[JsonPatch, ...] = ()


@dataclass(slots=True)
class Reading:
    """Reads and parses files, each once, up to MAX_BYTES of them together; `read` returns None for no file."""

    read: Read
    left: int = MAX_BYTES
    parsed: dict[str, list[Document]] = field(default_factory=dict)

    def documents(self, path: str) -> list[Document]:
        """Return the documents of a file; none when it is absent, no YAML, or beyond the budget."""
        if path not in self.parsed:
            text = self.read(path)
            self.left -= len(text or b"")
            try:
                self.parsed[path] = parse(text, lines=True) if text and self.left >= 0 else []
            except DocumentError:
                self.parsed[path] = []
        return self.parsed[path]


def sources(root: str, files: Sequence[str], reading: Reading) -> Sources:
    """Index the documents of a root's files."""
    ranks = _ranks(root, files, reading)
    kustomizations = [
        SourceDocument(path, document, ranks.get(posixpath.dirname(path), _FAR))
        for path in files
        if posixpath.basename(path) in KUSTOMIZATIONS
        for document in reading.documents(path)[:1]
        if isinstance(document.value, Mapping)
    ]
    kustomizations.sort(key=lambda one: one.rank)
    patches = {path for one in kustomizations for path in _patch_files(one)}
    resources = [
        SourceDocument(path, document, _rank(path, ranks), patch=path in patches)
        for path in files
        if path.endswith((".yaml", ".yml", ".json")) and posixpath.basename(path) not in KUSTOMIZATIONS
        for document in reading.documents(path)
        if isinstance(document.value, Mapping)
    ]
    resources += [one for two in kustomizations for one in _inline(two)]
    resources.sort(key=lambda one: one.rank)
    operations = [one for two in kustomizations for one in _json_patches(two, reading)]
    return Sources(tuple(resources), tuple(kustomizations), tuple(operations))


def entries(source: SourceDocument, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the mappings of one list of a document, with their indexes."""
    listed = source.document.value.get(key) if isinstance(source.document.value, Mapping) else None
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, Mapping):
            yield index, entry


def _ranks(root: str, files: Sequence[str], reading: Reading) -> dict[str, int]:
    """Return how many kustomizations each directory is away from the root's."""
    by_directory = {posixpath.dirname(path): path for path in files if posixpath.basename(path) in KUSTOMIZATIONS}
    ranks = {root.strip("/"): 0}
    waiting = list(ranks)
    while waiting:
        here = waiting.pop(0)
        documents = reading.documents(by_directory[here]) if here in by_directory else []
        value = documents[0].value if documents else None
        for key in ("resources", "components", "bases"):
            listed = value.get(key) if isinstance(value, Mapping) else None
            for entry in listed if isinstance(listed, list) else ():
                there = _join(here, entry)
                if there in by_directory and there not in ranks:
                    ranks[there] = ranks[here] + 1
                    waiting.append(there)
    return ranks


def _rank(path: str, ranks: Mapping[str, int]) -> int:
    place = posixpath.dirname(path)
    while place not in ranks and place:
        place = posixpath.dirname(place)
    return ranks.get(place, _FAR)


def _join(directory: str, entry: Any) -> str:
    joined = posixpath.normpath(posixpath.join(directory or ".", str(entry)))
    return "" if joined == "." else joined


def _patch_files(source: SourceDocument) -> Iterator[str]:
    here = posixpath.dirname(source.path)
    for key in ("patches", "patchesJson6902"):
        for _, entry in entries(source, key):
            if isinstance(entry.get("path"), str):
                yield _join(here, entry["path"])
    value = source.document.value
    merged = value.get("patchesStrategicMerge") if isinstance(value, Mapping) else None
    for text in merged if isinstance(merged, list) else ():
        if isinstance(text, str) and "\n" not in text:
            yield _join(here, text)


def _inline(source: SourceDocument) -> Iterator[SourceDocument]:
    """Yield the strategic merge patches that stand as text in a kustomization."""
    texts: list[tuple[Place, Any]] = [
        (("patches", at, "patch"), one.get("patch")) for at, one in entries(source, "patches")
    ]
    value = source.document.value
    merged = value.get("patchesStrategicMerge") if isinstance(value, Mapping) else None
    texts += [(("patchesStrategicMerge", at), one) for at, one in enumerate(merged if isinstance(merged, list) else ())]
    for place, text in texts:
        for document in _parsed_text(text):
            if isinstance(document.value, Mapping):
                yield SourceDocument(source.path, document, source.rank, shift=source.line(place), patch=True)


def _json_patches(source: SourceDocument, reading: Reading) -> Iterator[JsonPatch]:
    here = posixpath.dirname(source.path)
    for key in ("patches", "patchesJson6902"):
        for index, entry in entries(source, key):
            target = entry.get("target")
            wanted = target if isinstance(target, Mapping) else {}
            if isinstance(entry.get("path"), str):
                path, shift = _join(here, entry["path"]), 0
                found = reading.documents(path)
            else:
                path, shift = source.path, source.line((key, index, "patch"))
                found = list(_parsed_text(entry.get("patch")))
            for document in found:
                patch = SourceDocument(path, document, source.rank, shift, patch=True)
                yield from _operations(patch, str(wanted.get("kind", "")), str(wanted.get("name", "")))


def _operations(patch: SourceDocument, kind: str, name: str) -> Iterator[JsonPatch]:
    listed = patch.document.value
    for index, operation in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(operation, Mapping) and isinstance(operation.get("path"), str):
            parts = operation["path"].split("/")[1:]
            path = tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
            place: Place = (index, "value") if "value" in operation else (index,)
            yield JsonPatch(patch, place, kind, name, path, operation.get("value"))


def _parsed_text(text: Any) -> list[Document]:
    if not isinstance(text, str) or "\n" not in text.strip():
        return []
    try:
        return parse(text.encode(), lines=True)
    except DocumentError:
        return []
