"""Which paths does a pattern name, in each of the four languages that Argo CD reads patterns in?

| where | language |
|---|---|
| `directories` of a git generator | Go's path.Match |
| `files` of a git generator | a pathspec of `git ls-files`, whose `*` crosses directories |
| `valueFiles` | github.com/bmatcuk/doublestar |
| `include`, `exclude` of a directory | github.com/gobwas/glob without separators, whose `*` crosses directories |

Sources: applicationset/generators/git.go, docs/operator-manual/applicationset/Generators-Git-File-Globbing.md,
docs/user-guide/helm.md and docs/user-guide/directory.md of argoproj/argo-cd. A malformed pattern names nothing. No
pattern is slow: what stands between two stars is found once, at its first place.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_SPECIAL = "*?[{\\"
_MOST_ALTERNATIVES = 256
_IN_SEGMENT, _ANYTHING = "[^/]", "(?s:.)"


def is_pattern(text: str) -> bool:
    """Say whether Argo CD expands a path of `valueFiles` rather than take it as it is."""
    return any(sign in text for sign in "*?[")


def fixed(pattern: str) -> str:
    """Return the directory that everything a pattern names lies in, '' for the top."""
    parts = pattern.split("/")[:-1]
    wild = next((at for at, part in enumerate(parts) if any(sign in part for sign in _SPECIAL)), len(parts))
    return "/".join(parts[:wild])


def path_match(pattern: str, path: str) -> bool:
    """Match as Go's path.Match does: segment by segment."""
    parts, segments = pattern.split("/"), path.split("/")
    return len(parts) == len(segments) and all(
        segment_match(part, segment) for part, segment in zip(parts, segments, strict=True)
    )


def segment_match(pattern: str, name: str) -> bool:
    """Match one name with one segment of a path.Match pattern."""
    found = _compiled(pattern, _IN_SEGMENT, "^")
    return found is not None and found.fullmatch(name) is not None


def pathspec(pattern: str, path: str) -> bool:
    """Match a file as `git ls-files -- PATTERN` does: a name also stands for all that is below it.

    Source: gitglossary(7), pathspec.
    """
    plain = pattern.removeprefix("./").rstrip("/")
    if path == plain or path.startswith(f"{plain}/") or plain in ("", "."):
        return True
    found = _compiled(plain, _ANYTHING, "!^")
    return found is not None and found.fullmatch(path) is not None


def doublestar(pattern: str, path: str) -> bool:
    """Match a path: `**` as a segment stands for any number of directories, braces for alternatives."""
    segments = path.split("/")
    return any(_walk(one.split("/"), segments) for one in _alternatives(pattern))


def glob(pattern: str, text: str) -> bool:
    """Match a text: `*` stands for anything, braces for alternatives."""
    compiled = (_compiled(one, _ANYTHING, "!^") for one in _alternatives(pattern))
    return any(found.fullmatch(text) is not None for found in compiled if found is not None)


def _walk(parts: list[str], segments: list[str]) -> bool:
    """Go through the segments once, with the set of parts that may come next."""
    end = len(parts)

    def skipping(at: set[int]) -> set[int]:
        for index, part in enumerate(parts):
            if part == "**" and index in at:
                at.add(index + 1)
        return at

    at = skipping({0})
    for segment in segments:
        after: set[int] = set()
        for index in at - {end}:
            if parts[index] == "**":
                after.add(index)
            elif (found := _compiled(parts[index], _IN_SEGMENT, "!^")) and found.fullmatch(segment):
                after.add(index + 1)
        at = skipping(after)
    return end in at


@lru_cache(maxsize=2048)
def _compiled(pattern: str, one: str, negations: str) -> re.Pattern[str] | None:
    """Translate a pattern without alternatives; `one` is what stands for a single character."""
    pieces, at = [""], 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        match sign:
            case "*":
                pieces.append("")
            case "?":
                pieces[-1] += one
            case "[":
                found = _class(pattern, at, negations)
                if found is None:
                    return None
                text, at = found
                pieces[-1] += f"(?:(?={one}){text})"
            case "\\":
                if at == len(pattern):
                    return None
                pieces[-1] += re.escape(pattern[at])
                at += 1
            case _:
                pieces[-1] += re.escape(sign)
    first, *others = pieces
    if not others:
        return re.compile(first)
    *middle, last = others
    return re.compile(first + "".join(f"(?>{one}*?{piece})" for piece in middle if piece) + f"{one}*{last}")


def _class(pattern: str, at: int, negations: str) -> tuple[str, int] | None:
    """Translate a character class that begins at a place; return it and the place behind it, None when malformed."""
    negated = at < len(pattern) and pattern[at] in negations
    at += negated
    ranges: list[str] = []
    while at < len(pattern) and (pattern[at] != "]" or not ranges):
        low, at = _character(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _character(pattern, at + 1)
        if not low or not high:
            return None
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    if at >= len(pattern):
        return None
    inside = "".join(ranges)
    if not inside:
        return ("(?s:.)" if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _character(pattern: str, at: int) -> tuple[str, int]:
    """Return the character at a place of a class and the place behind it; '' where none may stand."""
    sign = pattern[at : at + 1]
    if sign == "\\":
        return pattern[at + 1 : at + 2], at + 2
    return ("" if sign in ("-", "]") else sign), at + 1


@lru_cache(maxsize=256)
def _alternatives(pattern: str) -> tuple[str, ...]:
    """Return the patterns that one with `{a,b}` stands for; none when its braces do not match or it has too many."""
    found: list[str] = []
    waiting = [pattern]
    while waiting:
        text = waiting.pop()
        group = _group(text)
        if group is None:
            found.append(text)
        elif group[1] < 0 or len(waiting) + len(found) > _MOST_ALTERNATIVES:
            return ()
        else:
            start, end, commas = group
            edges = [start, *commas, end]
            waiting += [text[:start] + text[a + 1 : b] + text[end + 1 :] for a, b in pairwise(edges)]
    return tuple(found)


def _group(text: str) -> tuple[int, int, list[int]] | None:
    """Return where the first group in braces begins, ends (-1 when it does not), and is divided."""
    start, depth, at = -1, 0, 0
    commas: list[int] = []
    while at < len(text):
        match text[at]:
            case "\\":
                at += 1
            case "{":
                start = at if depth == 0 else start
                depth += 1
            case "}" if depth:
                depth -= 1
                if depth == 0:
                    return start, at, commas
            case "," if depth == 1:
                commas.append(at)
        at += 1
    return (start, -1, []) if depth else None
