"""How does text of unknown origin get into GitHub Markdown without breaking out, pinging people or overflowing?"""

from __future__ import annotations

import re
from collections.abc import Sequence

COMMENT_CHARACTERS = 65_536  # docs.github.com does not say; the API's error does
CHECK_BYTES = 65_535  # docs.github.com/rest/checks/runs, output.summary and output.text

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_URL = re.compile(
    r"(https?://(?:[A-Za-z0-9./?=%:#+_-]|&(?=[A-Za-z0-9_.-]+=))+)"
)  # GitHub links it as it stands, escapes and all
_AT = re.compile(r"@(?=[A-Za-z0-9_])")
_NO_TEXT = re.compile(r"[\ud800-\udfff]")  # bytes of a file's name that are no UTF-8, as Python holds them
_BARE_PIPE = re.compile(r"(?<!\\)\|")


def escape(text: str) -> str:
    """Return one line of foreign text as inert Markdown: no markup, mention or HTML; an address stays one."""
    return _inert(" ".join(text.split()))


def _inert(flat: str) -> str:
    parts = _URL.split(_readable(flat))
    return unmention("".join(part if index % 2 else _ACTIVE.sub(r"\\\1", part) for index, part in enumerate(parts)))


def _readable(text: str) -> str:
    """Return text that can be sent: what is no text shows as the sign for that."""
    return _NO_TEXT.sub("\ufffd", text)


def prose(text: str) -> str:
    """Return one line of our own words around foreign ones: what stands in backticks becomes code, the rest inert."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(code(part[1:-1]) if index % 2 else _inert(part) for index, part in enumerate(parts))


def unmention(text: str) -> str:
    """Return text in which no `@name` notifies anyone: a zero-width space follows each `@`."""
    return _AT.sub("@\u200b", text)


def code(text: str) -> str:
    """Return foreign text as an inline code span that its own backticks cannot leave."""
    flat = " ".join(_readable(text).split()) or " "
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return foreign text as a fenced block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{_readable(text).rstrip(chr(10))}\n{ticks}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the cells are Markdown already, each on one line."""
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|"]
    for row in rows:
        cells = (_BARE_PIPE.sub(r"\\|", cell.replace("\n", "<br>")) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """Return a collapsible section; `summary` is Markdown-free text, `body` is Markdown."""
    return f"<details{' open' if opened else ''}>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def html(text: str) -> str:
    """Return foreign text for use inside an HTML tag such as `<summary>`."""
    flat = " ".join(_readable(text).split())
    return unmention(flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def within(parts: Sequence[str], limit: int, more: str, *, in_bytes: bool = False) -> str:
    """Join parts with blank lines as long as they fit; what does not fit is left out and `more` is said instead.

    Parts are never cut in the middle, so no fence or table is left open. `limit` counts characters, or bytes.
    """

    def size(text: str) -> int:
        return len(text.encode()) if in_bytes else len(text)

    whole = "\n\n".join(part for part in parts if part)
    if size(whole) <= limit:
        return whole
    kept: list[str] = []
    room = limit - size(more) - 2
    for part in parts:
        if not part:
            continue
        if size(part) + 2 > room:
            continue
        kept.append(part)
        room -= size(part) + 2
    return "\n\n".join([*kept, more])
