"""Which values, on which lines, does the YAML text of the configuration hold?

The text is read event by event (PyYAML's parser, which does not recurse) with limits on size, depth and
expansion, because a hostile file must not exhaust the worker. Scalars stay text: what a plain `on` or `1.30`
is worth is decided where its key is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from bot.model.environment import ConfigProblem
from bot.model.quoting import quoted

MAXIMUM_BYTES = 65_536
MAXIMUM_DEPTH = 20
MAXIMUM_NODES = 10_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as written; `plain` means without quotes. `line` is 1-based, and where its text begins."""

    text: str
    plain: bool
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order written; keys may repeat."""

    entries: tuple[tuple[Node, Node], ...]
    line: int


Node = Scalar | Items | Entries


def read(data: bytes) -> Node | ConfigProblem:
    """Return the only document of `data`, or the one problem that keeps it from being read."""
    if len(data) > MAXIMUM_BYTES:
        size = f"{len(data):,} bytes, more than the {MAXIMUM_BYTES:,} allowed"
        return ConfigProblem("", None, f"the file has {size}", "make it smaller")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return ConfigProblem("", line, "the file is not UTF-8 text", "save it as UTF-8")
    try:
        return _Reader().read(text)
    except _RefusedError as refused:
        return refused.problem
    except yaml.MarkedYAMLError as error:
        return _syntax(error)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return ConfigProblem("", line, message, "remove the control character")


class _RefusedError(Exception):
    """Reading stops: the text breaks a limit, or uses a part of YAML that has no place here."""

    def __init__(self, line: int | None, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.problem = ConfigProblem("", line, message, suggestion)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet; `children` alternate key, value in a mapping."""

    mapping: bool
    line: int
    anchor: str  # '' without one
    weight: int = 1
    children: list[Node] = field(default_factory=list)


class _Reader:
    """Builds the nodes of one document. `weight` counts nodes with every alias written out."""

    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._root: Node | None = None

    def read(self, text: str) -> Node:
        documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise _RefusedError(line, "the file holds a second document", "remove `---`")
                case yaml.NodeEvent():
                    self._take(event, line)
                case yaml.CollectionEndEvent():
                    self._close()
        root = self._root
        if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
            raise _RefusedError(None, "the file is empty", "write `version: 1` and `environments:`")
        return root

    def _take(self, event: yaml.NodeEvent, line: int) -> None:
        name = event.anchor or ""
        match event:
            case yaml.AliasEvent():
                if name not in self._anchors:
                    message = f"{quoted('*' + name)} refers to an anchor that is not complete above it"
                    raise _RefusedError(line, message, "write the value out")
                self._add(*self._anchors[name], line)
            case yaml.ScalarEvent(tag=None | "!"):
                begins = line + (event.style in ("|", ">"))  # the text of a block begins below its mark
                node = Scalar(event.value, event.style is None, begins)
                if name:
                    self._anchors[name] = (node, 1)
                self._add(node, 1, line)
            case yaml.CollectionStartEvent(tag=None):
                if len(self._stack) >= MAXIMUM_DEPTH:
                    message = f"values are nested deeper than {MAXIMUM_DEPTH} levels"
                    raise _RefusedError(line, message, "nest less")
                self._stack.append(_Open(isinstance(event, yaml.MappingStartEvent), line, name))
            case _:
                message = f"the tag {quoted(str(getattr(event, 'tag', '')))} has no place here"
                raise _RefusedError(line, message, "remove the tag; quote a value that must be text")

    def _close(self) -> None:
        done = self._stack.pop()
        children = done.children
        node: Node
        if done.mapping:
            node = Entries(tuple(zip(children[::2], children[1::2], strict=True)), done.line)
        else:
            node = Items(tuple(children), done.line)
        if done.anchor:
            self._anchors[done.anchor] = (node, done.weight)
        self._add(node, done.weight, done.line)

    def _add(self, node: Node, weight: int, line: int) -> None:
        if not self._stack:
            self._root = node
            return
        self._stack[-1].children.append(node)
        self._stack[-1].weight += weight
        if self._stack[-1].weight > MAXIMUM_NODES:
            raise _RefusedError(line, f"the file holds more than {MAXIMUM_NODES:,} values", "make it smaller")


_ADVICE = (
    ("'\\t'", "indent with spaces, not with tabs"),
    (
        "mapping values are not allowed",
        "put a value that holds a colon and a space in quotes, and check the indentation",
    ),
    ("expected <block end>", "check the indentation: keys of one level start in the same column"),
    ("could not find expected ':'", "write `key: value` with a colon and a space"),
    ("expected ',' or", "close the bracket, or add the missing comma"),
    ("that cannot start any token", "put the value in quotes"),
    ("alphabetic or numeric character", "put a value that starts with `*` or `&` in quotes"),
    ("while scanning a quoted scalar", "close the quote"),
)


def _syntax(error: yaml.MarkedYAMLError) -> ConfigProblem:
    """Say where YAML could not be understood, in PyYAML's words and, where we know it, how to mend it."""
    mark = error.problem_mark or error.context_mark
    words = " ".join(part for part in (error.context, error.problem) if part)
    suggestion = next((advice for sign, advice in _ADVICE if sign in words), "")
    where = f", column {mark.column + 1}" if mark else ""
    return ConfigProblem("", mark.line + 1 if mark else None, f"this is not YAML{where}: {words[:200]}", suggestion)
