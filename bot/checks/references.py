"""What does one kustomization file, or one generator's or transformer's configuration, refer to?

Field names and their meaning: kustomize's api/types/kustomization.go. What counts as remote:
api/internal/git/repospec.go and api/internal/loader/fileloader.go. Go matches field names without regard to
case, so this does too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from bot.checks.documents import Document, Place, parse
from bot.checks.scalars import JSON, DocumentError

Kind = Literal["file", "directory", "either"]

MAX_SIZE = 256 * 1024  # bytes of one kustomization file; real ones have a few kB
_CACHED_SIZE = 16 * 1024

_EITHER = ("resources",)
_DIRECTORIES = ("bases", "components")
_FILES = ("crds", "configurations")
_PLUGINS = ("generators", "transformers", "validators")
_INLINE_OR_FILE = ("patchesstrategicmerge",)
_WITH_PATH = ("patches", "patchesjson6902", "replacements")
_GENERATORS = ("configmapgenerator", "secretgenerator")
_HELM = ("helmcharts", "helmchartinflationgenerator")
_FUNCTIONS = ("config.kubernetes.io/function", "config.k8s.io/function")

_REMOTE_FILE = re.compile(r"https?:", re.IGNORECASE)
_REMOTE = re.compile(
    r"git::|https?:|[a-z][a-z0-9+.-]*://|[a-z][a-z0-9-]*@[^/]+[:/]|(?:www\.)?github\.com[:/]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One path that a kustomization names, with the 1-based line of the entry.

    `plugin` marks what configures generators, transformers or validators. `refused` says why the entry cannot
    be followed at all and `how` to mend that; `remote` that it would have to be fetched.
    """

    target: str
    kind: Kind
    line: int | None
    plugin: bool = False
    refused: str = ""
    how: str = ""
    remote: bool = False


def parsed(text: bytes) -> list[Document]:
    """Parse a kustomization file or plugin configuration with lines; equal small texts are parsed once.

    Raises DocumentError.
    """
    if len(text) > MAX_SIZE:
        raise DocumentError(f"larger than {MAX_SIZE // 1024} kB, too large for a kustomization")
    return _parsed(text) if len(text) <= _CACHED_SIZE else parse(text, lines=True)


@lru_cache(maxsize=512)
def _parsed(text: bytes) -> list[Document]:
    return parse(text, lines=True)


def forget() -> None:
    """Parse every text anew from now on."""
    _parsed.cache_clear()


def references(document: Document) -> Iterator[Reference]:
    """Yield everything that a kustomization file refers to, in the order of the file."""
    if not isinstance(document.value, dict):
        return
    for key, value in document.value.items():
        place: Place = (key,)
        match key.casefold():
            case name if name in _EITHER:
                yield from _paths(document, value, place, "either")
            case name if name in _DIRECTORIES:
                yield from _paths(document, value, place, "directory")
            case name if name in _FILES:
                yield from _paths(document, value, place, "file")
            case name if name in _PLUGINS:
                yield from _plugins(document, value, place)
            case name if name in _INLINE_OR_FILE:
                yield from _patches(document, value, place)
            case name if name in _WITH_PATH:
                yield from _patches(document, value, place)
                yield from _members(document, value, place, {"path": "file"})
            case name if name in _GENERATORS:
                yield from _members(document, value, place, {"files": "pair", "envs": "file", "env": "file"})
            case "openapi":
                yield from _members(document, [value], place, {"path": "file"}, listed=False)
            case name if name in _HELM and value:
                yield _helm(document.lines.get(place))


def plugin_references(document: Document) -> Iterator[Reference]:
    """Yield what the configuration of a generator, transformer or validator reads, or why it is not run."""
    if isinstance(document.value, dict):
        yield from _plugin(document, document.value, document.line)


def _plugin(document: Document, value: dict[str, JSON], line: int | None) -> Iterator[Reference]:
    annotations = _get(_get(value, "metadata"), "annotations")
    if isinstance(annotations, dict) and any(name in annotations for name in _FUNCTIONS):
        yield Reference(
            "",
            "file",
            line,
            refused=f"not rendered: {_get(value, 'kind')} runs a program or container; Lockkeeper does not",
            how="use a built-in transformer, or commit what the function generates",
        )
    if str(_get(value, "kind")).casefold() == "helmchartinflationgenerator":
        yield _helm(line)
    members = {"path": "file", "paths": "inline", "files": "pair", "envs": "file", "env": "file"}
    for one in _members(document, [value], (), members, listed=False):
        yield one if one.line else replace(one, line=line)
    yield from _members(document, _get(value, "replacements"), ("replacements",), {"path": "file"})


def _get(value: JSON, name: str) -> JSON:
    """Return the member of that name, whatever its case; None when there is none."""
    if not isinstance(value, dict):
        return None
    return next((one for key, one in value.items() if key.casefold() == name), None)


def _helm(line: int | None) -> Reference:
    return Reference(
        "",
        "file",
        line,
        refused="not rendered: helmCharts would fetch and run a Helm chart; Lockkeeper does not do that",
        how="commit the chart's rendered manifests and list them as resources",
    )


def _paths(document: Document, value: JSON, place: Place, kind: Kind, plugin: bool = False) -> Iterator[Reference]:
    for index, entry in enumerate(value if isinstance(value, list) else []):
        if isinstance(entry, str):
            yield _reference(entry, kind, document.lines.get((*place, index)), plugin)


def _reference(target: str, kind: Kind, line: int | None, plugin: bool = False) -> Reference:
    if not (_REMOTE_FILE if kind == "file" else _REMOTE).match(target):
        return Reference(target, kind, line, plugin)
    word = "file" if kind == "file" else "base"
    return Reference(
        target,
        kind,
        line,
        plugin,
        refused=f"not rendered: remote {word} {target}: Lockkeeper renders offline; vendor it",
        how="commit a copy to the repository and refer to it by a relative path; or pin it to a commit, "
        "where whoever runs Lockkeeper allows its https address",
        remote=True,
    )


def _inline(text: str) -> list[Document]:
    """Return the mappings a text consists of, none when it is not YAML of mappings but, say, a path."""
    try:
        documents = parsed(text.encode("utf-8", "replace"))
    except DocumentError:
        return []
    return [one for one in documents if isinstance(one.value, dict)]


def _plugins(document: Document, value: JSON, place: Place) -> Iterator[Reference]:
    for index, entry in enumerate(value if isinstance(value, list) else []):
        line = document.lines.get((*place, index))
        if not isinstance(entry, str):
            continue
        inline = _inline(entry)
        for one in inline:
            for found in plugin_references(one):
                yield replace(found, line=line)
        if not inline:
            yield _reference(entry, "either", line, plugin=True)


def _patches(document: Document, value: JSON, place: Place) -> Iterator[Reference]:
    """Yield the entries that are plain strings: paths, unless they are the patch itself."""
    for index, entry in enumerate(value if isinstance(value, list) else []):
        if isinstance(entry, str) and not _inline(entry):
            yield _reference(entry, "file", document.lines.get((*place, index)))


def _members(
    document: Document, value: JSON, place: Place, names: dict[str, str], *, listed: bool = True
) -> Iterator[Reference]:
    """Yield the paths under the given names of each mapping in a list.

    `names` says what a member holds: "file" one path or many, "pair" `key=path`, "inline" also patches.
    """
    for index, entry in enumerate(value if isinstance(value, list) else []):
        here: Place = (*place, index) if listed else place
        for key, member in entry.items() if isinstance(entry, dict) else ():
            form = names.get(key.casefold())
            if form is None:
                continue
            for position, text in enumerate(member if isinstance(member, list) else [member]):
                if not isinstance(text, str) or not text or (form == "inline" and _inline(text)):
                    continue
                line = document.lines.get((*here, key, position), document.lines.get((*here, key)))
                yield _reference(text.partition("=")[2] or text if form == "pair" else text, "file", line)
