"""How does Markdown of comments and check runs look on a page? As on GitHub: HTML within limits, links, diffs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from bot.sandbox.pages.mermaid import drawing
from bot.sandbox.pages.references import References
from bot.sandbox.pages.sanitizer import Sanitizer

_TASK = re.compile(r"\[([ xX])\]\s")


def rendered(text: str | None, references: References) -> Markup:
    """Return Markdown as HTML that is safe to show; line breaks count, as they do in GitHub's comments."""
    html = _MARKDOWN.render(text or "")
    return Sanitizer(references.linked, code_block).clean(html)


def code_block(language: str, text: str) -> Markup:
    """Return a block of code: diffs coloured by line, Mermaid drawn when it is one of the simple charts."""
    word = language.split(maxsplit=1)[0].lower() if language.split() else ""
    text = text.removesuffix("\n")
    if word == "mermaid":
        picture = drawing(text)
        if picture is not None:
            return picture
    if word in ("diff", "patch"):
        lines = Markup("\n").join(_diff_line(line) for line in text.split("\n"))
        return Markup('<pre class="code diff" tabindex="0"><code>{}</code></pre>').format(lines)
    return Markup('<pre class="code" tabindex="0"><code>{}</code></pre>').format(text)


def _diff_line(line: str) -> Markup:
    kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1])
    return Markup('<span class="{}">{}</span>').format(kind, line) if kind else escape(line)


def _fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    del renderer, options, env
    token = tokens[index]
    # the sanitizer draws what stands in a `pre` with a language; GitHub knows the same attribute
    return str(Markup('<pre lang="{}">{}</pre>\n').format(token.info.strip(), token.content))


def _tasks(state: StateCore) -> None:
    """Turn `[ ]` and `[x]` at the start of a list item into boxes (GitHub Flavored Markdown, task list items)."""
    for before, token in zip(state.tokens[1:], state.tokens[2:], strict=False):
        if token.type != "inline" or before.type != "paragraph_open" or not token.children:
            continue
        first = token.children[0]
        item = state.tokens[state.tokens.index(before) - 1]
        found = _TASK.match(first.content) if first.type == "text" and item.type == "list_item_open" else None
        if found:
            box = Token("html_inline", "", 0)
            box.content = f'<input type="checkbox"{" checked" if found[1] in "xX" else ""}> '
            first.content = first.content[found.end() :]
            token.children.insert(0, box)


def _built() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("code_block", _fence)
    markdown.core.ruler.push("tasks", _tasks)
    return markdown


_MARKDOWN = _built()
