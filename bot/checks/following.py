"""Where in a document stands what a path of a rendered resource leads to?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.checks.documents import Place
from bot.checks.fieldpath import Path
from bot.checks.pairing import label

ABSENT = object()


def follow(document: Any, body: Any, path: Path) -> tuple[Place, Any, Any]:
    """Follow a path of the rendered body through a document, list items by their names.

    Returns how far it leads in the document, the value there, and the rendered value at the path's end.
    """
    place: Place = ()
    found: Any = document
    rendered: Any = body
    field = ""
    for part in path:
        step: str | int | None = part
        below = child(rendered, part)
        if isinstance(part, int):
            step = _index(found, below, part, field) if isinstance(found, list) else None
        elif not isinstance(found, Mapping) or part not in found:
            step = None
        rendered = below
        if step is None:
            break
        found = found[step]
        place = (*place, step)
        field = str(part)
    return place, found, rendered


def child(value: Any, part: str | int) -> Any:
    """Return what a value holds under a key or index, ABSENT when it holds nothing there."""
    if isinstance(part, int):
        return value[part] if isinstance(value, list | tuple) and part < len(value) else ABSENT
    return value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT


def _index(items: Sequence[Any], wanted: Any, index: int, field: str) -> int | None:
    """Return which item of a document's list is the rendered one: by name, by equality, else by index."""
    if wanted is ABSENT:
        return index if index < len(items) else None
    name = _name(field, wanted)
    for at, item in enumerate(items):
        if (name is not None and _name(field, item) == name) or (name is None and item == wanted):
            return at
    return index if name is None and index < len(items) else None


def _name(field: str, item: Any) -> str | None:
    known = label(field, item)
    if known is None and isinstance(item, Mapping) and isinstance(item.get("name"), str):
        return str(item["name"])
    return known
