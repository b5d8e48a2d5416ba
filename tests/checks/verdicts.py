"""Do we and an independent validator say the same of very many resources, sound and broken?

The other is `jsonschema`, an implementation of JSON Schema in Python that shares no code with ours. It may be given our
definitions, or the original ones that ours were made from, so that what was left out of them is judged, too.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from bot.checks import definitions as known
from bot.checks.crd import CustomKinds
from bot.checks.schema import Rules, judged
from bot.model.manifest import Resource

Body = dict[str, Any]

RULES = frozenset({"unknown-field", "wrong-type", "required", "invalid-value"})  # the rules that come from schemas
DEEPEST = 9  # levels of a made resource
_OTHERS: Sequence[Any] = (
    None,
    True,
    7,
    -1,
    2.5,
    3.0,
    "text",
    "",
    "500m",
    [],
    ["text"],
    [None],
    {},
    {"name": "x"},
    [{}],
)
_WORDS = ("a", "web", "1", "10Gi", "http", "500m")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One resource of which one says that it is sound and the other that it is not."""

    minor: str
    body: Body
    ours: Sequence[str]
    theirs: Sequence[str]


@dataclass(slots=True)
class Comparison:
    """How many resources were judged, and how. `explained` are the documented exceptions."""

    kinds: set[tuple[str, str]] = field(default_factory=set)
    sound: int = 0
    broken: int = 0
    explained: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, other: Comparison) -> None:
        """Count another's resources among these."""
        self.kinds |= other.kinds
        self.sound += other.sound
        self.broken += other.broken
        self.explained += other.explained
        self.disagreements += other.disagreements

    @property
    def all(self) -> int:
        return self.sound + self.broken + self.explained + len(self.disagreements)

    def __str__(self) -> str:
        return (
            f"{self.all} resources of {len(self.kinds)} kinds: {self.sound} sound and {self.broken} broken to both, "
            f"{self.explained} documented exceptions, {len(self.disagreements)} disagreements"
        )


@dataclass(frozen=True)
class Other:
    """The second validator over one set of definitions (as in `{"$defs": …}`)."""

    schemas: Mapping[str, Any]
    _made: dict[str, Any] = field(default_factory=dict)

    def errors(self, name: str, body: Body) -> list[jsonschema.ValidationError]:
        """Return what is wrong with a resource of the definition called `name`."""
        if name not in self._made:
            root = {"$ref": f"#/$defs/{name}", "$defs": _needed(name, self.schemas)}
            self._made[name] = jsonschema.Draft202012Validator(root)
        return list(self._made[name].iter_errors(body))


def compare(minor: str, others: Mapping[str, Any] | None = None, *, each: int = 4, seed: int = 1) -> Comparison:
    """Judge a made resource of every kind of a minor, and `each` mutants of it, with both; return how they compare.

    `others` are the definitions for the other validator, as `originals` gives them; ours where there are none.
    """
    definitions = known.load(minor)
    other = Other(definitions.schemas if others is None else others)
    outcome = Comparison()
    for (api_version, kind), name in sorted(definitions.kinds.items()):
        chance = random.Random(f"{seed} {minor} {api_version} {kind}")
        start = made(definitions.schemas, name, chance)
        start |= {"apiVersion": api_version, "kind": kind}
        if not kind.endswith("List"):
            start["metadata"] = {**start.get("metadata", {}), "name": "x"}
        for body in [start, *(mutant(copy.deepcopy(start), chance) for _ in range(each))]:
            _judge(outcome, minor, body, other.errors(name, body))
    return outcome


def mutants(minor: str, start: Body, *, each: int, seed: int = 1) -> Comparison:
    """Do the same with mutants of one given resource of a built-in kind."""
    definitions = known.load(minor)
    name = definitions.kinds[start["apiVersion"], start["kind"]]
    other, outcome, chance = Other(definitions.schemas), Comparison(), random.Random(f"{seed} {start['kind']}")
    for _ in range(each):
        body = mutant(copy.deepcopy(start), chance)
        _judge(outcome, minor, body, other.errors(name, body))
    return outcome


def compare_originals(directory: Path, *, each: int = 4) -> Iterator[tuple[str, Comparison]]:
    """Compare with the original definitions of each minor below kubernetes-validate's `kubernetes-json-schema`."""
    for minor, others in originals(directory):
        yield minor, compare(minor, others, each=each)


def compare_custom(minor: str, custom: CustomKinds, bodies: Sequence[Body], *, each: int, seed: int = 1) -> Comparison:
    """Do the same with custom resources: theirs is judged by the closed schema that ours made of the definition."""
    outcome = Comparison()
    for start in bodies:
        schema = custom.schemas[start["apiVersion"], start["kind"]]
        assert schema is not None
        other = jsonschema.Draft202012Validator(dict(schema.root))
        chance = random.Random(f"{seed} {start['kind']} {start['metadata']['name']}")
        for body in [start, *(mutant(copy.deepcopy(start), chance) for _ in range(each))]:
            _judge(outcome, minor, body, list(other.iter_errors(body)), custom)
    return outcome


def _judge(
    outcome: Comparison,
    minor: str,
    body: Body,
    theirs: Sequence[jsonschema.ValidationError],
    custom: CustomKinds | None = None,
) -> None:
    rules = Rules(minor, "fail") if custom is None else Rules(minor, "fail", custom=custom)
    found = [one for one in judged([Resource(body)], rules) if one.rule in RULES]
    ours = [one.message for one in found if (one.rule, one.field) != ("required", "metadata.name")]  # no schema's rule
    outcome.kinds.add((body["apiVersion"], body["kind"]))
    if bool(ours) == bool(theirs):
        outcome.broken += bool(ours)
        outcome.sound += not ours
    elif not ours and all(explained(one) for one in theirs):
        outcome.explained += 1
    else:
        outcome.disagreements.append(Disagreement(minor, body, ours, [one.message for one in theirs]))


def explained(error: jsonschema.ValidationError) -> bool:
    """Say whether a refusal is the one in which the original definitions differ from the API server.

    They write IntOrString and Quantity as a `oneOf` of two branches that both allow null, so that null fits twice
    and fails; the API server takes it as absent.
    """
    return error.validator == "oneOf" and error.instance is None


def made(schemas: Mapping[str, Any], name: str, chance: random.Random) -> Any:
    """Return a resource that a definition allows: all that is required, and some of what is not."""
    return _value({"$ref": f"#/$defs/{name}"}, schemas, chance, 0)


def _value(schema: Mapping[str, Any], schemas: Mapping[str, Any], chance: random.Random, depth: int) -> Any:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix("#/$defs/")]
    types = schema.get("type", ["object"] if "properties" in schema else ["string"])
    types = [one for one in ([types] if isinstance(types, str) else types) if one != "null"]
    match chance.choice(types):
        case "object":
            return _mapping(schema, schemas, chance, depth)
        case "array":
            items = schema.get("items", {"type": "string"})
            return [
                _value(items, schemas, chance, depth + 1)
                for _ in range(chance.choice((1, 1, 2)) if depth < DEEPEST else 0)
            ]
        case "integer":
            return chance.choice((0, 1, 8080))
        case "number":
            return chance.choice((1, 0.5))
        case "boolean":
            return chance.random() < 0.5
        case _:
            return chance.choice(schema.get("enum") or _WORDS)


def _mapping(schema: Mapping[str, Any], schemas: Mapping[str, Any], chance: random.Random, depth: int) -> Body:
    properties = schema.get("properties") or {}
    required = schema.get("required") or ()
    likely = 1 if depth == 0 else 0.5 if depth < 3 else 0.35 if depth < DEEPEST else 0
    names = [name for name in properties if name in required or chance.random() < likely]
    found = {name: _value(properties[name], schemas, chance, depth + 1) for name in names[:12] + [*required][:20]}
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping) and not properties and depth < DEEPEST:
        found["key"] = _value(extra, schemas, chance, depth + 1)
    return found


def mutant(body: Body, chance: random.Random) -> Body:
    """Drop, rename, add or exchange one thing in a resource, but for what says which kind it is."""
    *above, last = chance.choice(list(_places(body)) or [("colour",)])
    parent: Any = body
    for step in above:
        parent = parent[step]
    match chance.choice(("drop", "rename", "add", "exchange", "exchange")):
        case "drop" if above or last in body:
            del parent[last]
        case "rename" if isinstance(parent, dict) and last in parent:
            parent[last[:-1] if last.endswith("s") else f"{last}s"] = parent.pop(last)
        case "add" if isinstance(parent, dict):
            parent[chance.choice(("colour", f"{last}2", last.upper()))] = chance.choice(_OTHERS)
        case "add":
            parent.append(chance.choice(_OTHERS))
        case _:
            parent[last] = chance.choice(_OTHERS)
    return body


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path not in ((), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from _places(below, (*path, step))


def _needed(name: str, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition and all that it refers to."""
    found: dict[str, Any] = {}
    waiting: list[Any] = [{"$ref": f"#/$defs/{name}"}]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            reference = here.get("$ref")
            one = reference.removeprefix("#/$defs/") if isinstance(reference, str) else ""
            if one and one not in found:
                found[one] = schemas[one]
                waiting.append(schemas[one])
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return found


def originals(directory: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the original strict definitions of each minor in the directory that kubernetes-validate keeps them in."""
    for path in sorted(directory.glob("v*-local-strict/_definitions.json")):
        minor = path.parent.name.removeprefix("v").rpartition(".")[0]
        yield minor, json.loads(path.read_text("utf-8"))["$defs"]
