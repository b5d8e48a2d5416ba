"""What is compared: which sources, in which directories?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.checks.closure import KUSTOMIZATION_FILES
from bot.model.source import HelmOptions, Source, ValuesFile
from tests.render import charts
from tests.render.charts import CHART
from tests.render.scenarios import SCENARIOS
from tools.bench import charts as generated
from tools.bench.mixed import mixed
from tools.bench.overlays import overlays
from tools.bench.repositories import Generated, write_files
from tools.conformance.charts import CHARTS
from tools.conformance.inflated import INFLATED
from tools.conformance.written import Written


@dataclass(frozen=True, slots=True)
class Case:
    """One source to compare. `random` says that the chart draws random values, which no two renders share."""

    name: str
    source: Source
    random: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that lie in one directory."""

    directory: Path
    cases: tuple[Case, ...]


def found(directory: Path) -> Iterator[Case]:
    """Yield every kustomization and chart below a directory; a chart with each of its values files beside it, too.

    Charts inside charts are parts of theirs.
    """
    for path in sorted(directory.rglob("*")):
        place = path.parent.relative_to(directory).as_posix()
        place = "" if place == "." else place
        if path.name in KUSTOMIZATION_FILES and path.is_file():
            yield Case(f"{place}/{path.name}", Source(place, "kustomize"))
        elif path.name == "Chart.yaml" and not _is_part(path.parent, directory):
            yield from _of_chart(path.parent, place)


def _is_part(chart: Path, top: Path) -> bool:
    return any((one / "Chart.yaml").is_file() for one in chart.parents if one.is_relative_to(top))


def _of_chart(chart: Path, place: str) -> Iterator[Case]:
    yield Case(place, Source(place, "helm"))
    own = sorted([*chart.glob("*values*.yaml"), *chart.glob("ci/*.yaml")])
    for values in (one for one in own if one.name != "values.yaml"):
        name = posixpath.join(place, values.relative_to(chart).as_posix())
        yield Case(name, Source(place, "helm", HelmOptions(values=(ValuesFile(name),))))


def made(room: Path) -> Iterator[Group]:
    """Yield what is written or generated for the purpose, as files below `room`."""
    for number, (name, files) in enumerate(SCENARIOS.items()):
        directory = write_files(files, room / f"scenario-{number}")
        yield Group(directory, (Case(f"scenario: {name}", Source("overlays/dev", "kustomize")),))
    for number, (name, files) in enumerate(INFLATED.items()):
        source = Source("top" if "top/kustomization.yaml" in files else "app", "kustomize")
        yield Group(write_files(files, room / f"inflated-{number}"), (Case(f"helmCharts: {name}", source),))
    for number, chart in enumerate(CHARTS):
        yield Group(write_files(chart.files, room / f"chart-{number}"), tuple(_written(chart)))
    for number, (name, scenario) in enumerate(_tested()):
        case = Case(f"tested chart: {name}", Source(CHART, "helm", scenario.options))
        yield Group(write_files(scenario.files, room / f"tested-chart-{number}"), (case,))
    for repository in (overlays(10), generated.charts(5), mixed(4)):
        yield from _generated(repository, room)


def _tested() -> Iterator[tuple[str, charts.Scenario]]:
    """Yield the charts of the tests, those that render and those that do not."""
    yield from charts.SCENARIOS.items()
    yield from ((name, scenario) for name, (scenario, *_) in charts.BROKEN.items())


def _written(chart: Written) -> Iterator[Case]:
    for what, options in chart.renders.items():
        name = f"chart: {chart.name}, {what}" if what else f"chart: {chart.name}"
        yield Case(name, Source(chart.path, "helm", options), random=chart.random)


def _generated(repository: Generated, room: Path) -> Iterator[Group]:
    for head in ("", "all"):
        directory = write_files(repository.at(head), room / f"{repository.name}-{head or 'base'}")
        roots = [root for root in repository.roots if root.engine != "plain"]
        yield Group(directory, tuple(Case(f"{directory.name}: {root.path}", root.source()) for root in roots))
