"""How are rendered resources written for a scanner, so that a line it names leads back to a field of a resource?

One file a resource, with one value a line. Secret values are not in it: a scanner may say what it reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from posixpath import commonprefix
from typing import Any

from bot.checks.fieldpath import dotted, parse
from bot.checks.masking import MASK, Masked, mask
from bot.model.manifest import Resource

LONGEST = 120  # characters of a file's name
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))  # keys that YAML reads as others
_UNSAFE = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Written:
    """A resource as a file: its name, its text, and the dotted field of each line."""

    name: str
    text: bytes
    fields: tuple[str, ...]
    resource: Resource
    application: str = ""

    def field(self, first: int | None, last: int | None = None) -> str:
        """Return the field that holds all of some 1-based lines, '' for none in particular."""
        if first is None or not 0 < first <= len(self.fields):
            return ""
        paths = [parse(one) for one in self.fields[first - 1 : max(first, last or first)]]
        return dotted(commonprefix(paths))


def write(resources: Iterable[Resource], application: str = "") -> Iterator[Written]:
    """Yield the resources of an application as files; each has a name of its own, the same each time."""
    seen: dict[str, int] = {}
    for one in resources:
        key = "\0".join((application, one.key.group, one.kind, one.namespace, one.name))
        seen[key] = seen.get(key, 0) + 1
        lines = [*_lines(_shown(mask(one.body)), "", 0)]
        text = "".join(f"{line}\n" for line, _ in lines).encode("ascii")
        yield Written(_name(one, f"{key}\0{seen[key]}"), text, tuple(field for _, field in lines), one, application)


def _name(one: Resource, key: str) -> str:
    words = _UNSAFE.sub("-", "-".join(filter(None, (one.kind, one.namespace, one.name))).lower()).strip("-.")
    return f"{words[:LONGEST]}.{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.yaml"


def _shown(value: Any) -> Any:
    """Return a masked value with the mask as text."""
    if isinstance(value, Masked):
        return value.told(MASK)
    if isinstance(value, Mapping):
        return {str(key): _shown(below) for key, below in value.items()}
    return [_shown(below) for below in value] if isinstance(value, list) else value


def _lines(value: Any, field: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of a map or list in block style, each with its field."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _entry(f"{indent}{_key(key)}:", below, _joined(field, key), depth)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _entry(f"{indent}-", below, f"{field}[{index}]", depth)


def _joined(field: str, key: str) -> str:
    part = dotted((key,))
    return f"{field}.{part}" if field and not part.startswith("[") else f"{field}{part}"


def _entry(start: str, value: Any, field: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list) and value:
        yield start, field
        yield from _lines(value, field, depth + 1)
    else:
        yield f"{start} {_scalar(value)}", field


def _key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) and key.lower() not in _WORDS else _quoted(key)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return "{}" if isinstance(value, Mapping) else json.dumps(value)


def _quoted(text: str) -> str:
    """Return text as YAML reads it in double quotes, in ASCII."""
    found = []
    for character in text:
        code = ord(character)
        if character in ('"', "\\"):
            found.append(f"\\{character}")
        elif 0x20 <= code < 0x7F:
            found.append(character)
        elif 0xD800 <= code <= 0xDFFF:
            found.append("\\uFFFD")  # half a character is none
        else:
            found.append(f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}")
    return f'"{"".join(found)}"'
