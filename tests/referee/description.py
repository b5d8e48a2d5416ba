"""What does GitHub's own OpenAPI description declare for an operation or a webhook event?

The description is OpenAPI 3.0; its schemas are turned into JSON Schema 2020-12 piece by piece, when needed.
Objects are closed: a property that GitHub does not declare is an error: a stand-in must not invent any.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import orjson

Json = Any  # parsed JSON of any shape: the one place where the description's own words are read
Schema = dict[str, Any]

_KEPT = frozenset(
    {"type", "enum", "format", "pattern", "required", "uniqueItems"}
    | {f"{end}{what}" for end in ("min", "max") for what in ("imum", "Length", "Items", "Properties")}
)
_COMPONENT = "#/components/"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared query parameter."""

    name: str
    required: bool
    schema: Schema


@dataclass(frozen=True)
class Operation:
    """One method on one path template. `responses` maps a status, as text, to its declaration."""

    method: str
    template: str
    query: Mapping[str, Parameter]
    body: Schema | None
    responses: Mapping[str, Json]

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.template}"


class _Node:
    """One segment of the tree of path templates; a multi-segment parameter may swallow several segments."""

    __slots__ = ("here", "literal", "multi", "single")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.single: _Node | None = None
        self.multi: _Node | None = None
        self.here: dict[str, str] = {}  # method -> path template

    def find(self, segments: list[str], method: str) -> Iterator[str]:
        """Templates that fit, the most literal first."""
        if not segments:
            if method in self.here:
                yield self.here[method]
            return
        head, rest = segments[0], segments[1:]
        if head in self.literal:
            yield from self.literal[head].find(rest, method)
        if self.multi is not None and segments == [""]:
            yield from self.multi.find([], method)  # `/contents/` is the root directory
        if not head:
            return
        if self.single is not None:
            yield from self.single.find(rest, method)
        if self.multi is not None:
            for end in range(1, len(segments) + 1):  # commits/{ref}/status before commits/{ref}
                yield from self.multi.find(segments[end:], method)


class Description:
    """GitHub's description, loaded from `generated/api.github.com.json` of the package @octokit/openapi."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._operations: dict[tuple[str, str], Operation] = {}
        self._converted: dict[tuple[str, bool], tuple[Schema, frozenset[tuple[str, bool]]]] = {}
        self._root = _Node()
        for template, item in document["paths"].items():
            for method, operation in item.items():
                self._plant(template, method, operation)

    @classmethod
    def load(cls, path: Path) -> Description:
        return cls(orjson.loads(path.read_bytes()))

    def _plant(self, template: str, method: str, operation: Json) -> None:
        multi = {
            parameter["name"]
            for parameter in map(self.resolve, operation.get("parameters", ()))
            if parameter["in"] == "path" and parameter.get("x-multi-segment")
        }
        node = self._root
        for segment in template.strip("/").split("/"):
            if segment[:1] != "{" or segment[-1:] != "}":
                node = node.literal.setdefault(segment, _Node())
            elif segment[1:-1] in multi:
                node.multi = node.multi or _Node()
                node = node.multi
            else:
                node.single = node.single or _Node()
                node = node.single
        node.here[method] = template

    def resolve(self, thing: Json) -> Json:
        """Follow a `$ref` into the description's components."""
        while "$ref" in thing:
            kind, name = thing["$ref"].removeprefix(_COMPONENT).split("/", 1)
            thing = self._document["components"][kind][name]
        return thing

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation for a request path such as `/repos/o/r/contents/a/b`, or None when undeclared."""
        segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
        template = next(self._root.find(segments, method.lower()), None)
        return None if template is None else self._operation(method.lower(), template)

    def _operation(self, method: str, template: str) -> Operation:
        if (method, template) not in self._operations:
            declared = self._document["paths"][template][method]
            parameters = [self.resolve(parameter) for parameter in declared.get("parameters", ())]
            self._operations[method, template] = Operation(
                method,
                template,
                {
                    parameter["name"]: Parameter(
                        parameter["name"], parameter.get("required", False), parameter["schema"]
                    )
                    for parameter in parameters
                    if parameter["in"] == "query"
                },
                self.resolve(declared["requestBody"]) if "requestBody" in declared else None,
                {status: self.resolve(response) for status, response in declared["responses"].items()},
            )
        return self._operations[method, template]

    def webhook(self, event: str, action: str) -> Json | None:
        """The declaration of an event with its action (empty when it has none), or None."""
        key = f"{event}-{action}" if action else event
        declared = self._document["x-webhooks"].get(key.replace("_", "-"))
        return declared["post"] if declared else None

    def validator(self, schema: Schema) -> jsonschema_rs.Validator:
        """Compile a schema of the description, with just those components that it reaches."""
        root, reached = _convert(schema, closed=True)
        definitions: Schema = {}
        waiting = set(reached)
        while waiting:
            name, closed = waiting.pop()
            if _key(name, closed) in definitions:
                continue
            if (name, closed) not in self._converted:
                self._converted[name, closed] = _convert(self._document["components"]["schemas"][name], closed=closed)
            definitions[_key(name, closed)], further = self._converted[name, closed]
            waiting |= further
        return jsonschema_rs.Draft202012Validator({**root, "$defs": definitions}, validate_formats=True)


def _key(name: str, closed: bool) -> str:
    return name if closed else f"{name}:open"


def _convert(schema: Schema, *, closed: bool) -> tuple[Schema, frozenset[tuple[str, bool]]]:
    """An OpenAPI 3.0 schema as 2020-12, and the components it names (with whether they are meant closed)."""
    reached: set[tuple[str, bool]] = set()
    return _piece(schema, closed, reached), frozenset(reached)


def _piece(schema: Schema, closed: bool, reached: set[tuple[str, bool]]) -> Schema:
    """Convert one schema. `closed` False keeps its own level open, for use inside a composition."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        reached.add((name, closed))
        return {"$ref": f"#/$defs/{_key(name, closed)}"}
    inner = functools.partial(_piece, reached=reached)
    out: Schema = {key: value for key, value in schema.items() if key in _KEPT}
    if "properties" in schema:
        out["properties"] = {name: inner(each, True) for name, each in schema["properties"].items()}
    if "items" in schema:
        out["items"] = inner(schema["items"], True)
    extra = schema.get("additionalProperties")
    if extra is not None:
        out["additionalProperties"] = extra if isinstance(extra, bool) else inner(extra, True)
    # The branches of a composition see each other's properties, so they stay open and the whole is closed.
    mixed = "allOf" in schema or ("properties" in schema and ("anyOf" in schema or "oneOf" in schema))
    for word in ("allOf", "anyOf", "oneOf"):
        if word in schema:
            # The alternatives of the description overlap often: `oneOf` is read as `anyOf`.
            branches = [inner(each, closed and not mixed) for each in schema[word]]
            out["anyOf" if word == "oneOf" else word] = branches
    if closed and extra is None and (mixed or "properties" in schema):
        out["unevaluatedProperties" if mixed else "additionalProperties"] = False
    return _nullable(out) if schema.get("nullable") is True else out


def _nullable(schema: Schema) -> Schema:
    """Allow null beside what the schema allows already."""
    if not schema:
        return schema
    if not isinstance(schema.get("type"), str) or "anyOf" in schema or "allOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}
