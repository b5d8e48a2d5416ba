"""What does a schema's refusal mean, in words that help the person who wrote the manifest?

Values are quoted from the masked resource only, so that no message carries a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.definitions import KindSchema, SchemaError
from bot.checks.fieldpath import Path, dotted, value_at
from bot.checks.hints import did_you_mean, listed, mended, misplaced
from bot.checks.masking import Masked

_ARTICLES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
_LIMITS = {
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {multiple_of}",
    "minItems": "must hold at least {limit} items",
    "maxItems": "must hold at most {limit} items",
    "minLength": "must be at least {limit} characters long",
    "maxLength": "must be at most {limit} characters long",
    "minProperties": "must have at least {limit} fields",
    "maxProperties": "must have at most {limit} fields",
    "pattern": "must match the pattern `{pattern}`",
    "format": "must have the format {format}",
    "uniqueItems": "must not hold the same item twice",
    "not": "has a form that the schema forbids",
}
_SHOWN = 60  # characters of a value that a message quotes


@dataclass(frozen=True, slots=True)
class Remark:
    """One mistake: the rule it breaks, the place, and the sentence."""

    rule: str
    path: Path
    message: str


def remarks(error: SchemaError, schema: KindSchema, masked: Mapping[str, Any], kind: str) -> Iterator[Remark]:
    """Yield what one refusal means; `masked` is the resource with its secrets hidden."""
    path: Path = tuple(error.instance_path)
    wants = error.kind.as_dict()
    keyword = error.kind.name
    here = dotted(path) or kind
    if keyword == "additionalProperties":
        for name in wants["unexpected"]:
            hint = misplaced(name, path, schema, kind)
            yield Remark("unknown-field", (*path, name), f"unknown field `{name}` in {here}{hint}")
    elif keyword == "required":
        name = wants["property"]
        yield Remark("required", (*path, name), f"the required field `{name}` is missing in {here}")
    elif keyword == "type":
        sentence = _wrong_type(path, wants["types"], masked, kind)
        yield Remark("wrong-type", path, sentence + mended(path, wants["types"], masked, schema))
    elif keyword in ("enum", "const"):
        options = wants.get("options") if keyword == "enum" else [wants.get("expected_value")]
        yield Remark("invalid-value", path, _not_allowed(path, options or [], masked, kind))
    elif keyword in ("anyOf", "oneOf"):
        yield Remark("invalid-value", path, _no_alternative(path, wants.get("context"), kind))
    else:
        words = _LIMITS.get(keyword, "does not satisfy the schema (`" + keyword + "`)")
        yield Remark(
            "invalid-value",
            path,
            f"{_subject(path, kind)} {_fill(words, wants)}, but is {shown(path, masked)}",
        )


def shown(path: Sequence[str | int], masked: Any) -> str:
    """Say what stands at a place: the kind of value, and the value itself if it is short and no secret."""
    try:
        value = value_at(masked, path)
    except KeyError:
        return "not there"
    if isinstance(value, Masked):
        return "something else (hidden, as it may be secret)"
    if value is None:
        return "empty (null)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    if isinstance(value, bool):
        return f"the boolean {text}"
    if isinstance(value, int | float):
        return f"the {'integer' if isinstance(value, int) else 'number'} {text}"
    return f"the string {text}"


def _subject(path: Path, kind: str) -> str:
    if not path:
        return f"the {kind}"
    last, above = path[-1], dotted(path[:-1])
    if isinstance(last, int):
        return f"item {dotted(path)}"
    return f"`{last}` in {above}" if above else f"`{last}`"


def _wrong_type(path: Path, types: Sequence[str], masked: Any, kind: str) -> str:
    wanted = [one for one in ("string", "integer", "number", "boolean", "array", "object") if one in types]
    found = shown(path, masked)
    subject = _subject(path, kind)
    if set(wanted) == {"string", "number"}:
        return f"{subject} must be a quantity such as 500m, 2 or 1Gi, but is {found}"
    return f"{subject} must be {' or '.join(_ARTICLES[one] for one in wanted) or 'empty'}, but is {found}"


def _not_allowed(path: Path, options: Sequence[Any], masked: Any, kind: str) -> str:
    named = [one for one in options if one is not None]
    sentence = f"{_subject(path, kind)} must be {listed(named, last='or')}, but is {shown(path, masked)}"
    try:
        value = value_at(masked, path)
    except KeyError:
        return sentence
    meant = did_you_mean(value, [one for one in named if isinstance(one, str)]) if isinstance(value, str) else ""
    return f"{sentence}; did you mean `{meant}`?" if meant else sentence


def _no_alternative(path: Path, context: Any, kind: str) -> str:
    """Word a failed `anyOf` or `oneOf`: each alternative with the first thing it lacks."""
    if any(not branch for branch in context or ()):
        return f"{_subject(path, kind)} fits more than one of the forms of which the schema allows one"
    reasons = []
    for branch in (context or [])[:3]:
        error = branch[0]
        wants, place = error.kind.as_dict(), dotted(error.instance_path) or kind
        if error.kind.name == "required":
            reasons.append(f"`{wants['property']}` is missing in {place}")
        elif error.kind.name == "type":
            wanted = [one for one in wants["types"] if one != "null"]
            reasons.append(f"{place} is not {' or '.join(_ARTICLES.get(one, one) for one in wanted)}")
        else:
            reasons.append(f"{place} {_fill(_LIMITS.get(error.kind.name, 'does not fit'), wants)}")
    sentence = f"{_subject(path, kind)} fits none of the forms that the schema allows"
    return f"{sentence}: {'; or '.join(dict.fromkeys(reasons))}" if reasons else sentence


def _fill(words: str, wants: Mapping[str, Any]) -> str:
    try:
        return words.format(**wants)
    except (KeyError, IndexError, ValueError):
        return "does not satisfy the schema"
