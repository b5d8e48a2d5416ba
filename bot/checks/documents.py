"""What does a YAML text say, as Kubernetes reads it, and on which line?

Scalars mean what they mean to sigs.k8s.io/yaml, the reader behind kubectl and the API server (YAML 1.1 as
go-yaml 2 has it): plain `yes`, `on` and `y` are true, `010` is 8, dates stay strings, keys become strings.
Unlike Go, two equal keys in one mapping are an error. The text may be hostile: parsing never recurses, and
size, depth and what aliases expand to are limited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from bot.checks.scalars import BAD_KEY, JSON, DocumentError, RepeatedKeyError, TooMuchError, as_key, resolve, tagged

MAX_SIZE = 10 * 1024 * 1024  # bytes of one text
MAX_DEPTH = 200  # mappings and sequences within each other
MAX_ALIASED = 2_000_000  # nodes and characters that aliases repeat

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value in JSON types, the 1-based line where its content starts.

    `lines` tells where each key and list entry stands, by its place: `("resources", 0)` for example; it is
    empty unless asked for. Parts that aliases repeat are one object: never mutate a value.
    """

    value: JSON
    line: int
    lines: Mapping[Place, int] = field(default_factory=dict, compare=False)


def parse(text: bytes, *, lines: bool = False) -> list[Document]:
    """Parse all documents of a text; empty documents are left out.

    Source of the scalar rules: sigs.k8s.io/yaml, goyaml.v2/resolve.go. Raises DocumentError.
    """
    if len(text) > MAX_SIZE:
        raise TooMuchError(f"the file is larger than {MAX_SIZE // 1024 // 1024} MB")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("not UTF-8 text", text.count(b"\n", 0, error.start) + 1) from error
    try:
        return _Composer(decoded, lines).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError(f"not valid YAML: {words}", mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise DocumentError(f"not valid YAML: {' '.join(str(error).split())}") from error


class _Merge:
    """Stands for the plain key `<<`, whose value is merged into the mapping."""


_MERGE = _Merge()


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence under construction; a mapping's `key` is None while the next node is a key."""

    value: dict[str, JSON] | list[JSON]
    line: int
    anchor: str | None
    start: int  # the composer's weight when this began
    place: Place
    key: str | _Merge | None = None
    merged: list[dict[str, JSON]] = field(default_factory=list)

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.value, dict)


class _Composer:
    """Builds values from parser events with a stack of its own, counting what aliases would expand to."""

    def __init__(self, text: str, want_lines: bool) -> None:
        self._parser = (yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader)(text)
        self._want_lines = want_lines
        self._aliased = 0
        self._begin()

    def _begin(self) -> None:
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[JSON, int]] = {}
        self._weight = 0  # nodes and characters so far, with what aliases repeat
        self._root: JSON = None
        self._line = 0
        self._lines: dict[Place, int] = {}

    def documents(self) -> list[Document]:
        """Read events to the end of the stream."""
        found: list[Document] = []
        try:
            while True:
                event = self._parser.get_event()
                match event:
                    case yaml.ScalarEvent():
                        self._scalar(event)
                    case yaml.MappingStartEvent():
                        self._open({}, event)
                    case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                        self._close()
                    case yaml.SequenceStartEvent():
                        self._open([], event)
                    case yaml.AliasEvent():
                        self._alias(event)
                    case yaml.DocumentStartEvent():
                        self._begin()
                    case yaml.DocumentEndEvent():
                        if self._root is not None:
                            found.append(Document(self._root, self._line, self._lines))
                    case yaml.StreamEndEvent():
                        return found
        finally:
            self._parser.dispose()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, line = event.value, _line(event)
        self._weight += 1 + len(text)
        value: JSON = text
        if event.tag is None:
            if event.implicit[0]:
                if text == "<<" and self._stack and self._stack[-1].wants_key:
                    self._stack[-1].key = _MERGE
                    return
                value = resolve(text, line)
        else:
            value = tagged(event.tag, text, line)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1 + len(text))
        self._place(value, line)

    def _alias(self, event: yaml.AliasEvent) -> None:
        line = _line(event)
        anchor = event.anchor or ""
        if anchor not in self._anchors:
            raise DocumentError(f"the alias *{anchor[:100]} has no anchor, or contains itself", line)
        value, weight = self._anchors[anchor]
        self._weight += weight
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise TooMuchError("the aliases expand to too much", line)
        self._place(value, line)

    def _open(self, value: dict[str, JSON] | list[JSON], event: yaml.CollectionStartEvent) -> None:
        line = _line(event)
        if len(self._stack) >= MAX_DEPTH:
            raise TooMuchError(f"nested deeper than {MAX_DEPTH} levels", line)
        place: Place = ()
        if self._stack:
            parent = self._stack[-1]
            if parent.wants_key:
                raise DocumentError(BAD_KEY, line)
            if self._want_lines:
                place = (*parent.place, _step(parent))
        self._stack.append(_Frame(value, line, event.anchor, self._weight, place))
        self._weight += 1

    def _close(self) -> None:
        frame = self._stack.pop()
        if isinstance(frame.value, dict):
            for other in frame.merged:
                for key, one in other.items():
                    frame.value.setdefault(key, one)
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self._weight - frame.start)
        self._place(frame.value, frame.line)

    def _place(self, value: JSON, line: int) -> None:
        """Put a finished node where it belongs: at the top, into its parent, or as its parent's next key."""
        if not self._stack:
            self._root, self._line = value, line
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            if self._want_lines:
                self._lines[*frame.place, len(frame.value)] = line
            frame.value.append(value)
        elif frame.key is None:
            frame.key = as_key(value, line)
            if frame.key in frame.value:
                raise RepeatedKeyError(frame.key, line)
            if self._want_lines:
                self._lines[*frame.place, frame.key] = line
        elif isinstance(frame.key, str):
            frame.value[frame.key] = value
            frame.key = None
        else:
            parts = value if isinstance(value, list) else [value]
            if not all(isinstance(part, dict) for part in parts):
                raise DocumentError("'<<' merges mappings only", line)
            frame.merged.extend(parts)
            frame.key = None


def _step(frame: _Frame) -> str | int:
    if isinstance(frame.value, list):
        return len(frame.value)
    return frame.key if isinstance(frame.key, str) else "<<"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
