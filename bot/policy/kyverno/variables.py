"""Which `{{ variables }}` of a rule are known before any resource is seen?

A context entry with a plain `variable.value` is a constant of the rule; so are the parameters of a pack,
which arrive that way. Everything else (`request.object`, ConfigMaps, API calls, JMESPath expressions) is left
alone and named. Source: the Kyverno documentation ("External data sources", "Variables").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_REFERENCE = re.compile(r"\$\([^()]*\)")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)

_MISSING = object()


def constants_of(context: list[object]) -> dict[str, object]:
    """Return the context entries that are plain values, by name; later entries win."""
    found: dict[str, object] = {}
    for entry in context:
        if not isinstance(entry, Mapping) or not isinstance(name := entry.get("name"), str):
            continue
        variable = entry.get("variable")
        if isinstance(variable, Mapping) and set(variable) == {"value"} and not any(variables_in(variable)):
            found[name] = variable["value"]
        else:
            found.pop(name, None)
    return found


def substitute(tree: object, constants: Mapping[str, object]) -> object:
    """Replace the variables that are constants, in values and keys; a value that is one variable keeps its
    type.
    """
    if isinstance(tree, str):
        return _in_text(tree, constants) if "{{" in tree else tree
    if isinstance(tree, Mapping):
        return {str(substitute(key, constants)): substitute(value, constants) for key, value in tree.items()}
    if isinstance(tree, list):
        return [substitute(one, constants) for one in tree]
    return tree


def variables_in(tree: object) -> Iterator[str]:
    """Yield the text of each variable and each reference (`$(…)`) left in values and keys."""
    if isinstance(tree, str):
        yield from (found.strip() for found in _VARIABLE.findall(tree))
        yield from _REFERENCE.findall(tree)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from variables_in(key)
            yield from variables_in(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from variables_in(one)


def _in_text(text: str, constants: Mapping[str, object]) -> object:
    whole = _VARIABLE.fullmatch(text.strip())
    if whole is not None:
        value = _lookup(whole[1], constants)
        return text if value is _MISSING else value

    def replace(found: re.Match[str]) -> str:
        value = _lookup(found[1], constants)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, (str, int, float)) else found[0]

    return _VARIABLE.sub(replace, text)


def _lookup(expression: str, constants: Mapping[str, object]) -> object:
    path = expression.strip()
    if not _PATH.fullmatch(path):
        return _MISSING
    value: object = constants
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return _MISSING
        value = value[step]
    return value
