"""Does a version lie within a range, by the rules of Semantic Versioning?

Sources: semver.org 2.0.0 and the ranges of github.com/blang/semver, which Kyverno uses: comparisons separated
by spaces must all hold, alternatives are separated by `||`, and `x` stands for any number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from bot.policy.kyverno.answers import QueryError

Identifier = tuple[bool, int, str]  # numbers come before texts
Version = tuple[int, int, int, tuple[bool, tuple[Identifier, ...]]]  # a pre-release comes before the release
Range = Callable[[Version], bool]

_NUMBER = r"(?:0|[1-9]\d{0,17})"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII
)
_TERM = re.compile(r"(>=|<=|==|!=|>|<|=|!)?\s*([0-9A-Za-z.+*-]+)\s*", re.ASCII)
_WILD = re.compile(rf"({_NUMBER})(?:\.({_NUMBER}))?(?:\.[xX*])+", re.ASCII)

NOTHING: Version = (0, 0, 0, (True, ()))


def read_version(text: str) -> Version | None:
    """Return a version that can be compared, None when the text is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    before = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, "" if part.isdigit() else part)
        for part in (found[4] or "").split(".")
        if part
    )
    return int(found[1]), int(found[2]), int(found[3]), (not before, before)


def parse_version(text: str) -> Version:
    """Return a version; like Kyverno's `semver_compare`, take what is none for 0.0.0."""
    return read_version(text) or NOTHING


@lru_cache(maxsize=256)
def parse_range(text: str) -> Range:
    """Return a test of versions; raises `QueryError` when the text is no range."""
    choices = [_every(choice) for choice in text.split("||")]
    return lambda version: any(fits(version) for fits in choices)


def _every(text: str) -> Range:
    terms: list[Range] = []
    rest = text.strip()
    while rest:
        found = _TERM.match(rest)
        if found is None:
            break
        terms.append(_term(found[1] or "=", found[2]))
        rest = rest[found.end() :]
    if rest or not terms:
        raise QueryError(f"`{text}` is no range of versions")
    return lambda version: all(fits(version) for fits in terms)


def _term(sign: str, text: str) -> Range:
    least = read_version(text)
    after = least
    if least is None:
        wild = _WILD.fullmatch(text)
        if wild is None:
            raise QueryError(f"`{text}` is no version")
        major, minor = int(wild[1]), wild[2]
        release = (True, ())
        least = (major, int(minor or 0), 0, release)
        after = (major + 1, 0, 0, release) if minor is None else (major, int(minor) + 1, 0, release)
        match sign:
            case "=" | "==":
                return lambda version: least <= version < after
            case "!" | "!=":
                return lambda version: not least <= version < after
            case ">":
                return lambda version: version >= after
            case "<=":
                return lambda version: version < after
    match sign:
        case "=" | "==":
            return lambda version: version == least
        case "!" | "!=":
            return lambda version: version != least
        case ">":
            return lambda version: version > least
        case "<":
            return lambda version: version < least
        case ">=":
            return lambda version: version >= least
        case _:
            return lambda version: version <= least
