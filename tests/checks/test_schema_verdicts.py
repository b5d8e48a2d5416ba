"""An independent validator comes to the same verdicts on many broken resources."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from bot.checks import definitions
from bot.checks.schema import validate
from tests.checks.resources import bodies, resources

MUTANTS = 60  # for each resource
OTHER_VALUES: list[Any] = [None, True, 7, 2.5, "text", [], ["text"], {}, {"name": "x"}, 3.0]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path not in ((), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from places(below, (*path, step))


def mutant(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    *above, last = chance.choice(list(places(body)))
    parent: Any = body
    for step in above:
        parent = parent[step]
    match chance.choice(["remove", "replace", "replace", "add"]):
        case "remove":
            del parent[last]
        case "replace":
            parent[last] = chance.choice(OTHER_VALUES)
        case _:
            if isinstance(parent, dict):
                parent[f"{last}x"] = "text"
            else:
                parent.append(chance.choice(OTHER_VALUES))
    return body


@pytest.mark.parametrize("index", range(len(bodies())))
def test_same_verdicts(index: int) -> None:
    minor = definitions.load("1.33")
    start = bodies()[index]
    name = minor.kinds[start["apiVersion"], start["kind"]]
    other = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": dict(minor.schemas)})
    chance = random.Random(index)
    invalid = 0
    for _ in range(MUTANTS):
        one = mutant(bodies()[index], chance)
        ours = validate(resources(one), kubernetes="1.33", unknown_kinds="fail", environment="")
        theirs = list(other.iter_errors(one))
        assert bool(ours) == bool(theirs), one
        invalid += bool(ours)
    assert 10 < invalid < MUTANTS, "the mutants are neither all sound nor all broken"
