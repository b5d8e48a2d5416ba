"""Which version does a tag stand for, and which of several is the newest?

Patterns have one `*`, which stands for the version (`v*-stage`). Versions are those of Semantic Versioning 2.0.0,
ordered by its rule 11; minor and patch may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import total_ordering

_VERSION = re.compile(
    r"(0|[1-9][0-9]{0,17})(?:\.(0|[1-9][0-9]{0,17}))?(?:\.(0|[1-9][0-9]{0,17}))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


_ROLLBACK = re.compile(r"[-.]0\.rollback\.([1-9][0-9]*)$")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version as it was written; two that differ in build metadata only are neither newer."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Return the version, None where the text is none."""
        return cls(text) if _VERSION.fullmatch(text) else None

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[object, ...]:
        found = _VERSION.fullmatch(self.text)
        assert found is not None  # parse saw to it
        numbers = tuple(int(found[group] or 0) for group in (1, 2, 3))
        if found[4] is None:
            return (*numbers, 1, ())
        return (
            *numbers,
            0,
            tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in found[4].split(".")),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """One tag of an environment: its name, its version, and the commit it stands on."""

    tag: str
    version: Version
    commit: str


def is_rollback(version: Version) -> bool:
    """Say whether a version is one that `version_back` made."""
    return _ROLLBACK.search(version.text) is not None


def version_back(newest: Version) -> Version:
    """Return the version of a rollback from the newest: right after it, and before whatever can be released next.

    After 1.1.0 that is 1.1.1-0.rollback.1, then 1.1.1-0.rollback.2; after 2.0.0-rc.1 it is 2.0.0-rc.1.0.rollback.1.
    The 0 in front is lower than any word, so that an agent that reads `v1.1.1-prod` as a version with the pre-release
    `prod` holds it for newer (Semantic Versioning 2.0.0, rule 11.4.3).
    """
    text = newest.text.partition("+")[0]
    again = _ROLLBACK.search(text)
    if again:
        return Version(f"{text[: again.start(1)]}{int(again[1]) + 1}")
    found = _VERSION.fullmatch(text)
    assert found is not None  # parse saw to it
    if found[4] is not None:
        return Version(f"{text}.0.rollback.1")
    major, minor, patch = (int(found[group] or 0) for group in (1, 2, 3))
    return Version(f"{major}.{minor}.{patch + 1}-0.rollback.1")


def tag_of(pattern: str, version: Version) -> str:
    """Return the tag that stands for a version by a pattern."""
    return pattern.replace("*", version.text, 1)


def releases(tags: Mapping[str, str], pattern: str, others: Iterable[str] = ()) -> tuple[Release, ...]:
    """Return the tags (name to commit) of a pattern, the newest version first.

    `others` are the patterns of other environments: a tag that one of them fits more closely is not this one's.
    """
    closer = [one for one in others if len(one) > len(pattern)]
    found = []
    for tag, commit in tags.items():
        text = _inside(pattern, tag)
        version = Version.parse(text) if text else None
        if version is not None and not any(_inside(one, tag) for one in closer):
            found.append(Release(tag, version, commit))
    return tuple(sorted(found, key=lambda one: (one.version, one.tag), reverse=True))


def _inside(pattern: str, tag: str) -> str:
    """Return what the pattern's star stands for in a tag, '' where the tag does not fit."""
    before, star, after = pattern.partition("*")
    if not star or len(tag) <= len(before) + len(after) or not (tag.startswith(before) and tag.endswith(after)):
        return ""
    return tag[len(before) : len(tag) - len(after)]
