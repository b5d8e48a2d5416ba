"""What does GitHub make of our Markdown? Links, tags and mentions, as a CommonMark renderer sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = {"details", "summary", "sub", "b", "i", "br"}
_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)([^>]*)>")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_MENTION = re.compile(r"(?<![\w`])@[A-Za-z0-9](?:[A-Za-z0-9-]*)")


@dataclass
class Seen:
    """What is alive in a text."""

    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    text: str = ""


def _tokens(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or ())


def render(markdown: str) -> Seen:
    """Return what is alive in a Markdown text."""
    seen = Seen()
    parsed = _PARSER.parse(markdown)
    for at, token in enumerate(parsed):
        if token.type == "heading_open":
            seen.headings.append(parsed[at + 1].content)
    for token in _tokens(parsed):
        if token.type in ("html_inline", "html_block"):
            html = _COMMENT.sub("", token.content)
            for name, attributes in _TAG.findall(html):
                seen.tags.add(name.lower())
                seen.attributes |= set(attributes.strip(" /").split())
            words = _TAG.sub("", html)
            seen.text += words
            seen.mentions += _MENTION.findall(words)
        elif token.type in ("link_open", "image"):
            seen.links.append(str(token.attrGet("href") or token.attrGet("src")))
        elif token.type == "text":
            seen.text += token.content
            seen.mentions += _MENTION.findall(token.content)
        elif token.type in ("code_inline", "fence", "code_block"):
            seen.text += token.content
    return seen
