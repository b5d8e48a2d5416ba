"""What do the examples' tests stand on? The same slow things as the flow tests, and a town for each walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.examples.layouts import Layout
from tests.flows.conftest import given
from tests.flows.world import Given, Town
from tests.referee.plugin import watch

__all__ = ["given"]


@pytest.fixture
def town_of(given: Given, tmp_path: Path) -> Iterator[Callable[[Layout], Town]]:
    """Makes the town of an example: its repositories as they lie in `examples/`, everything looked at once."""
    made: list[Town] = []

    def make(layout: Layout) -> Town:
        given.queue.connection.flushdb()
        town = Town(given, tmp_path / f"town{len(made)}", observers=[watch])
        made.append(town)
        town.begin(layout.seeds(), branches=layout.branches, teams={"platform-leads": ["lena", "omar"]})
        town.settle()
        return town

    yield make
    for town in made:
        town.close()
