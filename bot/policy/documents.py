"""Which YAML documents does a file hold, as the JSON values Kubernetes would see?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST_FILE = 4_000_000  # bytes
DEEPEST, SHALLOW = 500, 2_000


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where it is
    """PyYAML without the scalars JSON lacks: timestamps stay text, and so do numbers to base 60 (22:22)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """Keys become text, as on the way to JSON: `on: x` is the key `true`."""
        found: dict[object, Any] = super().construct_mapping(node, deep)
        return {key if isinstance(key, str) else json.dumps(key): value for key, value in found.items()}


_MERGE = "tag:yaml.org,2002:merge"
_KEPT = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", _MERGE)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document that is a map; `line` is 1-based."""

    content: Mapping[str, Any]
    line: int


def members(document: YamlDocument) -> Iterator[YamlDocument]:
    """Yield what a list holds (`List`, `ClusterPolicyList`), as `kubectl` takes it apart; else the document itself.

    The line is that of the list.
    """
    items = document.content.get("items")
    if str(document.content.get("kind") or "").endswith("List") and isinstance(items, list):
        yield from (YamlDocument(one, document.line) for one in items if isinstance(one, Mapping))
    else:
        yield document


def parse_documents(data: bytes, *, unique: bool = False) -> tuple[YamlDocument, ...] | str:
    """Return the documents of a YAML file that are maps, or one line that says why it cannot be read.

    With `unique` a key that a map gives twice is such a reason: only the last one would count.
    """
    if len(data) > LARGEST_FILE:
        return f"the file is larger than {LARGEST_FILE} bytes"
    loader = None
    try:
        if too_deep := _too_deep(data):
            return too_deep
        loader = _Loader(data)
        found = []
        while loader.check_node():
            node = loader.get_node()
            if unique and (repeated := _repeated(node)):
                return repeated
            content = loader.construct_document(node)
            if isinstance(content, Mapping):
                found.append(YamlDocument(content, node.start_mark.line + 1))
        return tuple(found)
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 1
        return f"line {line}: {broken.problem or broken.context or 'not YAML'}"
    except (yaml.YAMLError, ValueError, OverflowError) as broken:
        return str(broken).splitlines()[0] if str(broken) else "not YAML"
    except (RecursionError, TypeError):
        return "not YAML that can be read: nested too deeply, or a key that is no text"
    finally:
        if loader is not None:
            loader.dispose()


def _repeated(node: yaml.Node) -> str:
    """Return which key of a document is there twice, or ''."""
    waiting, seen = [node], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:  # through an alias
            continue
        seen.add(id(one))
        if isinstance(one, yaml.SequenceNode):
            waiting += one.value
        elif isinstance(one, yaml.MappingNode):
            keys = set[str]()
            for key, value in one.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                    if key.value in keys:
                        return f"line {key.start_mark.line + 1}: the key `{key.value}` is there twice"
                    keys.add(key.value)
                waiting.append(value)
    return ""


def _too_deep(data: bytes) -> str:
    """Return where the text is nested too deeply, or '': the parser in C crashes the process on what is very deep.

    Each level takes a character of its own, so that most texts need no look.
    """
    if sum(map(data.count, (b"[", b"{", b"-", b":", b"?"))) < SHALLOW:
        return ""
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            return f"line {line}: nested deeper than {DEEPEST} levels"
    return ""


def parse_value(data: bytes) -> object:
    """Return the one value that a YAML text holds; raises `ValueError`, in one line, when it cannot be read."""
    parsed = parse_documents(b"value:\n  " + data.replace(b"\n", b"\n  "))
    if isinstance(parsed, str):
        raise ValueError(parsed)
    return parsed[0].content["value"] if len(parsed) == 1 else None
