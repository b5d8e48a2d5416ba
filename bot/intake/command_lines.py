"""Which lines of a comment does a reader see as plain text that begins there?

A line inside code, a block quote, an HTML comment, a collapsed or quoted HTML element, a table, or a link's text
is somebody's example or somebody else's words, never a command. Block structure is CommonMark's (with GitHub's
tables), so a lazily continued quote is a quote, as GitHub shows it.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import escape as escape_rule
from markdown_it.rules_inline import html_inline as html_rule
from markdown_it.rules_inline import newline as newline_rule
from markdown_it.token import Token

_WATCH = "lockkeeper"
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(?=[\s/>])[^<>]*?(/?)>")
_CONTAINERS = frozenset(
    (
        *("blockquote", "q", "details", "template", "del", "s", "strike"),
        *("pre", "code", "samp", "kbd", "tt", "textarea", "table", "div", "ul", "ol", "dl"),
    )
)


def split(body: str) -> list[str]:
    """Return the lines as Markdown counts them: LF, CRLF and CR end a line, nothing else does."""
    return re.sub(r"\r\n?", "\n", body).replace("\0", "\ufffd").split("\n")


def plain_lines(lines: Sequence[str]) -> frozenset[int]:
    """Return the indices (0-based) of the lines that begin as plain text."""
    environment: MutableMapping[str, Any] = {}
    found: set[int] = set()
    kept: list[tuple[str, ...]] = []  # open HTML elements around each open block
    html = _Html()
    tokens = _markdown().parse("\n".join(lines), environment)
    quotes = 0
    for index, token in enumerate(tokens):
        quotes += token.nesting if token.type in ("blockquote_open", "blockquote_close") else 0
        if token.type == "html_block":
            html.take(token.content)
        elif token.type in ("blockquote_open", "list_item_open"):
            kept.append(html.opened)
        elif token.type in ("blockquote_close", "list_item_close"):
            html.opened = kept.pop()
        elif _is_text(token) and quotes == 0 and (place := tokens[index + 1].map):
            text = "\n".join(lines[place[0] : place[1]])
            found.update(place[0] + line for line in _beginnings(text, html, environment))
    return frozenset(found)


def _is_text(token: Token) -> bool:
    """Say whether a paragraph opens here, or text underlined like one by a signature's dashes."""
    return token.type == "paragraph_open" or (token.type == "heading_open" and token.markup in ("-", "="))


@dataclass(slots=True)
class _Html:
    """The HTML elements open at this place that hide or quote what they hold."""

    opened: tuple[str, ...] = ()

    def take(self, text: str) -> None:
        for closing, name, empty in _TAG.findall(_COMMENT.sub("", text)):
            tag = name.lower()
            if tag not in _CONTAINERS or empty:
                continue
            if not closing:
                self.opened = (*self.opened[-20:], tag)
            elif tag in self.opened:
                self.opened = self.opened[: len(self.opened) - 1 - self.opened[::-1].index(tag)]


@dataclass(slots=True)
class _Watch:
    """What is learnt while one paragraph is parsed: where its lines begin outside of every inline element."""

    text: str
    html: _Html
    starts: set[int] = field(default_factory=set)

    def line_ends(self, state: StateInline, at: int) -> None:
        if state.src == self.text and state.linkLevel == 0 and not self.html.opened:
            self.starts.add(at + 1)


def _beginnings(text: str, html: _Html, environment: MutableMapping[str, Any]) -> set[int]:
    """Return the lines of a paragraph, counted from 0, that begin outside of code spans, HTML and links."""
    watch = _Watch(text, html, set() if html.opened else {0})
    environment[_WATCH] = watch
    markdown = _markdown()
    markdown.inline.parse(text, markdown, environment, [])
    lines, at = set(), 0
    for index, line in enumerate(text.split("\n")):
        if at in watch.starts:
            lines.add(index)
        at += len(line) + 1
    return lines


@cache
def _markdown() -> MarkdownIt:
    """Build the parser: blocks only; the text of paragraphs is parsed apart, with three rules watched."""
    markdown = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    markdown.inline.ruler.at("newline", _newline)
    markdown.inline.ruler.at("escape", _escape)
    markdown.inline.ruler.at("html_inline", _html_inline)
    return markdown


def _newline(state: StateInline, silent: bool) -> bool:
    at = state.pos
    done = newline_rule(state, silent)
    if done and not silent and (watch := state.env.get(_WATCH)):
        watch.line_ends(state, at)
    return done


def _escape(state: StateInline, silent: bool) -> bool:
    at = state.pos + 1  # a backslash at the end of a line is a line break
    done = escape_rule(state, silent)
    if done and not silent and state.src[at : at + 1] == "\n" and (watch := state.env.get(_WATCH)):
        watch.line_ends(state, at)
    return done


def _html_inline(state: StateInline, silent: bool) -> bool:
    at = state.pos
    done = html_rule(state, silent)
    if done and not silent and (watch := state.env.get(_WATCH)):
        watch.html.take(state.src[at : state.pos])
    return done
