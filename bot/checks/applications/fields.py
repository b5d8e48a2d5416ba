"""How is a JSON value of unknown shape taken apart, so that a wrong shape is a plain answer and never an exception?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def at(value: Any, *keys: str) -> Any:
    """Return what lies below the keys, one mapping within another; None when there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def entries(value: Any) -> Sequence[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list | tuple) else ()


def text(value: Any) -> str:
    """Return a string as it is, numbers and booleans as YAML writes them, '' for anything else."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    return ""


def merged(below: Any, above: Any) -> Any:
    """Return one value laid over another as Helm merges values: mappings key by key, anything else replaced."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    found = dict(below)
    for key, value in above.items():
        found[key] = merged(found[key], value) if key in found else value
    return found
