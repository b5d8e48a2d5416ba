"""How is a place in a resource written: `spec.template.spec.containers[0].image`?

A name with a dot, a bracket or a quote stands in brackets, as JSON: `metadata.labels["example.com/team"]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[^.\[\]\"'\s]+")
_PART = re.compile(r"""\.?(?P<plain>[^.\[\]"'\s]+)|\[(?P<index>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]""")


def dotted(path: Sequence[str | int]) -> str:
    """Return the path as people write it; '' for the resource itself."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def parse(text: str) -> Path:
    """Return the parts of a dotted path; what cannot be read ends it, so the result is a true prefix."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if not found:
            break
        if found["index"] is not None:
            parts.append(int(found["index"]))
        else:
            parts.append(found["plain"] if found["plain"] is not None else str(json.loads(found["quoted"])))
        at = found.end()
    return tuple(parts)


def value_at(body: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a path; KeyError when there is none."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(body, list | tuple) or part >= len(body):
                raise KeyError(part)
            body = body[part]
        else:
            if not isinstance(body, Mapping) or part not in body:
                raise KeyError(part)
            body = body[part]
    return body
