"""Which HTML of strangers may stand on our pages? A short list of tags; all else is shown as the text it is.

The input is taken apart and written anew, so only tags and attributes written here can reach the page. The list
follows what GitHub lets through (github/markup, "Sanitization").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

from markupsafe import Markup, escape

ALLOWED = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "input",
        "ins",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
    ]
)
VOID = frozenset({"br", "hr", "input"})
ALIGNABLE = frozenset({"td", "th", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
SCHEMES = frozenset({"http", "https", "mailto"})
LITERAL = frozenset({"a", "code", "pre", "tt", "samp", "kbd"})  # nothing is linked inside these
DEPTH = 100

_IGNORED_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def safe_address(address: str) -> str | None:
    """Return an address a link may have, or None; browsers skip control characters, so they do not hide a scheme."""
    plain = _IGNORED_IN_ADDRESSES.sub("", address)
    scheme = _SCHEME.match(plain)
    if scheme is None:
        head = plain.split("/")[0].split("?")[0].split("#")[0]
        return plain if ":" not in head else None
    return plain if scheme[1].lower() in SCHEMES else None


class Sanitizer(HTMLParser):
    """One cleaning. `link` turns text into HTML with its references linked; `block` draws code of a language."""

    def __init__(self, link: Callable[[str], Markup], block: Callable[[str, str], Markup]) -> None:
        super().__init__(convert_charrefs=True)
        self._link, self._block = link, block
        self._out: list[Markup] = []
        self._open: list[str] = []
        self._code: tuple[str, list[str]] | None = None  # language and text of the `pre` we are in

    def clean(self, html: str) -> Markup:
        """Return `html` with only what is allowed left, every tag closed."""
        self.feed(html)
        self.close()
        if self._code is not None:
            self._end_code()
        while self._open:
            self._out.append(Markup("</{}>").format(self._open.pop()))
        return Markup("").join(self._out)

    # ---- what the parser meets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attrs)}
        written = self.get_starttag_text() or ""
        if self._code is not None:
            self._code[1].append(written)
        elif tag == "pre" and "lang" in values:
            self._code = (values["lang"], [])
        elif tag == "img":
            self._out.append(_image(values))
        elif tag not in ALLOWED or len(self._open) >= DEPTH or (tag == "input" and values.get("type") != "checkbox"):
            self._out.append(escape(written))
        else:
            self._out.append(_tag(tag, values))
            if tag not in VOID:
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._code is not None:
            if tag == "pre":
                self._end_code()
            else:
                self._code[1].append(f"</{tag}>")
        elif tag in self._open:
            while True:
                closed = self._open.pop()
                self._out.append(Markup("</{}>").format(closed))
                if closed == tag:
                    return
        elif tag not in ALLOWED:
            self._out.append(escape(f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code[1].append(data)
        elif LITERAL.intersection(self._open):
            self._out.append(escape(data))
        else:
            self._out.append(self._link(data))

    def handle_comment(self, data: str) -> None:
        """Hide it."""

    def handle_decl(self, decl: str) -> None:
        self._out.append(escape(f"<!{decl}>"))

    def unknown_decl(self, data: str) -> None:
        self._out.append(escape(f"<![{data}]>"))

    def handle_pi(self, data: str) -> None:
        self._out.append(escape(f"<?{data}>"))

    def _end_code(self) -> None:
        assert self._code is not None
        language, parts = self._code
        self._code = None
        self._out.append(self._block(language, "".join(parts)))


def _tag(tag: str, values: dict[str, str]) -> Markup:
    kept: list[tuple[str, str]] = []
    match tag:
        case "a":
            address = safe_address(values.get("href", ""))
            if address is not None:
                kept = [("href", address), ("rel", "nofollow noopener")]
        case "details":
            kept = [("open", "")] if "open" in values else []
        case "ol":
            kept = [("start", values["start"])] if values.get("start", "").isdecimal() else []
        case "input":
            kept = [("type", "checkbox"), ("disabled", "")] + ([("checked", "")] if "checked" in values else [])
        case "td" | "th":
            kept = [(name, values[name]) for name in ("colspan", "rowspan") if values.get(name, "").isdecimal()]
    if tag in ALIGNABLE and _alignment(values):
        kept.append(("class", f"align-{_alignment(values)}"))
    if tag in ("a", "summary") and "title" in values:
        kept.append(("title", values["title"]))
    written = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in kept)
    return Markup("<{}{}>").format(Markup(tag), written)  # noqa: S704  the tag is one of ALLOWED


def _alignment(values: dict[str, str]) -> str:
    """Return left, center, right or "", from the attribute or from the style that Markdown tables come with."""
    style = values.get("style", "").removeprefix("text-align:")
    given = values.get("align", style).lower()
    return given if given in ("left", "center", "right") else ""


def _image(values: dict[str, str]) -> Markup:
    """Return an image as a link: these pages load nothing from elsewhere."""
    address = safe_address(values.get("src", ""))
    text = values.get("alt") or "image"
    if address is None:
        return escape(text)
    return Markup('<a class="image" href="{}" rel="nofollow noopener">{}</a>').format(address, text)
