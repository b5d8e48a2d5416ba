"""Which file sets a value of a chart, and on which line?

Helm lays values over each other: the values.yaml of the chart (a subchart's below those of the charts it belongs to),
the values files and texts in their order, then what `--set`, `--set-string` and `--set-file` say. The last to set a
value counts. Source: "Values Files" in the Helm documentation.
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.charts.expression import Reference
from bot.checks.documents import Document, Place, parse
from bot.checks.fieldpath import Path
from bot.checks.following import ABSENT, child, follow
from bot.checks.scalars import DocumentError, resolve
from bot.checks.sources import Reading
from bot.model.source import FileParameter, HelmOptions, Parameter, Values, ValuesFile, ValuesText

Spot = tuple[str, int]  # a file, and a line of it
_MOST = 500  # elements that a `range` may stand for


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is looked for: what a template calls it, what of it, and what it was rendered to.

    `body` is the part of the rendered resource that the value made, `rest` the way in it to the field in question;
    `name` is the resource's name and `names` those of the parts around the field, by which the elements of a `range`
    are told apart.
    """

    reference: Reference
    body: Any
    rest: Path = ()
    name: str = ""
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a value is set: `whole` when all of the way to it is, `same` when it is what was rendered."""

    spot: Spot
    whole: bool
    same: bool


@dataclass(frozen=True, slots=True)
class _Layer:
    """Values that are laid over others. `above` are the names of the subcharts that they do not spell out."""

    spot: Spot
    value: Any
    document: Document | None = None
    above: int = 0


class Layers:
    """The values of one chart and its subcharts, the last to count first."""

    def __init__(self, root: str, options: HelmOptions, reading: Reading, declared: Spot | None) -> None:
        """Take the chart's directory and options; `declared` is where values are that stand in no file of values."""
        self._root, self._reading, self._declared = root, reading, declared
        ordered = [*_of(options.values, ValuesFile, ValuesText)]
        ordered += [one for one in _of(options.values, Parameter) if isinstance(one, Parameter) and not one.text]
        ordered += [one for one in _of(options.values, Parameter) if isinstance(one, Parameter) and one.text]
        ordered += [*_of(options.values, FileParameter)]
        self._given = [layer for one in reversed(ordered) for layer in self._layer(one)]

    def find(self, wanted: Wanted, charts: Sequence[str]) -> Hit | None:
        """Return where a value is set for a template of the last of `charts`, each of which lies in the one before."""
        if wanted.reference[:1] == ("Chart",):
            return self._of_chart(wanted, charts[-1])
        if wanted.reference[:1] != ("Values",):
            return None
        layers = [*self._given, *self._own(charts)]
        names = [sorted(self._names(above, below)) for above, below in itertools.pairwise(charts)]
        partial: Hit | None = None
        for layer in layers:
            for chain in itertools.islice(itertools.product(*names), 8):
                for reference in _spelt(wanted.reference[1:], chain[layer.above :]):
                    hit = _in_layer(layer, reference, wanted)
                    if hit and hit.whole:
                        return hit
                    partial = partial or hit
        return partial

    def _layer(self, one: Values) -> Iterator[_Layer]:
        match one:
            case ValuesFile(path=path):
                for document in self._reading.documents(path)[:1]:
                    yield _Layer((path, document.line), document.value, document)
            case ValuesText(text=text):
                if self._declared:
                    yield from (_Layer(self._declared, found.value) for found in _parsed(text)[:1])
            case Parameter(name=name, value=value, text=text):
                if self._declared:
                    yield _Layer(self._declared, _nested(name, value if text else _scalar(value)))
            case FileParameter(name=name, path=path):
                found = self._reading.read(path)
                if found is not None:
                    yield _Layer((path, 1), _nested(name, found.decode("utf-8", "replace")))

    def _own(self, charts: Sequence[str]) -> Iterator[_Layer]:
        """Yield the charts' own values, the outermost first."""
        for above, chart in enumerate(charts):
            path = posixpath.join(chart, "values.yaml")
            for document in self._reading.documents(path)[:1]:
                yield _Layer((path, document.line), document.value, document, above)

    def _names(self, above: str, below: str) -> set[str]:
        """Return what a chart may call one that lies in it: its name, or the aliases."""
        name = str(self._metadata(below).get("name") or posixpath.basename(below))
        aliases: set[str] = set()
        for file in ("Chart.yaml", "requirements.yaml"):
            listed = self._metadata(above, file).get("dependencies")
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, Mapping) and one.get("name") == name:
                    aliases.add(str(one.get("alias") or name))
        return aliases or {name}

    def _metadata(self, chart: str, file: str = "Chart.yaml") -> Mapping[str, Any]:
        found = self._reading.documents(posixpath.join(chart, file))
        return found[0].value if found and isinstance(found[0].value, Mapping) else {}

    def _of_chart(self, wanted: Wanted, chart: str) -> Hit | None:
        """Return the line of Chart.yaml that says `.Chart.AppVersion` and its like."""
        path = posixpath.join(chart, "Chart.yaml")
        for document in self._reading.documents(path)[:1]:
            name = wanted.reference[1] if len(wanted.reference) == 2 else ""
            key = name[:1].lower() + name[1:]
            if isinstance(document.value, Mapping) and key in document.value:
                return Hit((path, document.lines[key,]), True, _same(document.value[key], wanted.body))
        return None


def _in_layer(layer: _Layer, reference: Reference, wanted: Wanted) -> Hit | None:
    """Look for a value in one layer; of the elements of a `range` the one that fits is taken."""
    best: tuple[tuple[bool, bool, bool], Place] | None = None
    for place, value in itertools.islice(_reached(layer.value, reference, ()), _MOST):
        further, found, rendered = follow(value, wanted.body, wanted.rest)
        complete = len(further) == len(wanted.rest)
        same = complete and rendered is not ABSENT and _same(found, rendered)
        named = "*" in reference and bool(place) and _bears(layer.value, place, wanted)
        whole = complete and ("*" not in reference or same or named)  # else it may be any other element
        rank = (whole, same, named)
        if best is None or rank > best[0]:
            best = rank, (*place, *further)
    if best is None:
        return None
    line = layer.spot[1]
    if layer.document:
        place = best[1]
        while place and place not in layer.document.lines:
            place = place[:-1]
        line = layer.document.lines[place] if place else layer.document.line
    return Hit((layer.spot[0], line), best[0][0], best[0][1])


def _reached(value: Any, reference: Reference, place: Place) -> Iterator[tuple[Place, Any]]:
    """Yield each place of a value that a reference leads to."""
    for at, part in enumerate(reference):
        if part == "*":
            below: Sequence[str | int] = ()
            if isinstance(value, list):
                below = range(len(value))
            elif isinstance(value, Mapping):
                below = list(value)
            for key in below:
                yield from _reached(value[key], reference[at + 1 :], (*place, key))
            return
        key = int(part) if isinstance(value, list) and part.isdecimal() else part
        value = child(value, key)
        if value is ABSENT:
            return
        place = (*place, key)
    yield place, value


def _bears(value: Any, place: Place, wanted: Wanted) -> bool:
    """Say whether something on the way to a place is called as the resource is, or as a part of it."""
    for part in place:
        value = value[part]
        called = value.get("name") if isinstance(value, Mapping) else None
        if called in wanted.names or (isinstance(called, str) and called and called in wanted.name):
            return True
    return place[-1] in wanted.names


def _same(value: Any, rendered: Any) -> bool:
    """Say whether a value is what was rendered, or stands in it."""
    if value == rendered:
        return True
    if isinstance(value, Mapping | list) or isinstance(rendered, Mapping | list) or value is None:
        return False
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return bool(text) and text in (str(rendered).lower() if isinstance(rendered, bool) else str(rendered))


def _spelt(reference: Reference, names: Sequence[str]) -> Iterator[Reference]:
    """Yield how values outside a subchart spell a value of it."""
    yield (*names, *reference)
    if reference[:1] == ("global",) and names:
        yield reference


def _of(values: Sequence[Values], *kinds: type[Values]) -> Iterator[Values]:
    return (one for one in values if isinstance(one, kinds))


def _nested(name: str, value: Any) -> Any:
    """Return the value as `--set name=value` lays it: `a.b[0].c`, with `\\\\.` for a dot in a key."""
    parts = [part.replace("\\x00", ".") for part in name.replace("\\\\.", "\\x00").split(".")]
    for part in reversed(parts[:100]):
        key, *indexes = part.replace("]", "").split("[")
        for _ in indexes:
            value = [value]
        value = {key: value}
    return value


def _scalar(text: str) -> Any:
    try:
        return resolve(text, 1)
    except DocumentError:
        return text


def _parsed(text: str) -> list[Document]:
    try:
        return parse(text.encode())
    except DocumentError:
        return []
