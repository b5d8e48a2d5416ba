"""What does a Go template say that does nothing but name parameters, so that no template engine is needed?

`{{.path.basename}}`, `{{ index .path.segments 1 }}`, `{{ .name | normalize }}` and the like are most of what people
write. Sources: pkg.go.dev/text/template and docs/operator-manual/applicationset/GoTemplate.md of argoproj/argo-cd.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.checks.applications.parameters import Parameters, go_text, sanitized

NO_VALUE = "<no value>"

_PATH = r"\.[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_ARGUMENT = r'(?:\d{1,9}|"[^"\\\n{}]*")'
_ACTION = re.compile(
    rf"""\{{\{{[ \t]*(?:
        (?P<before>normalize[ \t]+)?(?P<field>{_PATH})
        | index[ \t]+(?P<base>{_PATH})(?P<arguments>(?:[ \t]+{_ARGUMENT})+)
    )(?P<after>[ \t]*\|[ \t]*normalize)?[ \t]*\}}\}}""",
    re.VERBOSE | re.ASCII,
)


class FieldError(Exception):
    """A template names what is not there; the message is what Go's engine would say of it."""


class _OtherError(Exception):
    """The template does more than is known here."""


def of_fields(text: str, parameters: Parameters, *, strict: bool) -> str | None:
    """Return what a template says; None when it needs an engine.

    `strict` is the option `missingkey=error`. Raises FieldError.
    """
    actions = list(_ACTION.finditer(text))
    if len(actions) != text.count("{{"):
        return None
    out, at = [], 0
    try:
        for action in actions:
            out += [text[at : action.start()], _said(action, parameters, strict)]
            at = action.end()
    except _OtherError:
        return None
    return "".join(out) + text[at:]


def _said(action: re.Match[str], parameters: Parameters, strict: bool) -> str:
    if action["field"]:
        value = _field(action["field"], parameters, strict)
    else:
        value = _field(action["base"], parameters, strict)
        for argument in re.findall(_ARGUMENT, action["arguments"]):
            value = _indexed(value, argument, action["base"])
    normalized = bool(action["before"]) or bool(action["after"])
    if isinstance(value, str):
        return sanitized(value) if normalized else value
    if normalized or value is None or isinstance(value, Mapping | list):
        raise _OtherError
    return go_text(value)


def _field(path: str, parameters: Parameters, strict: bool) -> Any:
    value: Any = parameters
    names = path[1:].split(".")
    for number, name in enumerate(names):
        if not isinstance(value, Mapping):
            raise _OtherError
        if name in value:
            value = value[name]
        elif strict:
            raise FieldError(f'<{path}>: map has no entry for key "{name}"')
        elif number + 1 < len(names):
            raise FieldError(f"<{path}>: nil pointer evaluating interface {{}}.{names[number + 1]}")
        else:
            return NO_VALUE
    return value


def _indexed(value: Any, argument: str, base: str) -> Any:
    if isinstance(value, list) and not argument.startswith('"'):
        if int(argument) >= len(value):
            raise FieldError(f"<index {base} {argument}>: error calling index: index out of range: {argument}")
        return value[int(argument)]
    if isinstance(value, Mapping) and argument.startswith('"'):
        missing = "" if base.startswith((".metadata.", ".values")) else NO_VALUE  # texts, or anything
        return value.get(argument[1:-1], missing)
    raise _OtherError
