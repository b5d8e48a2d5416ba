"""Does every example end as it should: a change, a deletion, a revert and a hotfix, there and back?

Pull requests are merged by all three methods in turn. With ALL_METHODS=1 in the environment each example walks by each
method alone, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pytest

from tests.examples.layouts import Layout
from tests.examples.stories import STORIES, Step, Story
from tests.examples.walk import Walk
from tests.flows.conftest import at_rest
from tests.flows.world import Method, Town

MIXED: Sequence[Method] = ("merge", "squash", "rebase", "squash", "rebase", "merge", "rebase", "merge", "squash")
WAYS: dict[str, Sequence[Method]] = {"mixed": MIXED}  # change, deletion and revert arrive everywhere by each method
if os.environ.get("ALL_METHODS"):
    WAYS |= {"merge": ("merge",), "squash": ("squash",), "rebase": ("rebase",)}


@pytest.mark.timeout(600)  # a long way on a busy machine
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.layout.name)
def test_an_example_walks_from_development_to_production_and_back(
    town_of: Callable[[Layout], Town], story: Story, way: str
) -> None:
    town = town_of(story.layout)
    walk = Walk(town, story, WAYS[way])
    assert walk.all_promotions() == []
    development, staging, production = story.places
    for step in (story.change, story.deletion, story.revert):
        number = walk.land(step, development)
        _through(walk, step, number)
        assert walk.as_expected()
        assert "this change is in **production**" in walk.told(number)

    number = walk.land(story.hotfix, production, "omar")
    assert walk.as_expected()
    assert walk.all_promotions() == []
    number = walk.bring_back(story.hotfix, number, production, staging)
    walk.bring_back(story.hotfix, number, staging, development)
    assert walk.as_expected()
    assert walk.all_promotions() == [], "it is everywhere"

    number = walk.land(story.onward, development)
    _through(walk, story.onward, number)
    assert walk.as_expected()
    assert walk.all_promotions() == []
    at_rest(town)


def _through(walk: Walk, step: Step, number: int) -> None:
    """Promote a change of development from environment to environment, and nothing else moves."""
    for place in walk.story.places[1:]:
        if not walk.promotions(place):
            walk.ask(number, place)
        walk.arrive(step, place, watch=step is walk.story.change)
