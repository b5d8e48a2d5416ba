"""Where in a template's text are its actions?"""

from __future__ import annotations

import re
from collections.abc import Iterator

MARK = re.compile(r"\x00(\d+)\x00")

_CLOSE = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?P<close>\}\})')


def marked(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the lines with their 1-based numbers and a mark in the place of each action, and the actions by mark.

    An action that spans lines stands on the first of them, together with what follows it.
    """
    lines: list[tuple[int, str]] = []
    actions: list[str] = []
    line, here, at, begun = 1, "", 0, 1
    for start, end in [*_spans(text), (len(text), len(text))]:
        pieces = text[at:start].replace("\x00", "").split("\n")
        for piece in pieces[:-1]:
            lines.append((begun, here + piece))
            here, line = "", line + 1
            begun = line
        here += pieces[-1]
        if end > start:
            here += f"\x00{len(actions)}\x00"
            actions.append(text[start + 2 : end - 2].removeprefix("-").removesuffix("-").strip())
            line += text.count("\n", start, end)
            at = end
    return [*lines, (begun, here)], actions


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each action begins and ends; what is never closed is none."""
    at = text.find("{{")
    while at >= 0:
        comment = text.startswith(("/*", "- /*", "-/*"), at + 2)
        if comment:
            end = text.find("*/", at)
            closing = text.find("}}", end) if end >= 0 else -1
            end = closing + 2 if closing >= 0 else -1
        else:
            end = next((one.end() for one in _CLOSE.finditer(text, at + 2) if one["close"]), -1)
        if end < 0:
            return
        yield at, end
        at = text.find("{{", end)
