"""What is written into a chart's templates before they are rendered, where its values alone would not do?

Two things. Whole numbers given with `--set` are int64 to templates, those of values files float64, and values reach
the library as JSON, which knows no difference: `20261125` would print as 2.0261125e+07. So a template that runs before
all others turns them into int64 again. And a chart that asks for the time is rendered once more at another time, to
see what depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

Step = str | int

# Helm carries out templates from the deepest path to the shallowest: pkg/engine, sortTemplates
NUMBERS = "templates/" + "z/" * 60 + "lockkeeper-numbers.yaml"
_TIME = "(toDate `2006-01-02 15:04:05` `2031-07-19 03:14:15`)"
_ACTION = re.compile(rb"\{\{.*?\}\}", re.DOTALL)
_NOW = re.compile(rb'"(?:\\.|[^"\\])*"|`[^`]*`|(?<![\w.$-])now(?![\w-])')


def with_other_time(text: bytes) -> bytes:
    """Return a template in which `now` is a fixed moment years away."""

    def fixed(found: re.Match[bytes]) -> bytes:
        return _TIME.encode() if found[0] == b"now" else found[0]

    return _ACTION.sub(lambda action: _NOW.sub(fixed, action[0]), text)


def numbers(values: Mapping[str, Any], places: Sequence[tuple[Step, ...]]) -> bytes:
    """Return the template that makes int64 of the whole numbers at some places of the values."""
    own = [_assignment(values, place) for place in places if place[0] != "global"]
    shared = [_assignment(values, place) for place in places if place[0] == "global"]
    lines = [*own]
    if any(shared):
        body = "{{- if .Values.global }}" + "".join(shared) + "{{- end }}"
        below = '{{- range .Subcharts }}{{ include "lockkeeper.global" . }}{{ end }}'
        lines += [
            '{{- define "lockkeeper.global" }}' + body + below + "{{- end }}",
            '{{- include "lockkeeper.global" . }}',
        ]
    return "".join(lines).encode()


def _assignment(values: Mapping[str, Any], place: Sequence[Step]) -> str:
    """Return the action that sets one value, '' where that cannot be said."""
    leaf: Any = values
    parents: list[Any] = []
    for step in place:
        parents.append(leaf)
        leaf = leaf[step]
    key, literal = place[-1], _literal(leaf)
    inner = place[:-1]
    if isinstance(key, int):
        if not inner or isinstance(inner[-1], int):
            return ""
        literal = "(list " + " ".join(_literal(one) for one in parents[-1]) + ")"
        key, inner = inner[-1], inner[:-1]
    if "(dict)" in literal:
        return ""
    path = " ".join(_literal_step(step) for step in inner)
    return "{{- $_ := set (index .Values " + path + ") " + _quoted(str(key)) + " " + literal + " }}"


def _literal(value: Any) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case int():
            return f'(int64 "{value}")'
        case float():
            return f'(float64 "{value!r}")'
        case str():
            return _quoted(value)
        case list():
            return "(list " + " ".join(map(_literal, value)) + ")"
        case _:
            return "(dict)"


def _literal_step(step: Step) -> str:
    return str(step) if isinstance(step, int) else _quoted(step)


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
