"""Which documents are in the files that a test names, relative to itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bot.policy.documents import parse_documents

Files = Mapping[str, bytes]
Json = Mapping[str, Any]

_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Found:
    """The documents in the order of the files, the files that are not there, and a line for each that is no YAML."""

    documents: tuple[Json, ...] = ()
    absent: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def documents_of(path: str, names: Sequence[str], files: Files) -> Found:
    """Read the files (or directories) that the file at `path` names; items of a `List` are documents of their own."""
    documents: list[Json] = []
    absent: list[str] = []
    broken: list[str] = []
    for name in names:
        paths = list(_paths(path, name, files))
        if not paths:
            absent.append(name)
        for one in paths:
            parsed = parse_documents(files[one])
            if isinstance(parsed, str):
                broken.append(f"{name} cannot be read: {parsed}")
            else:
                documents += (item for found in parsed for item in _items(found.content))
    return Found(tuple(documents), tuple(absent), tuple(broken))


def _paths(path: str, name: str, files: Files) -> Iterator[str]:
    wanted = _beside(path, name)
    if wanted in files:
        yield wanted
    elif "://" not in name:
        below = f"{wanted}/" if wanted else ""
        yield from (one for one in sorted(files) if one.startswith(below) and one.endswith(_ENDINGS))


def _beside(path: str, name: str) -> str:
    """The path of a file that the file at `path` names relative to itself."""
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / name).parts:
        if part == ".." and parts:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return "/".join(parts)


def _items(document: Json) -> Iterator[Json]:
    items = document.get("items")
    if document.get("kind") == "List" and isinstance(items, list):
        yield from (one for one in items if isinstance(one, Mapping))
    else:
        yield document
