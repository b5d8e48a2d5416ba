"""Which fields does a template's text hold, on which lines, and in which documents?

The text is no YAML before it is rendered. What is read here is its layout: keys and list items by their indentation,
the actions that put out more of them, and the control blocks that stand around. The text may be hostile: nothing
recurses, and all work is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from bot.checks.charts.actions import MARK, marked
from bot.checks.charts.expression import Scope, indentation, references

MAX_BYTES = 1024 * 1024  # of one template
MAX_BLOCKS = 100  # control blocks within each other
MAX_KEY = 300  # characters of a line among which its key is looked for
MAX_DASHES = 10  # list items that begin on one line

_CONTROL = re.compile(r"(if|with|range|define|block|else|end)\b\s*(.*)", re.DOTALL)
_ASSIGNED = re.compile(r"(\$\w+)\s*:?=\s*(.*)", re.DOTALL)
_RANGED = re.compile(r"(?:(\$\w+)\s*,\s*)?(\$\w+)\s*:=\s*(.*)", re.DOTALL)
_DASH = re.compile(r"-(?:[ \t]+|$)")
_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s"'#:{\[\]},&*!|>%@`-][^:#]*?|[^\s"'#:{}\[\],][^\s:#]*)\s*:(?:[ \t]+|$)""")
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*(#.*)?")

Kind = Literal["document", "key", "item", "action"]


@dataclass(slots=True)
class Node:
    """One place of a template: a document, a key, a list item, or an action that puts out what belongs there.

    `name` is a key's name, '' when an action makes it. `plain` is a key's or item's own value as far as it stands there
    ('' when an action makes it, or when there is none). `actions` are the texts of the actions in its value, each with
    what `.` means there. `blocks` are the control blocks around it; `ranges` says that one of them repeats it.
    """

    kind: Kind
    line: int
    indent: int
    name: str = ""
    plain: str = ""
    actions: list[tuple[str, Scope]] = field(default_factory=list)
    blocks: tuple[int, ...] = ()
    ranges: bool = False
    scope: Scope = field(default_factory=Scope)
    children: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """The documents of one template file, and the named templates that it defines."""

    documents: list[Node] = field(default_factory=list)
    defined: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True)
class _Block:
    number: int
    word: str
    scope: Scope
    ranges: bool
    above: tuple[list[Node], bool] | None = None  # what a definition stands in


def plain(text: str) -> str:
    """Return a scalar without its quotes and the comment behind it."""
    quoted = re.match(r"""\s*(?:"([^"]*)"|'([^']*)')""", text)
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    return text.split(" #", 1)[0].strip()


def outline(text: str) -> Outline:
    """Read the layout of a template."""
    return _Reader(text[:MAX_BYTES]).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines, self._actions = marked(text)
        self._outline = Outline()
        self._blocks: list[_Block] = []
        self._count = 0
        self._scalar: Node | None = None  # the key whose block scalar goes on
        self._stack: list[Node] = []
        self._begin(1)

    def read(self) -> Outline:
        for number, text in self._lines:
            if not text.strip():
                continue
            if re.fullmatch(r"---(\s.*)?", text):
                self._begin(number)
            elif MARK.sub("", text).strip():
                self._content(number, text)
            else:
                for mark in MARK.finditer(text):
                    self._alone(number, self._actions[int(mark[1])], text)
        self._outline.documents = [one for one in self._outline.documents if one.children]
        return self._outline

    def _begin(self, line: int) -> None:
        """Start a document."""
        document = Node("document", line, -1, blocks=self._numbers(), ranges=self._ranged(), scope=self._scope())
        self._outline.documents.append(document)
        self._stack, self._scalar = [document], None

    def _scope(self) -> Scope:
        return self._blocks[-1].scope if self._blocks else Scope()

    def _numbers(self) -> tuple[int, ...]:
        return tuple(one.number for one in self._blocks)

    def _ranged(self) -> bool:
        return bool(self._blocks) and self._blocks[-1].ranges

    def _alone(self, line: int, action: str, text: str) -> None:
        """Take an action that stands on a line with no text beside it."""
        if self._control(line, action):
            return
        if '"---' in action[:100]:  # {{ printf "---\n" }}
            self._begin(line)
            return
        wanted = indentation(action)
        column = len(text) - len(text.lstrip()) if wanted is None else wanted
        if self._scalar:
            if column > self._scalar.indent:
                self._scalar.actions.append((action, self._scope()))
                return
            self._scalar = None
        parent = self._parent(column, "action")
        node = self._node("action", line, column)
        node.actions.append((action, self._scope()))
        parent.children.append(node)

    def _content(self, line: int, text: str) -> None:
        column = at = len(text) - len(text.lstrip())
        while mark := MARK.match(text, at):  # {{ if … }} before the text of its line
            if not self._control(line, self._actions[int(mark[1])]):
                break
            at = mark.end()
        rest = text[at:].lstrip()
        if self._scalar:
            if column > self._scalar.indent:
                self._collect(self._scalar, line, rest)
                return
            self._scalar = None
        if rest.startswith("#"):
            return
        item: Node | None = None
        for _ in range(MAX_DASHES):
            dash = _DASH.match(rest)
            if not dash:
                break
            parent = self._parent(column, "item")
            item = self._node("item", line, column)
            parent.children.append(item)
            self._stack.append(item)
            column, rest = column + dash.end(), rest[dash.end() :]
        key = _KEY.match(rest[:MAX_KEY])
        if key:
            self._key(line, column, key[1], rest[key.end() :])
        elif item is not None and MARK.sub("", rest).strip():
            item.plain = "" if "\x00" in rest else plain(rest)
            self._collect(item, line, rest)
        elif item is not None:
            for mark in MARK.finditer(rest):
                self._alone(line, self._actions[int(mark[1])], " " * column)

    def _key(self, line: int, column: int, name: str, value: str) -> None:
        parent = self._parent(column, "key")
        node = self._node("key", line, column)
        node.name = "" if "\x00" in name else name.strip().strip("\"'")
        parent.children.append(node)
        self._stack.append(node)
        node.plain = "" if "\x00" in value else plain(value)
        self._collect(node, line, value)
        if _BLOCK_SCALAR.fullmatch(MARK.sub("", value).strip()):
            self._scalar = node

    def _node(self, kind: Kind, line: int, column: int) -> Node:
        return Node(kind, line, column, blocks=self._numbers(), ranges=self._ranged(), scope=self._scope())

    def _parent(self, column: int, kind: Kind) -> Node:
        """Return what a key, item or action of a column belongs to; what it does not belong to is closed."""
        while len(self._stack) > 1:
            top = self._stack[-1]
            if top.indent < column:
                break
            if top.indent == column and top.kind == "key" and kind != "key" and not top.plain:
                break  # a list may stand in the column of its key
            self._stack.pop()
        return self._stack[-1]

    def _collect(self, node: Node, line: int, text: str) -> None:
        """Add the actions of a text to a node, and go through the control blocks among them."""
        for mark in MARK.finditer(text):
            action = self._actions[int(mark[1])]
            if not self._control(line, action):
                node.actions.append((action, self._scope()))

    def _control(self, line: int, action: str) -> bool:
        """Enter or leave a control block, or set a variable; say whether the action was one that puts nothing out."""
        if not action or action.startswith("/*"):
            return True
        if assigned := _ASSIGNED.fullmatch(action):
            self._assign(assigned[1], assigned[2])
            return True
        found = _CONTROL.fullmatch(action)
        if not found:
            return False
        word, rest = found[1], found[2]
        if word == "end":
            self._leave()
        elif word == "else":
            self._leave()
            inner = re.match(r"(if|with)\s+(.*)", rest, re.DOTALL)
            self._enter(line, inner[1] if inner else "if", inner[2] if inner else "")
        else:
            self._enter(line, word, rest)
        return True

    def _assign(self, name: str, value: str) -> None:
        found = references(value, self._scope())
        scope = self._scope()
        changed = Scope(scope.dot, {**scope.variables, name: found[0] if len(found) == 1 else None})
        if self._blocks:
            self._blocks[-1].scope = changed
        else:
            self._blocks.append(_Block(0, "file", changed, False))

    def _enter(self, line: int, word: str, rest: str) -> None:
        self._count += 1
        scope, ranges = self._scope(), self._ranged()
        block = _Block(self._count, word, scope, ranges)
        if word in ("define", "block"):
            name = re.match(r'"([^"]*)"', rest)
            block.above = (self._stack, self._scalar is not None)
            body = Node("document", line, -1)
            self._outline.defined[name[1] if name else ""] = body
            self._stack, self._scalar = [body], None
            block.scope, block.ranges = Scope(), False
        elif word == "with":
            block.scope = self._within(scope, rest, repeated=False)
        elif word == "range":
            block.scope, block.ranges = self._within(scope, rest, repeated=True), True
        if len(self._blocks) < MAX_BLOCKS:
            self._blocks.append(block)

    def _within(self, scope: Scope, rest: str, *, repeated: bool) -> Scope:
        """Return the scope inside `with` or `range`."""
        named = _RANGED.fullmatch(rest)
        found = references(named[3] if named else rest, scope)
        dot = found[0] if found else None
        if dot is not None and repeated:
            dot = (*dot, "*")
        variables = dict(scope.variables)
        if named:
            variables[named[2]] = dot
            if named[1]:
                variables[named[1]] = None
        return Scope(dot, variables)

    def _leave(self) -> None:
        if not self._blocks or self._blocks[-1].word == "file":
            return
        block = self._blocks.pop()
        if block.above:
            self._stack, self._scalar = block.above[0], None
