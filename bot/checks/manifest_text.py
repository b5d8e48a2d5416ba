"""How is a resource written as YAML that people like to read, and always in the same way?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace", "type", "immutable", "spec")
_RANK = {name: rank for rank, name in enumerate(_FIRST)}
_LAST = {"status": 1}


class _ManifestDumper(_Dumper):  # type: ignore[misc]  # the C dumper is absent where libyaml is
    """Writes lines as blocks and never anchors: equal parts are not the same part."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ManifestDumper.add_representer(str, _represent_text)


def manifest_text(body: Any) -> str:
    """Return a JSON value as YAML: apiVersion, kind, metadata, name, spec first, then by alphabet."""
    text: str = yaml.dump(
        arranged(body),
        Dumper=_ManifestDumper,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
        default_flow_style=False,
    )
    return text


def arranged(value: Any) -> Any:
    """Return a copy of a JSON value with the keys of every mapping in reading order."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (_LAST.get(key, 0), _RANK.get(key, len(_RANK)), str(key)))
        return {key: arranged(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [arranged(one) for one in value]
    return value
