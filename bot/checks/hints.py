"""What may whoever wrote a manifest have meant, and how is it written?

Values are quoted from the masked resource only, so that no hint carries a secret.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.checks.definitions import KindSchema
from bot.checks.fieldpath import Path, dotted, value_at
from bot.checks.masking import Masked

_LISTED = 12  # names that a message lists
_DEEPEST = 3  # levels below a place at which a field is looked for
_MOST = 400  # places that are looked at for it
_SHORT = 40  # characters of a value that a hint repeats
_LIKE_LENGTH, _LIKE_NAMES = 100, 300  # characters of names that are held against each other, and how many

# (kind, field) that is no more → what it is called now; from the deprecated API migration guide of Kubernetes
_RENAMED: Mapping[tuple[str, str], str] = {
    ("Ingress", "backend"): "`defaultBackend`",
    ("Ingress", "serviceName"): "`service.name`",
    ("Ingress", "servicePort"): "`service.port.number` (or `service.port.name`)",
    ("HorizontalPodAutoscaler", "targetCPUUtilizationPercentage"): "an entry of `metrics` of type Resource",
    ("CustomResourceDefinition", "validation"): "`versions[].schema`",
    ("CustomResourceDefinition", "version"): "`versions[].name`",
    ("CustomResourceDefinition", "JSONPath"): "`jsonPath`",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the known name most like this one, or '' when none is near."""
    names = list(known)
    folded = {one.lower(): one for one in reversed(names)}
    if name.lower() in folded:
        return folded[name.lower()]
    if len(name) > _LIKE_LENGTH:
        return ""
    near, lower = ([one for one in each if len(one) <= _LIKE_LENGTH][:_LIKE_NAMES] for each in (names, folded))
    close = difflib.get_close_matches(name, near, n=1, cutoff=0.7) or [
        folded[one] for one in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.75)
    ]
    return close[0] if close else ""


def listed(names: Sequence[Any], last: str = "and") -> str:
    """Return names as a list in a sentence, a long one cut."""
    texts = [f"`{one}`" for one in names]
    if len(texts) > _LISTED:
        texts = [*texts[:_LISTED], f"{len(texts) - _LISTED} more"]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}" if texts else "nothing"


def misplaced(name: str, path: Path, schema: KindSchema, kind: str) -> str:
    """Say what an unknown field may have been meant for: the same name elsewhere, a like name here, or what may stand.

    Returns the end of a sentence, '' when there is nothing to say.
    """
    if now := _RENAMED.get((kind, name)):
        return f"; it is {now} now"
    known = schema.fields(path)
    folded = {one.lower() for one in known}
    if name.lower() in folded:
        return f"; did you mean `{did_you_mean(name, known)}`?"
    for length in range(len(path) - 1, -1, -1):
        if name in schema.fields(path[:length]):
            return f"; `{name}` belongs to {dotted(path[:length]) or 'the top level'}, is the indentation right?"
    if place := _below(name, path, schema):
        return f"; `{name}` belongs into `{dotted(place)}`"
    if meant := did_you_mean(name, known):
        return f"; did you mean `{meant}`?"
    if known and len(known) <= _LISTED:
        return f"; allowed are {listed(known)}"
    return ""


def _below(name: str, path: Path, schema: KindSchema) -> Path:
    """Return the one nearest place below that has a field of a name, as far as mappings lead; () for none or many."""
    level: list[Path] = [(field,) for field in schema.fields(path)]
    looked = 0
    for _ in range(_DEEPEST):
        having: list[Path] = []
        further: list[Path] = []
        for place in level:
            looked += 1
            if looked > _MOST:
                return ()
            fields = schema.fields((*path, *place))
            if name in fields:
                having.append(place)
            further += [(*place, field) for field in fields if field not in ("status", "metadata")]
        if having:
            return having[0] if len(having) == 1 else ()
        level = further
    return ()


def mended(path: Path, types: Sequence[str], masked: Any, schema: KindSchema) -> str:
    """Say how a value of the wrong type is written in the right one; the end of a sentence, '' for no advice."""
    wanted = {one for one in types if one != "null"}
    try:
        value = value_at(masked, path)
    except KeyError:
        return ""
    if value is None:
        return "; is what belongs to it there, and indented enough?" if wanted & {"array", "object"} else ""
    if wanted == {"string"}:
        return _as_text(path, value, schema)
    if isinstance(value, str) and _reads_as(value, wanted):
        return f"; write it without quotes: {value.strip()}"
    if wanted == {"array"}:
        return _as_list(path, value)
    if wanted == {"object"}:
        return _as_mapping(path, value, schema)
    return ""


def _as_text(path: Path, value: Any, schema: KindSchema) -> str:
    if isinstance(value, Masked):
        return "; numbers, true and false need quotes here"
    if isinstance(value, bool | int | float):
        return f'; write it in quotes: "{json.dumps(value)}"'
    around = schema.at(path[:-1])
    if isinstance(value, Mapping) and "additionalProperties" in around and not around.get("properties"):
        return f"; what stands in {dotted(path[:-1])} is text, with nothing below it"
    return ""


def _as_list(path: Path, value: Any) -> str:
    if isinstance(value, Mapping):
        return "; begin each item with `- `"
    if isinstance(value, bool | int | float):
        return f"; as a list of one it is [{json.dumps(value)}]"
    if isinstance(value, str) and len(value) <= _SHORT:
        words = value.split() if path[-1:] in (("command",), ("args",)) else value.split(",")
        items = [one.strip() for one in words if one.strip()]
        return f"; as a list it is {json.dumps(items, ensure_ascii=False)}" if items else ""
    return ""


def _as_mapping(path: Path, value: Any, schema: KindSchema) -> str:
    if isinstance(value, list):
        return "; write `key: value`, without `- `"
    needed = [one for one in schema.at(path).get("required") or () if isinstance(one, str)]
    if isinstance(value, str | int | float) and len(needed) == 1 and len(str(value)) <= _SHORT:
        return f"; for example `{needed[0]}: {json.dumps(value, ensure_ascii=False)}`"
    return ""


def _reads_as(text: str, wanted: set[str]) -> bool:
    if "boolean" in wanted and text in ("true", "false"):
        return True
    return "integer" in wanted and text.strip().lstrip("-").isdecimal()
