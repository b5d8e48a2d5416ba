"""How is a resource written as YAML that people like to read, and always in the same way?

The form is PyYAML's block style. Mappings and lists, which are most of the work, are laid out here; how a scalar is
written PyYAML says, and its answer is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace", "type", "immutable", "spec")
_RANK = {name: rank for rank, name in enumerate(_FIRST)}
_LAST = {"status": 1}
# Texts that mean themselves in every YAML: no reader takes them for a number, a date or a truth.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*")
_WORDS = frozenset(["y", "yes", "n", "no", "on", "off", "true", "false", "null"])
_BREAK = re.compile(r"\n(?=[^\n])")
_OTHER_BREAKS = re.compile("[\\r\\x85\\u2028\\u2029]")
_LONGEST = 4000  # characters; a longer text is folded, or not, by PyYAML's own rules
_LONGEST_KEY = 120


class _ManifestDumper(_Dumper):  # type: ignore[misc]  # the C dumper is absent where libyaml is
    """Writes lines as blocks and never anchors: equal parts are not the same part."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ManifestDumper.add_representer(str, _represent_text)


class _OddError(Exception):
    """Something is left to PyYAML whole."""


def manifest_text(body: Any) -> str:
    """Return a JSON value as YAML: apiVersion, kind, metadata, name, spec first, then by alphabet."""
    value = arranged(body)
    if isinstance(value, dict) and value:
        try:
            return "".join(_mapping(value, ""))
        except _OddError:
            pass
    return dumped(value)


def dumped(value: Any) -> str:
    """Return a value as PyYAML writes it."""
    text: str = yaml.dump(
        value,
        Dumper=_ManifestDumper,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
        default_flow_style=False,
    )
    return text


def arranged(value: Any) -> Any:
    """Return a copy of a JSON value with the keys of every mapping in reading order."""
    if isinstance(value, dict) or (not isinstance(value, str | list) and isinstance(value, Mapping)):
        return {key: arranged(value[key]) for key in sorted(value, key=_rank)}
    if isinstance(value, list | tuple):
        return [arranged(one) for one in value]
    return value


def _rank(key: Any) -> tuple[int, int, str]:
    return (_LAST.get(key, 0), _RANK.get(key, len(_RANK)), str(key))


def _mapping(value: dict[Any, Any], indent: str) -> Iterator[str]:
    """Yield the lines of a mapping that is not empty."""
    for key, one in value.items():
        name = _key(key)
        if one and isinstance(one, dict):
            yield f"{indent}{name}:\n"
            yield from _mapping(one, indent + "  ")
        elif one and isinstance(one, list):
            yield f"{indent}{name}:\n"
            yield from _sequence(one, indent)
        else:
            yield f"{indent}{name}: {_scalar(one, indent)}\n"


def _sequence(value: list[Any], indent: str) -> Iterator[str]:
    """Yield the lines of a list that is not empty; what an entry begins with follows its dash."""
    for one in value:
        if one and isinstance(one, dict | list):
            inner = indent + "  "
            lines = _mapping(one, inner) if isinstance(one, dict) else _sequence(one, inner)
            yield f"{indent}- {next(lines)[len(inner) :]}"
            yield from lines
        else:
            yield f"{indent}- {_scalar(one, indent)}\n"


def _key(key: Any) -> str:
    if type(key) is not str or len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise _OddError
    name = _written(key)
    if "\n" in name:
        raise _OddError
    return name


def _scalar(value: Any, indent: str) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    if type(value) is str:
        if len(value) > _LONGEST:
            raise _OddError
        text = _written(value)
        return _BREAK.sub("\n" + indent, text) if indent and "\n" in text else text
    if value in ({}, []):
        return "{}" if isinstance(value, dict) else "[]"
    return dumped({"": value})[4:].rstrip("\n")


@lru_cache(maxsize=8192)
def _written(text: str) -> str:
    """Return a text as it is written behind a key at the top; of several lines, all but the first are indented."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if _OTHER_BREAKS.search(text) or ("\n" in text and (text[0].isspace() or text.endswith("\n\n"))):
        raise _OddError  # how such a text is indented depends on what stands around it
    return dumped({"k": text})[3:-1]
