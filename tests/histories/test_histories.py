"""Is anything lost or doubled, whatever people do, in whichever order?

Random histories of edits, deletions, renames, reverts, direct changes of targets, merges by every method, declined and
reopened promotions. `make test` plays a few, always the same; HISTORIES=500 in the environment plays as many new ones
for each strategy, and makes the shortest history of what fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.world import REPOSITORY, Given, Town
from tests.histories.estates import PATH, Trees, Versions
from tests.histories.history import Estate, History
from tests.referee.plugin import watch

Deed = tuple[str, int]  # what is done, and the seed of its chances
TREES = ("branch", "directory", "repository")
ESTATES: dict[str, Estate] = {**{one: Trees(one) for one in TREES}, "values": Versions()}
MANY = int(os.environ.get("HISTORIES", "0"))
SEEDS, ROUNDS = range(3), 5
CHANGES = (
    *("edit",) * 5, "create", *("delete",) * 2, *("rename",) * 2, *("revert",) * 2, *("fix",) * 4, "own",
    *("bring back",) * 2,
)  # fmt: skip
AFTERWARDS: Sequence[tuple[str, ...]] = (
    *(("look", "merge"),) * 6, *(("look", "merge", "look", "merge"),) * 3, ("merge",), ("look", "close"),
    ("look", "close", "look"), ("look", "close", "reopen", "look"), ("look", "merge", "close", "look", "reopen"),
    ("look",), (),
)  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("strategy", ESTATES)
def test_nothing_is_lost_and_nothing_doubled(given: Given, strategy: str, seed: int) -> None:
    chance, deeds = Random(f"{strategy} {seed}"), []
    for _ in range(ROUNDS):
        names = [*chance.choices(CHANGES, k=chance.randint(1, 3)), *chance.choice(AFTERWARDS)]
        deeds += [(name, chance.randrange(1000)) for name in names]
    play(given, ESTATES[strategy], deeds)


if MANY:
    chances = st.integers(0, 999)
    changes = st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)
    rounds = st.tuples(changes, st.sampled_from(AFTERWARDS)).map(lambda one: [*one[0], *one[1]])
    histories = st.lists(rounds.flatmap(lambda names: st.tuples(*(st.tuples(st.just(one), chances) for one in names))))

    @pytest.mark.timeout(0)
    @pytest.mark.parametrize("strategy", ESTATES)
    @settings(max_examples=MANY, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(history=histories)
    def test_of_many_histories_none_loses_or_doubles(
        request: pytest.FixtureRequest, strategy: str, history: list[Sequence[Deed]]
    ) -> None:
        slow: Given = request.getfixturevalue("given")  # as an argument it would be printed, with its key
        play(slow, ESTATES[strategy], [deed for one in history for deed in one])


def play(slow: Given, estate: Estate, deeds: Sequence[Deed]) -> None:
    """Play a history to its end; the laws are watched on the way."""
    with tempfile.TemporaryDirectory() as directory:
        slow.queue.connection.flushdb()
        town = Town(slow, Path(directory), observers=[watch])
        try:
            seeds = estate.seeds()
            for name, files in seeds.items():
                files[PATH] = estate.configuration() if name == REPOSITORY else f"version: 1\npipeline: {REPOSITORY}\n"
            town.begin(seeds, branches=("staging", "production"))
            town.take_held()
            history = History(town, estate)
            for deed, number in deeds:
                history.deeds[deed](Random(number))
            history.ends()
        finally:
            town.close()
