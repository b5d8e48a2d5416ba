"""How does a kustomization read whose charts have given way to files, every other entry still on its line?"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.checks.chart_entries import ChartEntry, entries, old_entry, plugin_entry
from bot.checks.closure import normal
from bot.checks.documents import Document, Place
from bot.checks.references import parsed, references
from bot.checks.scalars import DocumentError

_KIND = "helmchartinflationgenerator"

ReadTarget = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Edit:
    """The charts of one kustomization file, and the places of the entries that name them."""

    charts: tuple[ChartEntry, ...]
    original: str = ""
    document: Document = field(default_factory=lambda: Document({}, 1))
    places: tuple[Place, ...] = ()

    def text(self, files: Sequence[str]) -> str:
        """Return the kustomization with files in the place of its charts."""
        return self._in_place(files) or self._anew(files)

    def _in_place(self, files: Sequence[str]) -> str:
        """Blank the entries where they stand, and list the files as `bases`, which is one line; '' if impossible."""
        lines = self.original.split("\n")
        if "bases" in self.document.value or not _is_block(self.document, lines):
            return ""
        for place in self.places:
            start, end = self._extent(place, len(lines))
            first = lines[start].lstrip()
            if not first.startswith("- " if len(place) > 1 else f"{place[0]}:"):
                return ""
            lines[start:end] = ["#"] * (end - start)
        if files:
            lines[-1:] = ([lines[-1]] if lines[-1].strip() else []) + [f"bases: {json.dumps(list(files))}", ""]
        return "\n".join(lines)

    def _extent(self, place: Place, end: int) -> tuple[int, int]:
        """Return where an entry begins and the next thing after it, as indexes of lines."""
        own = self.document.lines[place]
        others = [line for other, line in self.document.lines.items() if len(other) <= len(place) and line > own]
        return own - 1, min(others, default=end + 1) - 1

    def _anew(self, files: Sequence[str]) -> str:
        """Write the whole kustomization anew, as JSON."""
        value: dict[str, Any] = dict(self.document.value)
        for place in self.places:
            if len(place) == 1:
                value.pop(str(place[0]))
        gone = {place[1] for place in self.places if len(place) > 1}
        key = next((str(place[0]) for place in self.places if len(place) > 1), "")
        if key:
            value[key] = [one for index, one in enumerate(value[key]) if index not in gone]
        value["resources"] = [*(value.get("resources") or []), *files]
        return json.dumps(value, indent=1) + "\n"


def edited(text: bytes, read: ReadTarget) -> Edit | None:
    """Return the charts of a kustomization file, None when it has none (or cannot be read)."""
    if b"helm" not in text.lower() and b"generators" not in text.lower():
        return None
    try:
        documents = parsed(text)
    except DocumentError:
        return None
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        return None
    found = list(_charts(documents[0], read))
    if not found:
        return None
    charts = tuple(one for one, _ in found)
    return Edit(
        charts, text.decode("utf-8", "replace"), documents[0], tuple(dict.fromkeys(place for _, place in found))
    )


def _charts(document: Document, read: ReadTarget) -> Iterator[tuple[ChartEntry, Place]]:
    """Yield each chart with the place of what is taken away for it."""
    value = document.value
    globals_ = _member(value, "helmglobals")
    home = globals_.get("chartHome") if isinstance(globals_, dict) else None
    for key, one in value.items():
        match key.casefold():
            case "helmcharts":
                for index, entry in enumerate(entries(one, home, None)):
                    line = document.lines.get((key, index), document.lines.get((key,)))
                    yield ChartEntry(entry.fields, line, entry.home), (key,)
            case name if name == _KIND:
                for index, entry in enumerate(one if isinstance(one, list) else ()):
                    if isinstance(entry, dict):
                        yield old_entry(entry, document.lines.get((key, index))), (key,)
            case "generators":
                for index, entry in enumerate(one if isinstance(one, list) else ()):
                    line = document.lines.get((key, index))
                    for chart in _plugins(entry, read):
                        yield plugin_entry(chart, line), (key, index)


def _plugins(entry: object, read: ReadTarget) -> list[dict[str, Any]]:
    """Return the charts of one generator, inline or in a file, if it holds nothing else."""
    if not isinstance(entry, str):
        return []
    text = entry.encode("utf-8", "replace") if "\n" in entry or "{" in entry else read(entry)
    try:
        values = [one.value for one in parsed(text or b"")]
    except DocumentError:
        return []
    fine = values and all(isinstance(one, dict) and str(one.get("kind")).casefold() == _KIND for one in values)
    return values if fine else []


def namespaces(root: str, files: Sequence[str], read: ReadTarget) -> dict[str, set[str]]:
    """Return which namespaces hold in each of a root's kustomization files: its own, else that of what builds on it."""
    by_directory = {posixpath.dirname(path): path for path in reversed(files)}
    found: dict[str, set[str]] = {}
    pending = [(normal(root) or "", "")]
    while pending:
        here, inherited = pending.pop()
        document = _first(read(by_directory[here])) if here in by_directory else None
        if document is None:
            continue
        own = document.value.get("namespace") if isinstance(document.value, dict) else None
        holding = own if isinstance(own, str) and own else inherited
        if holding in found.setdefault(by_directory[here], set()):
            continue
        found[by_directory[here]].add(holding)
        for reference in references(document):
            below = normal(posixpath.join(here, reference.target))
            if reference.kind != "file" and below is not None:
                pending.append((below, holding))
    return found


def _first(text: bytes | None) -> Document | None:
    try:
        return next(iter(parsed(text or b"")), None)
    except DocumentError:
        return None


def _is_block(document: Document, lines: Sequence[str]) -> bool:
    """Say whether each top-level key begins a line, so that lines can be taken away."""
    keys = [(str(place[0]), line) for place, line in document.lines.items() if len(place) == 1]
    return all(line <= len(lines) and lines[line - 1].startswith((f"{key}:", f"{key} :")) for key, line in keys)


def _member(value: dict[str, Any], name: str) -> Any:
    return next((one for key, one in value.items() if key.casefold() == name), None)
