"""An independent validator comes to the same verdicts on many sound and broken resources, both ways."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.checks import definitions
from bot.checks.crd import custom_kinds
from tests.checks.resources import bodies
from tests.checks.test_crd import _DEFINITION, MINOR, SOUND, widget
from tests.checks.verdicts import Comparison, compare, compare_custom, compare_originals, explained, mutants

MINORS = (definitions.versions()[0], "1.29", "1.33", definitions.versions()[-1])


@pytest.fixture(scope="module")
def every() -> dict[str, Comparison]:
    return {minor: compare(minor, each=4) for minor in MINORS}


@pytest.mark.parametrize("minor", MINORS)
def test_same_verdicts_on_every_kind(every: dict[str, Comparison], minor: str) -> None:
    outcome = every[minor]
    assert outcome.disagreements == []
    assert outcome.explained == 0, "null in a union is no exception by our own definitions"
    assert len(outcome.kinds) == len(definitions.load(minor).kinds)


def test_there_are_more_than_a_thousand_broken_and_sound_ones(
    every: dict[str, Comparison], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Comparison()
    for one in every.values():
        outcome.add(one)
    with capsys.disabled():
        print(f"\nverdicts: {outcome}")  # noqa: T201
    assert outcome.broken > 1000
    assert outcome.sound > 1000
    assert len(outcome.kinds) > 200


@pytest.mark.parametrize("index", range(len(bodies())), ids=[one["kind"] for one in bodies()])
def test_same_verdicts_on_what_people_write(index: int) -> None:
    outcome = mutants("1.33", bodies()[index], each=60)
    assert outcome.disagreements == []
    assert 10 < outcome.broken < 60, "the mutants are neither all sound nor all broken"


def test_same_verdicts_on_custom_resources() -> None:
    starts = [widget(**copy.deepcopy(spec)) for spec in SOUND]
    outcome = compare_custom("1.33", custom_kinds([_DEFINITION], MINOR), starts, each=40)
    assert outcome.disagreements == []
    assert outcome.broken > 150
    assert outcome.sound > 50


def test_a_difference_would_be_seen() -> None:
    """The comparison itself can fail: with one field renamed in the other's definitions, it does."""
    others = json.loads(json.dumps(dict(definitions.load("1.33").schemas)))
    spec = others["io.k8s.api.apps.v1.DeploymentSpec"]
    spec["properties"]["selectors"] = spec["properties"].pop("selector")
    outcome = compare("1.33", others, each=2)
    assert {one.body["kind"] for one in outcome.disagreements} & {"Deployment", "DeploymentList"}


def test_the_exception_is_a_null_in_a_union_and_nothing_else() -> None:
    def error(validator: str, instance: Any) -> Any:
        return type("Error", (), {"validator": validator, "instance": instance})()

    assert explained(error("oneOf", None))
    assert not explained(error("oneOf", True))
    assert not explained(error("type", None))


@pytest.mark.skipif("LOCKKEEPER_DEFINITIONS" not in os.environ, reason="names the original definitions, where they are")
def test_same_verdicts_as_by_the_original_definitions() -> None:
    """By the definitions of the package kubernetes-validate, from which ours are made."""
    outcome = Comparison()
    for _, one in compare_originals(Path(os.environ["LOCKKEEPER_DEFINITIONS"])):
        outcome.add(one)
    assert outcome.disagreements == []
    assert outcome.broken > 5000
    assert outcome.explained < outcome.all / 100
