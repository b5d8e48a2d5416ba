"""How is a text read that was too long for GitHub?"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from flask import Blueprint, Response
from markdown_it import MarkdownIt

from bot.adapters.outputs import Output
from bot.errors import TransientError

_IDENTIFIER = re.compile(r"[0-9a-f]{40}")
_DETAILS = re.compile(r"&lt;(/?(?:details(?: open)?|summary|b|i|sub))&gt;")
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
pre{background:#f6f8fa;padding:1rem;overflow:auto;border-radius:6px}code{font:13px ui-monospace,monospace}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:.4rem .8rem;text-align:left}
.add{color:#116329;background:#dafbe1;display:block}.del{color:#82071e;background:#ffebe9;display:block}
@media(prefers-color-scheme:dark){body{color:#f0f6fc;background:#0d1117}pre{background:#151b23}
td,th{border-color:#3d444d}.add{color:#aff5b4;background:#033a16}.del{color:#ffdcd7;background:#67060c}}
"""


def output_pages(read: Callable[[str], Output | None]) -> Blueprint:
    """Return the page `/output/<identifier>`. It is kept out of caches, search engines and referrers."""
    pages = Blueprint("output", __name__)

    @pages.get("/output/<identifier>")
    def show(identifier: str) -> Response:
        try:
            found = read(identifier) if _IDENTIFIER.fullmatch(identifier) else None
        except TransientError:
            return Response("The store is away; try again in a minute.\n", 503, mimetype="text/plain")
        if found is None:
            return Response("There is no such output, or it is older than 30 days.\n", 404, mimetype="text/plain")
        page = (
            f"<!doctype html><html lang=en><meta charset=utf-8><meta name=robots content=noindex>"
            f"<meta name=viewport content='width=device-width'><title>{escape(found.title)} · Lockkeeper</title>"
            f"<style>{_STYLE}</style><h1>{escape(found.repository)}: {escape(found.title)}</h1>{render(found.text)}"
        )
        return Response(page, mimetype="text/html", headers=_HEADERS)

    return pages


_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def render(text: str) -> str:
    """Return our Markdown as HTML. Raw HTML stays text, but for the few tags our own reports use."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(_separate(text))
    return _coloured(_DETAILS.sub(lambda found: f"<{found[1]}>", html))


def _separate(text: str) -> str:
    return re.sub(r"(?m)^(</?details.*>|<summary>.*</summary>)$", r"\n\1\n", text)


def _coloured(html: str) -> str:
    def colour(block: re.Match[str]) -> str:
        lines = []
        for line in block[2].split("\n"):
            kind = "add" if line.startswith("+") else "del" if line.startswith("-") else ""
            lines.append(f'<span class="{kind}">{line}</span>' if kind else line + "\n")
        return f"{block[1]}{''.join(lines)}</code></pre>"

    return re.sub(r'(?s)(<pre><code class="language-diff">)(.*?)</code></pre>', colour, html)
