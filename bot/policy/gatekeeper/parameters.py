"""Do the parameters of a constraint fit the schema that its template gives?

Source: https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/: the schema becomes a part of
the constraint's CustomResourceDefinition, so an API server checks it, fills in defaults, and drops fields that it
does not name (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
`legacySchema: true`, the default before v1, keeps all fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError
from bot.policy.parameters import nearest

Json = Mapping[str, Any]

_KEEPS = "x-kubernetes-preserve-unknown-fields"
_NESTED = ("properties", "patternProperties", "definitions")
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("items", "additionalProperties", "not")
_KEPT = (
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "type",
    "uniqueItems",
)


@dataclass(frozen=True, slots=True)
class Schema:
    """A compiled schema; `written` is the schema as the template has it."""

    written: Json
    valid: Callable[[object], Iterator[Any]] | None = None
    keeps: bool = False

    def problems(self, parameters: object, key: str) -> Iterator[ShapeError]:
        """Yield why an API server would refuse parameters that are at the dotted place `key`."""
        if self.valid is not None:
            for one in self.valid(parameters):
                place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one.instance_path)
                yield ShapeError(f"{key}{place}", " ".join(str(one.message).split())[:300])

    def unknown(self, parameters: object, key: str) -> Iterator[ShapeError]:
        """Yield the fields that an API server would drop."""
        return _unknown(parameters, self.written, key, keeps=self.keeps)

    def filled(self, parameters: Json) -> Json:
        """Return the parameters with the defaults of the schema in the place of what is missing."""
        found = _filled(parameters, self.written)
        return found if isinstance(found, Mapping) else parameters


def compile_schema(found: object, key: str, *, legacy: bool) -> Schema:
    """Compile the schema at the dotted place `key`; raises `ShapeError` for one that an API server would refuse.

    `legacy` is the default of `legacySchema`.
    """
    validation = shape.mapping(found, key)
    shape.known_fields(validation, ("legacySchema", "openAPIV3Schema"), key)
    said = validation.get("legacySchema")
    keeps = legacy if said is None else said is True
    written = shape.mapping(validation.get("openAPIV3Schema"), f"{key}.openAPIV3Schema")
    if not written:
        return Schema({}, keeps=True)
    try:
        validator = jsonschema_rs.Draft202012Validator(_plain(written), validate_formats=False)
    except (ValueError, jsonschema_rs.ValidationError) as broken:
        words = " ".join(str(getattr(broken, "message", broken)).split())[:300]
        raise ShapeError(f"{key}.openAPIV3Schema", f"no valid schema: {words}") from broken
    return Schema(written, validator.iter_errors, keeps)


def _plain(schema: object) -> Any:
    """The schema as JSON Schema has it: what Kubernetes adds is spelt out, or dropped where it decides nothing."""
    if not isinstance(schema, Mapping):
        return schema if isinstance(schema, bool) else True
    found: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    for name in _NESTED:
        if isinstance(schema.get(name), Mapping):
            found[name] = {key: _plain(one) for key, one in schema[name].items()}
    for name in _LISTS:
        if isinstance(schema.get(name), list):
            found[name] = [_plain(one) for one in schema[name]]
    for name in _SINGLE:
        if name in schema:
            found[name] = _plain(schema[name])
    for name in ("exclusiveMinimum", "exclusiveMaximum"):  # a bool beside the bound, in OpenAPI 3.0
        if isinstance(found.get(name), bool):
            bound = name[9:].lower()
            if found.pop(name) and bound in found:
                found[name] = found.pop(bound)
    if schema.get("x-kubernetes-int-or-string") is True:
        found["type"] = ["integer", "string"]
    if schema.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, found]}
    return found


def _unknown(found: object, schema: object, key: str, *, keeps: bool) -> Iterator[ShapeError]:
    if not isinstance(schema, Mapping) or keeps or schema.get(_KEEPS) is True:
        return
    if isinstance(found, list):
        for index, one in enumerate(found):
            yield from _unknown(one, schema.get("items"), f"{key}[{index}]", keeps=keeps)
    elif isinstance(found, Mapping):
        known = schema.get("properties")
        properties = known if isinstance(known, Mapping) else {}
        more = schema.get("additionalProperties")
        for name, value in found.items():
            if name in properties:
                yield from _unknown(value, properties[name], f"{key}.{name}", keeps=keeps)
            elif isinstance(more, Mapping):
                yield from _unknown(value, more, f"{key}.{name}", keeps=keeps)
            elif more is not True:
                words = f"the schema of the template has no field `{name}`: an API server drops it"
                yield ShapeError(f"{key}.{name}", words, nearest(str(name), map(str, properties)) if properties else "")


def _filled(found: object, schema: object) -> object:
    if not isinstance(schema, Mapping):
        return found
    if isinstance(found, list):
        return [_filled(one, schema.get("items")) for one in found]
    if not isinstance(found, Mapping):
        return found
    known = schema.get("properties")
    properties = known if isinstance(known, Mapping) else {}
    filled = {name: _filled(value, properties.get(name)) for name, value in found.items()}
    for name, one in properties.items():
        if name not in filled and isinstance(one, Mapping) and "default" in one:
            filled[name] = _filled(deepcopy(one["default"]), one)
    return filled
