"""Where do the stand-in's answers differ in shape from what GitHub really answered?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.referee.description import Json

NULL = "null"


@dataclass(slots=True)
class Shape:
    """The key paths of one or more JSON values, with the JSON types seen at each.

    A path joins keys by `/`; the items of a list share the part `*`. The value itself has the path ``.
    """

    types: dict[str, set[str]] = field(default_factory=dict)

    def add(self, value: Json, at: str = "") -> Shape:
        """Take in one more value; returns itself."""
        self.types.setdefault(at, set()).add(_kind(value))
        if isinstance(value, dict):
            for key, each in value.items():
                self.add(each, f"{at}/{key}")
        elif isinstance(value, list):
            for each in value:
                self.add(each, f"{at}/*")
        return self

    def has_inside(self, at: str) -> bool:
        """Was something with content seen here, so that its keys can be compared at all?"""
        return any(path.startswith(f"{at}/") for path in self.types)


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """`what` is `missing` (GitHub sends it, the stand-in does not) or the two differing types."""

    where: str
    at: str
    what: str

    def __str__(self) -> str:
        return f"{self.where} · {self.at or '/'}: {self.what}"


def differences(where: str, ours: Shape, theirs: Shape) -> list[Difference]:
    """What GitHub's answers have and ours lack, and types that never agree.

    Keys below a place that is null or empty on our side cannot be compared and are passed over; so are keys
    that only we send, for the OpenAPI description judges those.
    """
    found = []
    for path, kinds in theirs.types.items():
        parent = path.rpartition("/")[0]
        if path.endswith("/*") and path not in ours.types:
            continue
        if path and parent not in ours.types:
            continue
        if path not in ours.types:
            if "object" in ours.types[parent]:
                found.append(Difference(where, path, "missing"))
            continue
        real, own = kinds - {NULL}, ours.types[path] - {NULL}
        if real and own and not real & own:
            kinds_differ = f"{'/'.join(sorted(own))} instead of {'/'.join(sorted(real))}"
            found.append(Difference(where, path, kinds_differ))
    return sorted(found)


def shape_of(values: Iterable[Json]) -> Shape:
    """The shape of several values together."""
    shape = Shape()
    for value in values:
        shape.add(value)
    return shape


def _kind(value: Json) -> str:
    match value:
        case None:
            return NULL
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
