"""In which file of a chart can a field be mended: in its values, where it takes them, else in the template?"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.checks.charts.expression import Dot, Reference, bound, calls, files, references
from bot.checks.charts.layers import Layers, Spot, Wanted
from bot.checks.charts.outline import Node, Outline, outline
from bot.checks.charts.walk import Step, documents, steps
from bot.checks.fieldpath import Path
from bot.checks.following import ABSENT, child
from bot.checks.sources import Reading
from bot.model.manifest import Rendered, Resource

MOST_STEPS = 5000  # places that are looked at for one finding
DEEPEST = 4  # named templates that include each other

_DEFINED = re.compile(r"""\{\{-?\s{0,20}(?:define|block)\s{1,20}"([^"]{1,200})""")
_TAGS = re.compile(r"tag|version|digest", re.IGNORECASE)

_Fit = tuple[int, int, int]  # greater is better: how sure, how far the path leads, which of the values
_SURE, _LIKELY, _NEAR, _OTHER = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field of a resource, the charts its template lies in, and the names by which parts of it are told apart."""

    resource: Resource
    path: Path
    charts: Sequence[str]
    names: frozenset[str]
    about_tag: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A step within a file of templates, and how many named templates it is away from the resource's own."""

    step: Step
    file: str
    level: int = 0


class ChartOrigin:
    """Leads fields of the resources of one rendered chart back to where they come from."""

    def __init__(self, rendered: Rendered, layers: Layers, reading: Reading) -> None:
        self._root, self._files = rendered.root, rendered.files
        self._layers, self._reading = layers, reading
        self._outlines: dict[str, Outline] = {}
        self._definers: dict[str, str] = {}
        self._left = 0

    def find(self, resource: Resource, path: Path, *, about_tag: bool = False) -> Spot | None:
        """Return the file and line behind a field of a resource; None when it does not come from a template."""
        self._left = MOST_STEPS
        if "{{" not in self._text(resource.path):
            return None
        names = frozenset(_names(resource.body, path))
        asked = _Asked(resource, path, self._charts(resource.path), names, about_tag)
        best: tuple[_Fit, Spot] | None = None
        for document in documents(self._outline(resource.path).documents, resource.body):
            for step in steps(document, path, resource.body, ()):
                for fit, spot in self._spots(_Place(step, resource.path), asked):
                    if best is None or fit > best[0]:
                        best = fit, spot
        return best[1] if best else (resource.path, 1)

    def _spots(self, place: _Place, asked: _Asked) -> Iterator[tuple[_Fit, Spot]]:
        self._left -= 1
        if self._left < 0:
            return
        step, node = place.step, place.step.node
        if node.kind != "action" and (node.name or node.kind != "key" or step.whole):
            yield _own_fit(place), (place.file, _first_line(node))
        for number, (text, scope) in enumerate(node.actions):
            found = [bound(one, step.dot) for one in references(text, scope)]
            for at, reference in enumerate(one for one in found if one):
                yield from self._values(reference, place, asked, 20 - number - at)
            yield from self._read_files(text, step, asked)
            for call in calls(text, scope):
                yield from self._included(call.name, _handed(call.dot, step.dot), place, asked)

    def _values(self, reference: Reference, place: _Place, asked: _Asked, rank: int) -> Iterator[tuple[_Fit, Spot]]:
        """Find where the values set what an action uses."""
        step = place.step
        body, rest = step.body, step.rest
        if step.node.kind == "key" and not step.node.name and rest:  # {{ $name }}: {{ $value }}
            body, rest = child(body, rest[0]), rest[1:]
            if reference[-1] == "*":
                reference = (*reference[:-1], str(step.rest[0]))
        hit = self._layers.find(Wanted(reference, body, rest, asked.resource.name, asked.names), asked.charts)
        if hit is None:
            return
        if asked.about_tag and _TAGS.search(reference[-1]):
            rank += 100
        if hit.whole:
            yield (_SURE if hit.same else _LIKELY, len(asked.path), rank), hit.spot
        else:
            yield (_NEAR, step.depth, rank), hit.spot

    def _read_files(self, text: str, step: Step, asked: _Asked) -> Iterator[tuple[_Fit, Spot]]:
        """Find the file of the chart that an action puts out."""
        for pattern in files(text):
            wanted = posixpath.join(asked.charts[-1], pattern)
            name = str(step.rest[-1]) if step.rest else ""
            for path in self._files:
                if path == wanted or (fnmatch.fnmatchcase(path, wanted) and posixpath.basename(path) == name):
                    yield (_LIKELY, len(asked.path), 1), (path, 1)

    def _included(self, name: str, dot: Dot | None, place: _Place, asked: _Asked) -> Iterator[tuple[_Fit, Spot]]:
        """Go on in a named template: to the rest of the path, or to all that it puts out when none is left."""
        file = self._definer(name)
        if not file or place.level >= DEEPEST:
            return
        body, step = self._outline(file).defined[name], place.step
        if step.whole:
            further = (Step(one, step.depth, (), step.body, dot) for one in _all(body) if one.actions)
            for each in further:
                spots = self._spots(_Place(each, file, place.level + 1), asked)
                yield from ((fit, spot) for fit, spot in spots if fit[0] == _SURE)
            return
        for each in steps(body, step.rest, step.body, dot):
            deeper = replace(each, depth=each.depth + step.depth)
            yield from self._spots(_Place(deeper, file, place.level + 1), asked)

    def _definer(self, name: str) -> str:
        """Return the file that defines a named template, '' when there is none."""
        if not self._definers:
            self._definers[""] = ""
            for path in self._files:
                if "/templates/" in f"/{path}" and path.startswith(f"{self._root}/" if self._root else ""):
                    for found in _DEFINED.findall(self._text(path)):
                        self._definers.setdefault(found, path)
        path = self._definers.get(name, "")
        return path if path and name in self._outline(path).defined else ""

    def _outline(self, path: str) -> Outline:
        if path not in self._outlines:
            self._outlines[path] = outline(self._text(path))
        return self._outlines[path]

    def _text(self, path: str) -> str:
        return (self._reading.read(path) or b"").decode("utf-8", "replace") if path in self._files else ""

    def _charts(self, template: str) -> list[str]:
        """Return the chart, the subchart in it, and so on down to the one that a template belongs to."""
        found = [self._root]
        rest = posixpath.relpath(template, self._root or ".").split("/")
        while len(rest) > 2 and rest[0] == "charts":
            found.append(posixpath.join(found[-1], "charts", rest[1]))
            rest = rest[2:]
        return found


def _own_fit(place: _Place) -> _Fit:
    """Say how well the text of a template itself is the origin."""
    step, node = place.step, place.step.node
    rank = -place.level
    if not step.whole:
        return _NEAR, step.depth, rank
    if node.plain and step.body is not ABSENT and node.plain != _as_text(step.body):
        return (_LIKELY if node.plain[0] in "[{|>&*" else _OTHER), step.depth, rank
    return (_SURE if node.plain else _LIKELY), step.depth, rank


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _first_line(node: Node) -> int:
    """Return the line of a place; of a document that of its first key."""
    return node.children[0].line if node.kind == "document" and node.children else node.line


def _handed(dot: Dot | None, outer: Dot | None) -> Dot | None:
    """Return what an include hands on, in the words of the values."""
    if dot is None or isinstance(dot, tuple):
        return None if dot is None else bound(dot, outer)
    known = {key: bound(value, outer) for key, value in dot.items()}
    return {key: value for key, value in known.items() if value is not None}


def _all(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        here = waiting.pop(0)
        yield here
        waiting += here.children


def _names(body: Mapping[str, Any], path: Path) -> Iterator[str]:
    """Yield the names of all that a path leads through, and the keys."""
    value: Any = body
    for part in path:
        value = child(value, part)
        if isinstance(part, str):
            yield part
        name = value.get("name") if isinstance(value, Mapping) else None
        if isinstance(name, str):
            yield name
