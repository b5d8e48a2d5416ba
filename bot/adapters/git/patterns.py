"""Which paths does a gitignore-style pattern name?

The rules are those of gitignore(5), as far as people use them:

- a pattern without a slash (`secrets.yaml`, `*.enc`) names files and directories of any depth;
- a slash at the start or in the middle (`/overlays`, `overlays/*/secret.yaml`) ties it to the top;
- a slash at the end (`keys/`) names directories only;
- `*` and `?` stop at a slash, `[a-c]` and `[!a-c]` are one character, `**` crosses directories;
- what names a directory names everything below it;
- of several patterns the last that names a path decides, and `!pattern` takes a path out again.

Unlike gitignore(5), `!` works below a named directory too. A backslash takes the next character literally.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def matches(patterns: Sequence[str], path: str) -> bool:
    """Say whether the patterns name `path` (a file, relative to the top, with slashes and no leading one)."""
    named = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if negated is named and _expression(pattern.removeprefix("!")).fullmatch(path):
            named = not negated
    return named


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return the expression that a whole path below the top has to match."""
    directory = pattern.endswith("/")
    body = pattern.rstrip("/")
    anchored = "/" in body
    parts = [part for part in body.split("/") if part]
    if not parts:
        return re.compile(r"(?!)")  # an empty pattern, or a lone slash, names nothing
    text = "" if anchored else "(?:.*/)?"
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            text += ".+" if last else "(?:.*/)?"
        else:
            text += _segment(part) + ("" if last else "/")
    below = "/.+" if directory else "(?:/.+)?"
    return re.compile(text + ("" if parts[-1] == "**" else below), re.DOTALL)


def _segment(part: str) -> str:
    """Translate one path segment of a pattern."""
    text, at = "", 0
    while at < len(part):
        character = part[at]
        at += 1
        match character:
            case "*":
                text += "[^/]*"
            case "?":
                text += "[^/]"
            case "[":
                closing = part.find("]", at + (2 if part[at : at + 1] in ("!", "^") else 1))
                if closing < 0:
                    text += r"\["
                    continue
                text += _class(part[at:closing])
                at = closing + 1
            case "\\" if at < len(part):
                text += re.escape(part[at])
                at += 1
            case _:
                text += re.escape(character)
    return text


def _class(inside: str) -> str:
    """Translate what stands between the brackets of a character class."""
    negated = inside[:1] in ("!", "^")
    characters = inside[1:] if negated else inside
    safe = re.sub(r"([\\\[\]^&~|])", r"\\\1", characters)
    try:
        re.compile(f"[{safe}]")
    except re.error:  # a range that runs backwards names no character
        return "(?!)"
    return f"(?!/)[{'^' if negated else ''}{safe}]"
