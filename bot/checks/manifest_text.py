"""How is a resource written as YAML that people like to read, and always in the same way?

The form is PyYAML's block style. Mappings, lists, plain words and ordinary blocks of lines, which are most of the
work, are laid out here; how any other text is written PyYAML says, and its answer is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
_REMEMBERED = 400  # characters of a text that may come again
_REMEMBERED_KEYS = 32  # of one mapping


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
    return _text(body, _Page())


def manifest_texts(base: Any, head: Any) -> tuple[str, str]:
    """Return two values as YAML; parts that are one object on both sides are written once."""
    first = _Page(remembers=True)
    return _text(base, first), _text(head, _Page(first))


def _text(body: Any, page: _Page) -> str:
    if body and isinstance(body, dict):
        try:
            page.mapping(body, "")
        except _OddError:
            page.seen.clear()
        else:
            return "".join(page.lines)
    return dumped(arranged(body))


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


class _Page:
    """The lines of one value. Parts that stand on an earlier page too, as the same object, are copied from there."""

    def __init__(self, earlier: _Page | None = None, *, remembers: bool = False) -> None:
        self.lines: list[str] = []
        self.seen: dict[int, tuple[str, int, int]] = {}  # a part by its id: what it begins with, its lines
        self._remembers = remembers
        self._known = earlier.seen if earlier else {}
        self._copied = earlier.lines if earlier else []

    def mapping(self, value: dict[Any, Any], indent: str) -> None:
        """Write a mapping that is not empty."""
        lines = self.lines
        for key, name in _order(tuple(value)) if len(value) <= _REMEMBERED_KEYS else _in_order(value):
            one = value[key]
            if one and isinstance(one, (dict, list)):
                lines.append(f"{indent}{name}:\n")
                inner = indent + "  " if isinstance(one, dict) else indent
                self._part(one, inner, inner)
            else:
                lines.append(f"{indent}{name}: {_scalar(one, indent)}\n")

    def _sequence(self, value: list[Any], indent: str) -> None:
        """Write a list that is not empty; what an entry begins with follows its dash."""
        lines = self.lines
        inner = indent + "  "
        for one in value:
            if one and isinstance(one, (dict, list)):
                self._part(one, inner, indent + "- ")
            else:
                lines.append(f"{indent}- {_scalar(one, indent)}\n")

    def _part(self, value: dict[Any, Any] | list[Any], indent: str, lead: str) -> None:
        """Write a mapping or a list that is not empty, or copy it; `lead` is what its first line begins with."""
        start = len(self.lines)
        known = self._known.get(id(value))
        if known and known[0] == lead:
            self.lines += self._copied[known[1] : known[2]]
        elif isinstance(value, dict):
            self.mapping(value, indent)
        else:
            self._sequence(value, indent)
        if lead != indent:
            self.lines[start] = lead + self.lines[start][len(lead) :]
        if self._remembers:
            self.seen[id(value)] = (lead, start, len(self.lines))


@lru_cache(maxsize=2048)
def _order(keys: tuple[Any, ...]) -> tuple[tuple[Any, str], ...]:
    return tuple(_in_order(keys))


def _in_order(keys: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return the keys of a mapping in reading order, each with how it is written."""
    return [(key, _key(key)) for key in sorted(keys, key=_rank)]


def _key(key: Any) -> str:
    if type(key) is not str or len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise _OddError
    name = _written(key)
    if "\n" in name:
        raise _OddError
    return name


def _scalar(value: Any, indent: str) -> str:
    if type(value) is str:
        if "\n" in value:
            text = _block(value)
            return _BREAK.sub("\n" + indent, text) if indent and "\n" in text else text
        return _written(value) if len(value) <= _REMEMBERED else _asked(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    if value in ({}, []):
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, Mapping | tuple):
        raise _OddError
    return dumped({"": value})[4:].rstrip("\n")


def _block(text: str) -> str:
    """Return a text of several lines as it is written behind a key at the top; all but the first are indented."""
    plain = text.isascii() and text.replace("\n", "").isprintable()
    if plain and text[0] > " " and " \n" not in text and not text.endswith((" ", "\n\n")):
        body = _BREAK.sub("\n  ", "\n" + text)
        return "|" + body[:-1] if text[-1] == "\n" else "|-" + body
    return _written(text) if len(text) <= _REMEMBERED else _asked(text)


@lru_cache(maxsize=8192)
def _written(text: str) -> str:
    """Return a text as it is written behind a key at the top, and remember it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _asked(text)


def _asked(text: str) -> str:
    """Return a text as PyYAML writes it behind a key at the top."""
    if len(text) > _LONGEST or _OTHER_BREAKS.search(text):
        raise _OddError
    if "\n" in text and (text[0].isspace() or text.endswith("\n\n")):
        raise _OddError  # how such a text is indented depends on what stands around it
    return dumped({"k": text})[3:-1]
