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
from dataclasses import dataclass
from functools import lru_cache


def matches(patterns: Sequence[str], path: str) -> bool:
    """Say whether the patterns name `path` (a file, relative to the top, with slashes and no leading one)."""
    named = False
    for text in patterns:
        negated = text.startswith("!")
        if negated is named and _compiled(text.removeprefix("!")).names(path):
            named = not negated
    return named


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern segment by segment; None stands for `**`."""

    parts: tuple[re.Pattern[str] | None, ...]
    directory: bool  # it ends with a slash

    def names(self, path: str) -> bool:
        """Walk the path once, with the set of parts that may come next; so no pattern is slow."""
        segments = path.split("/")
        end = len(self.parts)
        at = self._skipping({0})
        for number, segment in enumerate(segments, start=1):
            after: set[int] = set()
            for index in at - {end}:
                part = self.parts[index]
                if part is None:
                    after.add(end if index == end - 1 else index)
                elif part.fullmatch(segment):
                    after.add(index + 1)
            at = self._skipping(after)
            if end in at and (number < len(segments) or not self.directory):
                return True
        return False

    def _skipping(self, at: set[int]) -> set[int]:
        """Let `**` stand for no directory at all, unless it is last."""
        for index, part in enumerate(self.parts[:-1]):
            if part is None and index in at:
                at.add(index + 1)
        return at


@lru_cache(maxsize=1024)
def _compiled(text: str) -> _Pattern:
    body = text.rstrip("/")
    parts = [None if part == "**" else re.compile(_segment(part), re.DOTALL) for part in body.split("/") if part]
    if not parts:
        parts = [re.compile(r"(?!)")]  # an empty pattern, or a lone slash, names nothing
    elif "/" not in body:
        parts.insert(0, None)
    return _Pattern(tuple(parts), directory=text.endswith("/"))


def _segment(part: str) -> str:
    """Translate one segment: what stands between stars is found once, at its first place, and not again."""
    pieces, at = [""], 0
    while at < len(part):
        character = part[at]
        at += 1
        match character:
            case "*":
                pieces.append("")
            case "?":
                pieces[-1] += "."
            case "[":
                closing = part.find("]", at + (2 if part[at : at + 1] in ("!", "^") else 1))
                if closing < 0:
                    pieces[-1] += r"\["
                    continue
                pieces[-1] += _class(part[at:closing])
                at = closing + 1
            case "\\" if at < len(part):
                pieces[-1] += re.escape(part[at])
                at += 1
            case _:
                pieces[-1] += re.escape(character)
    first, *others = pieces
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + ".*" + last


def _class(inside: str) -> str:
    """Translate what stands between the brackets of a character class."""
    negated = inside[:1] in ("!", "^")
    characters = inside[1:] if negated else inside
    safe = re.sub(r"([\\\[\]^&~|])", r"\\\1", characters)
    try:
        re.compile(f"[{safe}]")
    except re.error:  # a range that runs backwards names no character
        return "(?!)"
    return f"[{'^' if negated else ''}{safe}]"
