"""Whom does a repository's CODEOWNERS name for the paths that change?

The file, its places and its patterns are GitHub's (docs.github.com, "About code owners"): the last line that fits a
path counts, a line without owners leaves its paths to nobody, a line that cannot be read is passed over. Patterns are
those of .gitignore, but `!`, `[ ]` and `\\#` mean nothing, `dir/*` stays in the directory, and case always counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from heapq import merge

import re2

from bot.model.environment import People

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # the first that is there is the only one
LARGEST = 3 * 1024 * 1024  # bytes; GitHub does not load what is not smaller
MOST_TRIES = 500_000  # of patterns with paths, in one question; where both are long, one counts as several
_OWNER = re.compile(
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:_[A-Za-z0-9]+)?(?:/[A-Za-z0-9._-]+)?"
    r"|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
_WORD = re.compile(r"(?:\\.|[^\s\\]|\\$)+")
_OPTIONS = re2.Options()
_OPTIONS.dot_nl = True
_OPTIONS.log_errors = False


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """One line: its pattern, its owners as written (`@ann`, `@acme/qa`, `ann@example.com`), its number from 1."""

    pattern: str
    owners: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class CodeOwners:
    """The lines of a file in their order; `skipped` are those that mean nothing, each with the reason."""

    lines: tuple[OwnerLine, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()

    def owners(self, path: str) -> tuple[str, ...] | None:
        """Return the owners of a path: () where a line leaves it to nobody, None where no line fits."""
        found = self._last(path, _Tries(MOST_TRIES))
        return found.owners if found else None

    def owners_of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return everybody who owns one of the paths, each once; after very many tries, whom it found until then."""
        tries = _Tries(MOST_TRIES)
        lines = (self._last(path, tries) for path in paths)
        return tuple(dict.fromkeys(owner for one in lines if one for owner in one.owners))

    def _last(self, path: str, tries: _Tries) -> OwnerLine | None:
        first = path.partition("/")[0]
        for number in self._candidates(first):
            pattern = self.lines[number].pattern
            if not tries.afford(1 + len(pattern) * len(path) // 1_000):
                return None
            if _compiled(pattern).fullmatch(path):
                return self.lines[number]
        return None

    def _candidates(self, first: str) -> Iterator[int]:
        """Return the lines that may fit what lies in a directory of the top, the last first."""
        at_top, anywhere = self._index
        return merge(at_top.get(first, ()), anywhere, reverse=True)

    @cached_property
    def _index(self) -> tuple[dict[str, list[int]], list[int]]:
        at_top: dict[str, list[int]] = {}
        anywhere: list[int] = []
        for number in reversed(range(len(self.lines))):
            (at_top.setdefault(first, []) if (first := _top(self.lines[number].pattern)) else anywhere).append(number)
        return at_top, anywhere


@dataclass(slots=True)
class _Tries:
    left: int

    def afford(self, cost: int) -> bool:
        self.left -= cost
        return self.left >= 0


@lru_cache(maxsize=8)
def read_codeowners(data: bytes) -> CodeOwners:
    """Read a file. One that is too large, or is no UTF-8 text, names nobody."""
    if len(data) >= LARGEST:
        return CodeOwners(skipped=((0, "the file has 3 MB or more, which GitHub does not load"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return CodeOwners(skipped=((0, "the file is not UTF-8 text"),))
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        reading.read(line.strip(), number)
    return CodeOwners(tuple(reading.lines), tuple(reading.skipped))


@dataclass(slots=True)
class _Reading:
    lines: list[OwnerLine] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)

    def read(self, line: str, number: int) -> None:
        if not line or line.startswith("#"):
            return
        pattern, *rest = _WORD.findall(line)
        comment = next((at for at, word in enumerate(rest) if word.startswith("#")), len(rest))
        owners = rest[:comment]
        wrong = _wrong(pattern) or next((f"`{one}` is no owner" for one in owners if not _OWNER.fullmatch(one)), "")
        if wrong:
            self.skipped.append((number, wrong))
        else:
            self.lines.append(OwnerLine(pattern, tuple(owners), number))


def people_of(owners: Iterable[str], organisation: str) -> tuple[People, tuple[str, ...]]:
    """Return the users and teams among owners, and those who cannot be asked: addresses, teams of others."""
    users, teams, others = [], [], []
    for one in owners:
        owner, slash, team = one.removeprefix("@").partition("/")
        if not one.startswith("@"):
            others.append(one)
        elif not slash:
            users.append(owner)
        elif owner.lower() == organisation.lower():
            teams.append(team)
        else:
            others.append(one)
    return People(tuple(dict.fromkeys(users)), tuple(dict.fromkeys(teams))), tuple(dict.fromkeys(others))


def _wrong(pattern: str) -> str:
    """Return why GitHub does not take a pattern, '' when it does."""
    if pattern.startswith("!"):
        return "`!` does not work here"
    if pattern.startswith("\\#"):
        return "`\\#` does not work here"
    if "[" in pattern or "]" in pattern:
        return "`[ ]` does not work here, neither for ranges nor for sections"
    if "***" in pattern:
        return "three stars in a row mean nothing"
    return "`/` fits nothing; `*` fits everything" if not pattern.strip("/") else ""


def _top(pattern: str) -> str:
    """Return the one directory or file of the top that a pattern is about, '' where it is not bound to one."""
    first, slash, rest = pattern.removeprefix("/").partition("/")
    bound = pattern.startswith("/") or (slash and rest)
    return "" if not bound or any(letter in first for letter in "*?\\") else first


@lru_cache(maxsize=20_000)
def _compiled(pattern: str) -> re2._Regexp:
    """Return the expression for the paths that a pattern fits; in time that grows as the path does."""
    bound = "/" in pattern.rstrip("/")
    parts = pattern.strip("/").split("/")
    directory, inside_only = pattern.endswith("/"), bound and parts[-1] == "*"
    text = "" if bound else "(?:.*/)?"
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:.*/)?"
        else:
            text += _segment(part) + ("" if last else "/")
    if directory:
        text += "/.*"
    elif not inside_only and parts[-1] != "**":
        text += "(?:/.*)?"
    return re2.compile(text, _OPTIONS)


def _segment(part: str) -> str:
    found = ""
    letters = iter(part)
    for letter in letters:
        match letter:
            case "*":
                found += "[^/]*"
            case "?":
                found += "[^/]"
            case "\\":
                found += re2.escape(next(letters, "\\"))
            case _:
                found += re2.escape(letter)
    return found
