"""What may the custom resources of a CustomResourceDefinition look like?

A structural schema (OpenAPI v3, as in `apiextensions.k8s.io/v1`) becomes a closed JSON Schema: what the API
server would prune is refused here, because whoever wrote it meant it. Source: "Extend the Kubernetes API with
CustomResourceDefinitions" in the Kubernetes documentation (structural schemas, pruning, defaulting, nulls).
CEL rules (`x-kubernetes-validations`) and formats are not judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.checks.definitions import Definitions, KindSchema, compile_schema

_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_DEEPEST = 100  # levels of nesting; deeper schemas are cut open, not refused
_COPIED = (
    "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maxProperties", "maximum",
    "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern", "required", "uniqueItems",
)  # fmt: skip


_CONDITIONS = ("allOf", "anyOf", "oneOf", "not")


@dataclass(frozen=True, slots=True)
class CustomKinds:
    """The custom kinds that CustomResourceDefinitions define.

    `schemas` are by (apiVersion, kind), None for a version that keeps unknown fields or gives no schema;
    `served` are the served apiVersions by (group, kind); `broken` are the reasons why a schema could not be
    used, by the name of its CustomResourceDefinition; `clusterwide` are the (group, kind) without a namespace.
    """

    schemas: Mapping[tuple[str, str], KindSchema | None] = field(default_factory=dict)
    served: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    clusterwide: frozenset[tuple[str, str]] = frozenset()


NONE = CustomKinds()
MAX_KEPT = 8 * 1024 * 1024  # bytes of definitions whose outcome is remembered

_Memory = dict[tuple[str, bytes], tuple[int, CustomKinds]]  # by minor and digest; with the definition's length
_memory: _Memory = {}


def custom_kinds(bodies: Iterable[Mapping[str, Any]], definitions: Definitions) -> CustomKinds:
    """Return the kinds that these CustomResourceDefinitions define; malformed parts are skipped.

    Of two definitions of one kind the later counts. What was made of a definition is remembered by its content, so
    that giving the same ones for each application, and for base and head, costs little.
    """
    return joined(_remembered(body, definitions) for body in bodies)


def joined(parts: Iterable[CustomKinds]) -> CustomKinds:
    """Put custom kinds together; of two definitions of one kind the later counts, as a whole."""
    each = [one for one in parts if one.served or one.broken]
    if len(each) < 2:
        return each[0] if each else NONE
    schemas: dict[tuple[str, str], KindSchema | None] = {}
    served: dict[tuple[str, str], tuple[str, ...]] = {}
    broken: dict[str, str] = {}
    clusterwide: set[tuple[str, str]] = set()
    for one in each:
        for group, kind in one.served:
            for version in served.get((group, kind), ()):
                schemas.pop((version, kind), None)
            clusterwide.discard((group, kind))
        schemas.update(one.schemas)
        served.update(one.served)
        broken.update(one.broken)
        clusterwide |= one.clusterwide
    return CustomKinds(schemas, served, broken, frozenset(clusterwide))


def _remembered(body: Mapping[str, Any], definitions: Definitions) -> CustomKinds:
    try:
        text = orjson.dumps(body)
    except TypeError:  # holds what is no JSON; the resource's own check tells
        return NONE
    key = definitions.version, hashlib.sha256(text).digest()
    found = _memory.get(key)
    if found:
        return found[1]
    made = _custom_kind(body, definitions)
    while _memory and sum(length for length, _ in list(_memory.values())) + len(text) > MAX_KEPT:
        _memory.pop(next(iter(_memory)), None)
    _memory[key] = len(text), made
    return made


def _custom_kind(body: Mapping[str, Any], definitions: Definitions) -> CustomKinds:
    spec = _mapping(body.get("spec"))
    group, kind = spec.get("group"), _mapping(spec.get("names")).get("kind")
    versions = spec.get("versions")
    if not isinstance(group, str) or not isinstance(kind, str) or not isinstance(versions, list):
        return NONE
    schemas: dict[tuple[str, str], KindSchema | None] = {}
    broken: dict[str, str] = {}
    served: list[str] = []
    shared = _object_meta(definitions)
    for version in (one for one in versions if isinstance(one, Mapping) and one.get("served", True) is not False):
        api_version = f"{group}/{version.get('name')}"
        served.append(api_version)
        outline = _mapping(version.get("schema")).get("openAPIV3Schema")
        if not isinstance(outline, Mapping):
            schemas[api_version, kind] = None
            continue
        root = {**close(outline, whole=True), "$defs": shared}
        try:
            schemas[api_version, kind] = KindSchema(compile_schema(root), root, shared, _forms(root))
        except ValueError as error:
            schemas[api_version, kind] = None
            broken[str(_mapping(body.get("metadata")).get("name"))] = str(error).partition("\n")[0]
    clusterwide = frozenset([(group, kind)] if spec.get("scope") == "Cluster" else ())
    return CustomKinds(schemas, {(group, kind): tuple(served)}, broken, clusterwide)


def close(schema: Mapping[str, Any], *, whole: bool = False, depth: int = 0) -> dict[str, Any]:
    """Return the closed JSON Schema of one node of a structural schema.

    `whole` says that the node is a whole resource, so that apiVersion, kind and metadata belong to it.
    """
    if depth > _DEEPEST:
        return {}
    closed: dict[str, Any] = {key: schema[key] for key in _COPIED if _usable(key, schema.get(key))}
    types = _types(schema)
    if types:
        closed["type"] = types
    if "enum" in closed and "null" in types and None not in closed["enum"]:
        closed["enum"] = [*closed["enum"], None]
    for side in ("Maximum", "Minimum"):  # OpenAPI v3 says it with a boolean beside the limit
        if closed.get(f"exclusive{side}") is True and side.lower() in closed:
            closed[f"exclusive{side}"] = closed.pop(side.lower())
        elif isinstance(closed.get(f"exclusive{side}"), bool):
            del closed[f"exclusive{side}"]
    if isinstance(items := schema.get("items"), Mapping):
        closed["items"] = close(items, depth=depth + 1)
    _close_object(schema, closed, whole or schema.get("x-kubernetes-embedded-resource") is True, depth)
    return {**closed, **_conditions(schema, depth)}


def _close_object(schema: Mapping[str, Any], closed: dict[str, Any], resource: bool, depth: int) -> None:
    """Add the properties, and forbid all others unless the schema keeps them."""
    properties = _mapping(schema.get("properties"))
    extra = schema.get("additionalProperties")
    if properties or resource:
        closed["properties"] = {
            name: _property(below, name in (closed.get("required") or ()), depth + 1)
            for name, below in properties.items()
            if isinstance(below, Mapping)
        }
    if resource:
        closed["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        closed["properties"]["metadata"] = _metadata(properties.get("metadata"), depth)
    if isinstance(extra, Mapping):
        closed["additionalProperties"] = _property(extra, False, depth + 1)
    elif extra is True or schema.get("x-kubernetes-preserve-unknown-fields") is True:
        pass
    elif schema.get("type") == "object":
        closed["additionalProperties"] = False


def _property(schema: Mapping[str, Any], required: bool, depth: int) -> dict[str, Any]:
    """Return the schema of a field. Null is as good as absent: the API server drops it."""
    if required and "default" not in schema:
        return close(schema, depth=depth)
    return close({**schema, "nullable": True}, depth=depth)


def _metadata(outline: Any, depth: int) -> dict[str, Any]:
    """Return the schema of metadata: ObjectMeta, and what the definition demands of the name."""
    own = close(outline, depth=depth + 1) if isinstance(outline, Mapping) else {}
    own.pop("additionalProperties", None)
    return {**own, "$ref": f"#/$defs/{_META}"}


def _types(schema: Mapping[str, Any]) -> list[str]:
    if schema.get("x-kubernetes-int-or-string") is True:
        types = ["integer", "string"]
    else:
        types = [schema["type"]] if isinstance(schema.get("type"), str) else []
    return [*types, "null"] if types and schema.get("nullable") is True else types


def _conditions(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return allOf, anyOf, oneOf and not, which in a structural schema only add conditions and stay open."""
    found: dict[str, Any] = {}
    for key in ("allOf", "anyOf", "oneOf"):
        if key == "anyOf" and _repeats_type(schema):
            continue
        branches = [_open(one, depth) for one in _sequence(schema.get(key)) if isinstance(one, Mapping)]
        if branches:
            found[key] = branches
    if isinstance(schema.get("not"), Mapping):
        found["not"] = _open(schema["not"], depth)
    return found


def _repeats_type(schema: Mapping[str, Any]) -> bool:
    """Say whether anyOf is the customary integer or string, which x-kubernetes-int-or-string says already."""
    branches = schema.get("anyOf")
    return (
        schema.get("x-kubernetes-int-or-string") is True
        and isinstance(branches, list)
        and all(isinstance(one, Mapping) and set(one) == {"type"} for one in branches)
    )


def _open(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        return {}
    opened: dict[str, Any] = {key: schema[key] for key in _COPIED if _usable(key, schema.get(key))}
    if types := _types({**schema, "nullable": True}):
        opened["type"] = types
    for name, below in _mapping(schema.get("properties")).items():
        if isinstance(below, Mapping):
            opened.setdefault("properties", {})[name] = _open(below, depth + 1)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            opened[key] = _open(schema[key], depth + 1)
    return {**opened, **_conditions(schema, depth + 1)}


def _forms(schema: Mapping[str, Any]) -> int:
    """Count the schemas that stand in allOf, anyOf, oneOf and not, and below."""
    count = 0
    waiting: list[tuple[Any, bool]] = [(schema, False)]
    while waiting:
        here, inner = waiting.pop()
        if isinstance(here, Mapping):
            count += inner
            waiting += [(below, inner or key in _CONDITIONS) for key, below in here.items() if key != "$defs"]
        elif isinstance(here, list):
            waiting += [(below, inner) for below in here]
    return count


def _usable(key: str, value: Any) -> bool:
    """Say whether a keyword's value is what JSON Schema wants, so that one slip does not lose the schema."""
    if value is None:
        return False
    if key in ("enum", "required"):
        return isinstance(value, list) and bool(value)
    if key == "pattern":
        return isinstance(value, str)
    return isinstance(value, int | float)


def _object_meta(definitions: Definitions) -> dict[str, Any]:
    """Return ObjectMeta and the definitions it needs."""
    needed, found = [_META], {}
    while needed:
        name = needed.pop()
        if name not in found and name in definitions.schemas:
            found[name] = dict(definitions.schemas[name])
            needed += _references(found[name])
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [value["$ref"].removeprefix("#/$defs/")] if isinstance(value.get("$ref"), str) else []
        return own + [one for below in value.values() for one in _references(below)]
    return [one for below in value for one in _references(below)] if isinstance(value, list) else []


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
