"""May a chart's files be given to Helm, which follows links, and references of schemas, wherever they lead?"""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bot.adapters.render import archive
from bot.adapters.render.directory import Checkout
from bot.checks.closure import OutsideError
from bot.model.manifest import RenderProblem

_SCHEMA = "values.schema.json"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "id")
_NOT_FILES = ("http://", "https://", "urn:")
_HOW = "keep the schema in one file"


@dataclass(frozen=True, slots=True)
class ChartFiles:
    """The files of a chart by path in it, those of packed dependencies among them, and why not to render them.

    `packed` says that there are packed dependencies: then Helm is given these files, not the directory, so that what
    it unpacks is what was looked at.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    packed: bool = False
    problems: tuple[RenderProblem, ...] = ()


def read_files(place: Checkout, chart: str) -> ChartFiles:
    """Read a chart's directory."""
    problems, packed = [], False
    for path, problem in _walk(place, chart):
        packed = packed or path.endswith((".tgz", ".tar.gz"))
        if problem is not None:
            problems.append(problem)
    if problems:
        return ChartFiles(problems=tuple(problems))
    try:
        files = dict(archive.read_chart(Path(place.path, chart)))
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        words = f"not rendered: the chart or what is packed in charts/ cannot be read: {place.trim(str(error))}"
        return ChartFiles(problems=(RenderProblem(posixpath.join(chart, "Chart.yaml"), words),))
    for path, text in files.items():
        if packed and posixpath.basename(path) == _SCHEMA and (reason := _refused(text)):
            problems.append(RenderProblem(posixpath.join(chart, path), reason, how=_HOW))
    return ChartFiles(files, packed, tuple(problems))


def _walk(place: Checkout, chart: str) -> Iterator[tuple[str, RenderProblem | None]]:
    """Yield the path of each file, whether Helm would load it or not, with what is wrong with it."""
    pending, seen = [Path(place.path, chart)], set()
    while pending:
        here = pending.pop()
        real = os.path.realpath(here)
        if real in seen or not here.is_dir():
            continue
        seen.add(real)
        for entry in os.scandir(here):
            path = os.path.relpath(entry.path, place.path)
            if entry.is_symlink() and not _is_inside(place, path):
                yield path, RenderProblem(path, f"not rendered: {path} leads out of the repository")
            elif entry.is_dir():
                pending.append(Path(entry.path))
            else:
                reason = _refused(place.read(path) or b"") if entry.name == _SCHEMA else ""
                yield path, RenderProblem(path, reason, how=_HOW) if reason else None


def _is_inside(place: Checkout, path: str) -> bool:
    try:
        place.canonical(path)
    except (OutsideError, ValueError):
        return False
    return True


def _refused(text: bytes) -> str:
    """Return why a schema is refused, '' when it is not: it may refer to itself and, in vain, to the web.

    Helm resolves all other references to files of this disk (pkg/chart/common/util/jsonschema.go).
    """
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"not rendered: the schema is not valid JSON: {error.msg}"
    own = (schema.get("$id") or schema.get("id")) if isinstance(schema, dict) else None
    based = isinstance(own, str) and own.lower().startswith(_NOT_FILES)
    for key, target in _references(schema):
        known = key.endswith("id") or based or target.startswith("#") or target.lower().startswith(_NOT_FILES)
        if target and (target.lower().startswith("file:") or not known):
            return f"not rendered: the schema refers to {target[:200]} ({key}), which is no part of it"
    return ""


def _references(schema: Any) -> Iterator[tuple[str, str]]:
    pending = [schema]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            yield from ((key, here[key]) for key in _REFERENCES if isinstance(here.get(key), str))
        if isinstance(here, dict | list):
            pending += here.values() if isinstance(here, dict) else here
