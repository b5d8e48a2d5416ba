"""Where in a YAML file does each value stand?

The parser's events carry the place of every node in the text, so an edit can replace exactly the characters of one
scalar. PyYAML's own composer forgets which nodes are aliases and where a scalar begins behind its anchor or tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from bot.promotion.values.problem import ValueProblem

MOST_DEPTH = 100
MOST_CHARACTERS = 2_000_000
STRING = "tag:yaml.org,2002:str"

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)*")
_RESOLVER = Resolver()


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar: `text[start:end]` is how it is written, without anchor and tag; `tag` is the type it resolves to.

    `style` is None (plain), `'`, `"`, `|` or `>`. `line` is 1-based.
    """

    start: int
    end: int
    line: int
    value: str
    tag: str
    style: str | None
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a mapping: the key, where it is a scalar, and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; `flow` where it is written in braces. Keys that are no scalars are left out."""

    start: int
    end: int
    line: int
    flow: bool
    entries: tuple[Entry, ...]
    anchor: str = ""

    def get(self, key: str) -> Node | None:
        """Return the value of a key, None where it has none; ValueProblem where it is given twice."""
        found = [one for one in self.entries if one.key.value == key]
        if len(found) > 1:
            raise ValueProblem(f"`{key}` is given twice", found[1].key.line, "keep one of them")
        return found[0].value if found else None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence and its items."""

    start: int
    end: int
    line: int
    flow: bool
    items: tuple[Node, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A use of what stands elsewhere under an anchor."""

    start: int
    end: int
    line: int
    anchor: str


Node = Scalar | Mapping | Sequence | Alias


@dataclass(slots=True)
class _Reading:
    text: str
    events: Iterator[Event]
    aliased: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its root, None where it is empty, and the anchors that are used in it."""

    root: Node | None
    aliased: frozenset[str] = frozenset()


def read_documents(text: str) -> tuple[Document, ...]:
    """Return the documents of a file; ValueProblem with the line where it is no YAML, or too much of it."""
    if len(text) > MOST_CHARACTERS:
        raise ValueProblem("the file is too long to be edited", 0, "split it")
    try:
        return tuple(_documents(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or "this is no YAML"
        raise ValueProblem(str(words), mark.line + 1 if mark else 0, "mend the file") from error
    except (ValueError, RecursionError) as error:
        raise ValueProblem("this is no YAML", 0, "mend the file") from error


def _documents(text: str) -> Iterator[Document]:
    events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
    for event in events:
        if isinstance(event, DocumentStartEvent):
            reading = _Reading(text, events)
            root = _node(reading, next(events), 0)
            empty = isinstance(root, Scalar) and root.start == root.end
            yield Document(None if empty else root, frozenset(reading.aliased))


def _node(reading: _Reading, event: Event, depth: int) -> Node:
    assert event.start_mark is not None and event.end_mark is not None  # of every event that is parsed from text
    start, end, line = event.start_mark.index, event.end_mark.index, event.start_mark.line + 1
    if depth > MOST_DEPTH:
        raise ValueProblem("the file is nested too deeply", line, "flatten it")
    match event:
        case ScalarEvent():
            properties = _PROPERTIES.match(reading.text, start, end)
            begin = properties.end() if properties else start
            tag = event.tag or _resolved(event.value, event.implicit)
            line += reading.text.count("\n", start, begin)
            return Scalar(begin, end, line, event.value, tag, event.style or None, event.anchor or "")
        case AliasEvent():
            anchor = event.anchor or ""
            reading.aliased.add(anchor)
            return Alias(start, end, line, anchor)
        case SequenceStartEvent():
            items = tuple(_node(reading, one, depth + 1) for one in _until_end(reading))
            return Sequence(start, end, line, bool(event.flow_style), items, event.anchor or "")
        case MappingStartEvent():
            entries = []
            for one in _until_end(reading):
                key = _node(reading, one, depth + 1)
                value = _node(reading, next(reading.events), depth + 1)
                if isinstance(key, Scalar):
                    entries.append(Entry(key, value))
            return Mapping(start, end, line, bool(event.flow_style), tuple(entries), event.anchor or "")
        case _:
            raise ValueProblem("this is no YAML", line, "mend the file")


def _until_end(reading: _Reading) -> Iterator[Event]:
    for event in reading.events:
        if isinstance(event, CollectionEndEvent):
            return
        yield event


def resolves_to(value: str) -> str:
    """Return the type (YAML's tag) that a plain scalar would be read as."""
    return _resolved(value, (True, False))


def _resolved(value: str, implicit: tuple[bool, bool]) -> str:
    return str(_RESOLVER.resolve(ScalarNode, value, implicit))  # type: ignore[no-untyped-call]  # types-PyYAML has none
