"""What do the simplest Go template expressions of a text say, where no template engine is at hand?

Values by their path, literals, `default`, `quote`, `squote` and `toYaml` are carried out as Helm's and helmfile's
template functions do (https://helmfile.readthedocs.io/en/latest/templating_funcs/). Whatever else a text holds is
named, never guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.applications.fields import text as as_text

_LITERAL = re.compile(r"`[^`]*`|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_WORD = re.compile(rf"{_LITERAL.pattern}|\||[^\s|]+", re.DOTALL)
_PATH = re.compile(r"(?:\.[A-Za-z_]\w*)+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NOTHING = object()


class ExpressionError(Exception):
    """A template says something that cannot be carried out here; the message names it."""


def has_expressions(text: str) -> bool:
    """Say whether a text is a template at all."""
    return "{{" in text


def evaluated(text: str, parameters: Mapping[str, Any]) -> str:
    """Return a template's text with its expressions carried out over `parameters`, the template's dot.

    Raises ExpressionError for anything but the simplest expressions, and for values that are not there.
    """
    parts: list[str] = []
    at, trims = 0, False
    while (start := text.find("{{", at)) >= 0:
        end = _end(text, start + 2)
        inner, between = text[start + 2 : end], text[at:start]
        between = between.lstrip() if trims else between
        parts.append(between.rstrip() if inner[:1] == "-" and inner[1:2].isspace() else between)
        trims = inner[-1:] == "-" and inner[-2:-1].isspace()
        said = inner.removeprefix("-").removesuffix("-").strip()
        parts.append("" if said.startswith("/*") else _said(said, parameters))
        at = end + 2
    rest = text[at:]
    parts.append(rest.lstrip() if trims else rest)
    return "".join(parts)


def _end(text: str, start: int) -> int:
    """Return where an action ends that begins before `start`: at `}}` that stand neither in quotes nor in a comment."""
    at = start
    if text[at : at + 4].lstrip("-").lstrip().startswith("/*"):
        at = max(text.find("*/", at), at)
    while at < len(text) and not text.startswith("}}", at):
        if text[at] in '`"':
            found = _LITERAL.match(text, at)
            if not found:
                break
            at = found.end()
        else:
            at += 1
    if not text.startswith("}}", at):
        raise ExpressionError(f"{_short(text[start - 2 : start + 200])} has no end")
    return at


def _said(inner: str, parameters: Mapping[str, Any]) -> str:
    words = _WORD.findall(inner)
    stages: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    value = _NOTHING
    for number, stage in enumerate(stages):
        value = _stage(stage, value, number == 0, _Asked(inner, parameters))
    if value is _NOTHING:
        raise ExpressionError(f"{_short(inner)} is not among the values")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else as_text(value)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One expression, and the values it is about."""

    inner: str
    parameters: Mapping[str, Any]

    @property
    def refusal(self) -> str:
        return f"the template expression {{{{ {_short(self.inner)} }}}} is not carried out here"


def _stage(stage: Sequence[str], value: Any, first: bool, asked: _Asked) -> Any:
    """Carry out one stage of a pipeline: an operand, or a function with its operands before the piped value."""
    match stage:
        case [operand] if first and operand not in _FUNCTIONS:
            return _operand(operand, asked)
        case [function, *operands] if function in _FUNCTIONS:
            given = [_operand(one, asked) for one in operands]
            if not first:
                given.append(value)
            if len(given) == _FUNCTIONS[function]:
                return _call(function, given, asked)
    raise ExpressionError(asked.refusal)


_FUNCTIONS = {"default": 2, "quote": 1, "squote": 1, "toYaml": 1}


def _call(function: str, given: Sequence[Any], asked: _Asked) -> Any:
    value = given[-1]
    if function == "default":
        return given[0] if value is _NOTHING or not value else value
    if value is _NOTHING:
        raise ExpressionError(f"{_short(asked.inner)} is not among the values")
    if function == "toYaml":
        return json.dumps(value, ensure_ascii=False)  # JSON is YAML, and may stand on one line
    return json.dumps(as_text(value), ensure_ascii=False) if function == "quote" else f"'{as_text(value)}'"


def _operand(word: str, asked: _Asked) -> Any:
    if word[0] == "`":
        return word[1:-1]
    if word[0] == '"':
        try:
            return json.loads(word)
        except ValueError:
            return word[1:-1]
    if word in ("true", "false"):
        return word == "true"
    if _NUMBER.fullmatch(word):
        return json.loads(word)
    if not _PATH.fullmatch(word):
        raise ExpressionError(asked.refusal)
    value: Any = asked.parameters
    for name in word[1:].split("."):
        if not isinstance(value, Mapping) or name not in value:
            return _NOTHING
        value = value[name]
    return value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
