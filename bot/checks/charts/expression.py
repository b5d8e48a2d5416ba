"""Which values does a template action use, as far as its text tells?

An action is what stands between `{{` and `}}`. Source of its language: "The Chart Template Developer's Guide" of the
Helm documentation, and Go's text/template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Reference = tuple[str, ...]  # ("Values", "image", "tag"); "*" is any element; it may begin with ROOT
MAX_ACTION = 2000  # characters of an action that are looked at
ROOT = "@"  # what the template, or the definition that stands around an action, was called with

Dot = Reference | Mapping[str, Reference]  # what an include hands on: one value, or a dict of them

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_WRAPPED = re.compile(r"\(\s*([$.\w]+)\s*\)(?=\.)")
_NAMED = re.compile(r'(?:^|[\s(|])(?:include|template|block)\s+"([^"]+)"\s*')
_INDEXED = re.compile(r'\b(?:index|get|dig)\s+(\(?[$.\w]+\)?)((?:\s+(?:"[^"]*"|\d+))+)')
_REFERENCE = re.compile(r"(?<![\w\"'`)\].$])(\$\w*)?((?:\.[A-Za-z_]\w*)+|\.(?!\w))?")
_DICT = re.compile(r'"([\w-]+)"\s+(\(?[$.\w]+\)?)')
_FILES = re.compile(r'\.Files\.(?:Get|Glob)\s+"([^"]+)"')
_INDENT = re.compile(r"\bn?indent\s+(\d+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """What `.` and the variables stand for at one place of a template."""

    dot: Reference | None = (ROOT,)
    variables: Mapping[str, Reference | None] = field(default_factory=dict)

    def resolve(self, variable: str, fields: str) -> Reference | None:
        """Return what `$name` and `.a.b` mean together; None when that cannot be known."""
        start: Reference | None = self.dot
        if variable == "$":
            start = (ROOT,)
        elif variable:
            start = self.variables.get(variable)
        return None if start is None else (*start, *(part for part in fields.split(".") if part))


@dataclass(frozen=True, slots=True)
class Call:
    """That a named template is included, and what it is given."""

    name: str
    dot: Dot | None


def references(text: str, scope: Scope) -> tuple[Reference, ...]:
    """Return the values that an action names, in their order, each once; what it hands to an include is among them."""
    found: list[tuple[int, Reference]] = []
    text = _unwrapped(text)
    for match in _INDEXED.finditer(text):
        start = _single(match[1], scope)
        keys = [part.strip('"') for part in re.findall(r'"[^"]*"|\d+', match[2])]
        if start is not None:
            found.append((match.start(), (*start, *keys)))
    bare = _STRING.sub(lambda one: " " * len(one[0]), _INDEXED.sub(lambda one: " " * len(one[0]), text))
    for match in _REFERENCE.finditer(bare):
        if match[1] or match[2]:
            reference = scope.resolve(match[1] or "", match[2] or "")
            if reference is not None:
                found.append((match.start(), reference))
    return tuple(dict.fromkeys(reference for _, reference in sorted(found)))


def calls(text: str, scope: Scope) -> tuple[Call, ...]:
    """Return the named templates that an action includes."""
    found = []
    for match in _NAMED.finditer(text[:MAX_ACTION]):
        rest = _unwrapped(text[match.end() :])
        inner = re.match(r"\(\s*dict\s", rest)
        if inner:
            pairs = _DICT.findall(_balanced(rest))
            known = {key: _single(value, scope) for key, value in pairs}
            found.append(Call(match[1], {key: value for key, value in known.items() if value is not None}))
        else:
            word = re.match(r"[$.\w]+", rest)
            found.append(Call(match[1], _single(word[0], scope) if word else None))
    return tuple(found)


def files(text: str) -> tuple[str, ...]:
    """Return the paths and patterns of the chart's files that an action reads."""
    return tuple(_FILES.findall(text[:MAX_ACTION]))


def indentation(text: str) -> int | None:
    """Return how far an action indents what it puts out, None when it says nothing."""
    found = _INDENT.findall(text[:MAX_ACTION])
    return int(found[-1]) if found else None


def bound(reference: Reference, dot: Dot | None) -> Reference | None:
    """Return what a reference of a named template means to its caller, who gave it `dot`."""
    if not reference or reference[0] != ROOT:
        return reference
    rest = reference[1:]
    if isinstance(dot, tuple):
        return (*dot, *rest)
    if dot is None or not rest or rest[0] not in dot:
        return None
    return (*dot[rest[0]], *rest[1:])


def _single(word: str, scope: Scope) -> Reference | None:
    match = re.fullmatch(r"\(?(\$\w*)?((?:\.[A-Za-z_]\w*)+|\.)?\)?", word)
    return scope.resolve(match[1] or "", match[2] or "") if match and (match[1] or match[2]) else None


def _unwrapped(text: str) -> str:
    """Write `((.Values.a).b).c` as `.Values.a.b.c`."""
    text = text[:MAX_ACTION]
    while True:
        after = _WRAPPED.sub(r"\1", text)
        if after == text:
            return text
        text = after


def _balanced(text: str) -> str:
    """Return the text up to the bracket that closes its first one."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[: at + 1]
    return text
