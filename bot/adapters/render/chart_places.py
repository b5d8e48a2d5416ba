"""Which file of the repository is a template that Helm names, and where do Helm's words point?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.checks.documents import Document, parse
from bot.checks.scalars import DocumentError
from bot.model.manifest import RenderProblem
from bot.model.source import HelmOptions, ValuesFile

Read = Callable[[str], bytes | None]

_LOCATION = re.compile(r"([^\s\"'():<>]+/[^\s\"'():<>]+):(\d+)")
_NAMED = re.compile(r"(?:YAML parse error on|error on|executing \") ?\"?([^\s\":]+/[^\s\":]+)")
_BULLET = re.compile(r"^- at '([^']*)': (.+)$", re.MULTILINE)
_CHART_LINE = re.compile(r"^([^\s:]+):$", re.MULTILINE)
_SCHEMA = "don't meet the specifications of the schema"
_MISSING = "missing in charts/ directory"
_LOADED = re.compile(r"cannot load ([^\s:]+):(?:.*?line (\d+))?", re.DOTALL)
_WORDS, _FIRST, _LAST = 1500, 900, 500  # characters


class ChartPlaces:
    """Finds the files of one chart and its subcharts."""

    def __init__(self, chart: str, files: Sequence[str], read: Read) -> None:
        """Take the chart's directory, the paths of its files, and what reads them."""
        self._chart, self._files, self._read = chart, frozenset(files), read
        self._known: dict[str, str] = {}

    def path(self, name: str) -> str:
        """Return the repository path of what Helm calls `web/charts/db/templates/x.yaml`, the nearest there is.

        That is the archive for what lies in a packed dependency.
        """
        if name not in self._known:
            self._known[name] = self._find(name.split("/")[1:])
        return self._known[name]

    def _find(self, rest: list[str]) -> str:
        here = self._chart
        while len(rest) > 2 and rest[0] == "charts":
            below = self._subchart(here, rest[1])
            if below is None:
                return posixpath.join(here, "Chart.yaml")
            if below in self._files:
                return below
            here, rest = below, rest[2:]
        path = posixpath.join(here, *rest)
        return path if path in self._files else posixpath.join(here, "Chart.yaml")

    def _subchart(self, parent: str, name: str) -> str | None:
        """Return the directory or archive of a subchart by its name, or by its alias."""
        for wanted in (self._real_name(parent, name), name):
            place = posixpath.join(parent, "charts", wanted)
            if posixpath.join(place, "Chart.yaml") in self._files:
                return place
            packed = sorted(path for path in self._files if path.startswith(f"{place}-") and path.endswith(".tgz"))
            if packed:
                return packed[0]
        prefix = posixpath.join(parent, "charts") + "/"
        for path in sorted(self._files):
            directory, _, last = path.rpartition("/")
            beside = directory.startswith(prefix) and directory.count("/") == prefix.count("/")
            if last == "Chart.yaml" and beside and self._metadata(path).get("name") == name:
                return directory
        return None

    def _real_name(self, parent: str, alias: str) -> str:
        for file in ("Chart.yaml", "requirements.yaml"):
            listed = self._metadata(posixpath.join(parent, file)).get("dependencies")
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict) and one.get("alias") == alias:
                    return str(one.get("name"))
        return alias

    def _metadata(self, path: str) -> dict[str, Any]:
        found = _first(self._read(path))
        return found.value if found and isinstance(found.value, dict) else {}


def explain(words: str, chart: str, options: HelmOptions, places: ChartPlaces, read: Read) -> list[RenderProblem]:
    """Put Helm's words where they belong: a template's line, the values file, Chart.yaml."""
    own = posixpath.join(chart, "Chart.yaml")
    if _SCHEMA in words:
        return _schema(words, chart, options, read)
    if _MISSING in words:
        how = "vendor it: run helm dependency build, and commit charts/"
        return [RenderProblem(own, f"not rendered: {_shortened(words)}", how=how)]
    if words == "library charts are not installable":
        return [RenderProblem(own, f"not rendered: {words}", how="render the charts that use it instead")]
    if found := _LOADED.search(words):
        line = int(found[2]) if found[2] else None
        return [RenderProblem(posixpath.join(chart, found[1]), _shortened(words), line)]
    located = [(places.path(one[1]), int(one[2])) for one in _LOCATION.finditer(words)]
    named = [places.path(one[1]) for one in _NAMED.finditer(words)]
    inner = [one for one in located if not one[0].endswith("Chart.yaml")]
    if inner:
        path, line = inner[-1]
        return [RenderProblem(path, _shortened(words), line)]
    return [RenderProblem(named[-1] if named else own, _shortened(words))]


def _shortened(words: str) -> str:
    """Leave out the middle of what goes on and on, as an endless recursion does."""
    return words if len(words) <= _WORDS else f"{words[:_FIRST]} … {words[-_LAST:]}"


def _schema(words: str, chart: str, options: HelmOptions, read: Read) -> list[RenderProblem]:
    """Return one problem for each value that does not fit, on the line of the topmost file that sets it."""
    files = [one.path for one in options.values if isinstance(one, ValuesFile) and read(one.path) is not None]
    layers = [*reversed(files), posixpath.join(chart, "values.yaml")]
    parsed = {path: _first(read(path)) for path in layers}
    problems: list[RenderProblem] = []
    prefix: tuple[str, ...] = ()
    for line in words.splitlines():
        if found := _CHART_LINE.fullmatch(line):
            prefix = tuple(part for part in found[1].split(".")[1:] if part)
        elif found := _BULLET.fullmatch(line):
            steps = (*prefix, *(part.replace("~1", "/").replace("~0", "~") for part in found[1].split("/")[1:]))
            message = f"{'.'.join(steps) or 'the values'}: {found[2]} (values.schema.json)"
            problems.append(RenderProblem(*_standing(steps, layers, parsed, message)))
    return problems or [RenderProblem(layers[0], _shortened(words))]


def _standing(
    steps: tuple[str, ...], layers: list[str], parsed: dict[str, Document | None], message: str
) -> tuple[str, str, int | None]:
    for path in layers:
        document = parsed[path]
        place = tuple(int(step) if step.isdigit() else step for step in steps)
        if document is not None and steps and place in document.lines:
            return path, message, document.lines[place]
    return layers[0], message, None


def _first(text: bytes | None) -> Document | None:
    try:
        return next(iter(parse(text, lines=True)), None) if text is not None else None
    except DocumentError:
        return None
