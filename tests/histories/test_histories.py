"""Is anything lost or doubled, whatever people do, in whichever order?

Random histories of edits, deletions, renames, reverts, direct changes of targets, merges by every method, declined and
reopened promotions. `make test` plays a few, always the same; HISTORIES=500 in the environment plays as many new ones
for each strategy, and makes the shortest history of what fails.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.flows.world import REPOSITORY, Given, Town
from tests.histories.estates import Trees, Versions
from tests.histories.history import Estate, History
from tests.referee.plugin import watch

ESTATES: dict[str, Estate] = {"branch": Trees("branch"), "directory": Trees("directory"), "values": Versions()}
MANY = int(os.environ.get("HISTORIES", "0"))
DEEDS = (
    *("edit",) * 4, "create", *("delete",) * 2, *("rename",) * 2, *("revert",) * 2, *("fix",) * 3, "own", "bring back",
    *("close", "reopen"), *("merge",) * 5, *("look",) * 5,
)  # fmt: skip
SETTINGS = settings(
    max_examples=MANY or 5,
    derandomize=not MANY,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink) if MANY else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(0 if MANY else 300)
@pytest.mark.parametrize("strategy", ESTATES)
@SETTINGS
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 999)), min_size=8, max_size=24))
def test_nothing_is_lost_and_nothing_doubled(
    request: pytest.FixtureRequest, strategy: str, deeds: list[tuple[str, int]]
) -> None:
    slow: Given = request.getfixturevalue("given")  # as an argument it would be printed, with its key
    play(slow, ESTATES[strategy], deeds)


def play(slow: Given, estate: Estate, deeds: list[tuple[str, int]]) -> None:
    """Play a history to its end; the laws are watched on the way."""
    with tempfile.TemporaryDirectory() as directory:
        slow.queue.connection.flushdb()
        town = Town(slow, Path(directory), observers=[watch])
        try:
            configuration = {".github/lockkeeper.yaml": estate.configuration()}
            town.begin({REPOSITORY: {**configuration, **estate.seeds()}}, branches=("staging", "production"))
            town.take_held()
            history = History(town, estate)
            for deed, number in deeds:
                history.deeds[deed](Random(number))
            history.ends()
        finally:
            town.close()
