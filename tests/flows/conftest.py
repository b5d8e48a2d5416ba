"""What do the flow tests stand on? A town for each schedule, and one check of its end state for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.queue import Queue, connect
from bot.adapters.render.building import build_renderer
from bot.adapters.valkey import embedded_valkey
from bot.sandbox.seeding import Keys
from tests.flows.fingerprint import differences, fingerprint, flaws
from tests.flows.repository import PIPELINE, Files
from tests.flows.schedule import HALF_LOST, IN_ORDER, SCHEDULES, TWICE_SHUFFLED, Schedule
from tests.flows.world import Given, Town
from tests.referee.plugin import watch

EVERY = {IN_ORDER: 6, HALF_LOST: 18}  # stories of which one is told so
_ends: dict[str, tuple[str, object]] = {}  # story → (schedule, fingerprint) of its first telling


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "town(configuration, more, others): how the repository of a flow test begins")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the schedules of one story in one process, where their ends are compared.

    Every story is told with its deliveries doubled and shuffled, every sixth one in order as well, and every eighteenth
    with half of them lost; all of them in each way with ALL_SCHEDULES=1 in the environment.
    """
    stories: dict[str, int] = {}
    left_out = []
    for item in items:
        schedule = getattr(item, "callspec", None) and item.callspec.params.get("schedule")  # type: ignore[attr-defined]  # of parametrised items
        if not isinstance(schedule, Schedule):
            continue
        story = item.nodeid.replace(schedule.name, "*")
        number = stories.setdefault(story, len(stories))
        item.add_marker(pytest.mark.xdist_group(story))
        if number % EVERY.get(schedule, 1) and not os.environ.get("ALL_SCHEDULES"):
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """The slow things, once for the process."""
    data = tmp_path_factory.mktemp("engines")
    with embedded_valkey(tmp_path_factory.mktemp("valkey"), appendfsync="no") as url, build_renderer(data) as renderer:
        yield Given(Keys.generate().private, Queue(connect(url, timeout=5)), renderer)


@pytest.fixture
def make_town(given: Given, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Makes towns; they are closed with the test."""
    made: list[Town] = []

    def make(
        configuration: str | None = PIPELINE,
        more: Files | None = None,
        schedule: Schedule = IN_ORDER,
        others: Mapping[str, Files] | None = None,
    ) -> Town:
        given.queue.connection.flushdb()
        town = Town(given, tmp_path / f"town{len(made)}", schedule, observers=[watch])
        made.append(town)
        return town.open(configuration, more, others)

    yield make
    for town in made:
        town.close()


@pytest.fixture(params=SCHEDULES, ids=lambda one: one.name)
def schedule(request: pytest.FixtureRequest) -> Schedule:
    """How deliveries arrive. Every flow ends the same with each of them."""
    found: Schedule = request.param
    return found


@pytest.fixture
def town(request: pytest.FixtureRequest, make_town: Callable[..., Town], schedule: Schedule) -> Town:
    """A town with the usual pipeline, or as the mark `town(configuration=…, more=…)` says."""
    mark = request.node.get_closest_marker("town")
    made = make_town(schedule=schedule, **(mark.kwargs if mark else {}))
    made.settle()
    return made


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """After each story: nothing is doubled, another look writes nothing, and every schedule ended the same."""
    outcome = yield
    town = pyfuncitem.funcargs.get("town")
    if isinstance(town, Town):
        town.settle()
        if town.schedule is TWICE_SHUFFLED:  # the others end the same
            at_rest(town)
        story = pyfuncitem.nodeid.replace(town.schedule.name, "*")
        first, expected = _ends.setdefault(story, (town.schedule.name, fingerprint(town)))
        if first != town.schedule.name:
            other = list(differences(expected, fingerprint(town)))
            assert not other, f"{town.schedule.name!r} ended otherwise than {first!r}:\n" + "\n".join(other)
    return outcome


def at_rest(town: Town) -> None:
    """Assert that nothing is doubled and that a further look at everything writes nothing.

    What GitHub refuses was not written; it is tried again.
    """
    assert flaws(town) == []
    town.take_held()
    heads = town._heads()
    town.sandbox.exchanges.clear()
    town.sweep()
    town.work()
    written = [one for one in town.sandbox.exchanges.writes if one.status < 400]
    assert [f"{one.method} {one.path}" for one in written] == []
    assert town._heads() == heads
    assert not town.take_held()
