"""Which charts does a kustomization inflate, and what is built once they have been rendered?

kustomize would start a `helm` program for `helmCharts:`. Instead Helm renders each chart that lies in the repository
into a file, and the entry gives way to that file. What a field means: kustomize's api/types/helmchartargs.go and its
HelmChartInflationGenerator.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from bot.checks.chart_entries import ChartEntry, EntryError, layers
from bot.checks.closure import KUSTOMIZATION_FILES, normal
from bot.checks.inputs import Inputs, inputs, read_closure
from bot.checks.kustomization_edit import edited, namespaces
from bot.model.manifest import RenderProblem
from bot.model.source import HelmOptions, Source
from bot.model.tree import Tree

_NAME = "lockkeeper-chart-{}"
# Since 5.8 kustomize hands its namespace to Helm and sets none of its own on what comes back, which it marks so.
_MARKED = """\
resources: [manifests.yaml]
transformers:
- |
  apiVersion: builtin
  kind: AnnotationsTransformer
  metadata: {name: marked}
  annotations: {internal.config.kubernetes.io/helm-generated: "true"}
  fieldSpecs: [{path: metadata/annotations, create: true}]
"""
_VENDOR = "vendor it: helm pull --untar --untardir {} {}, and commit what it writes"


class Named(NamedTuple):
    """A chart as a `helmCharts` entry names it."""

    repository: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Inflation:
    """A kustomization whose charts Helm renders first.

    `source` is what kustomize builds then. For each of `charts` it refers to a directory beside the kustomization, with
    a file that holds the manifests that this chart renders to, in its own words. That file is in no tree, and not laid
    over one either: `charts` names it. `problems` are why not.
    """

    source: Source
    charts: tuple[tuple[str, Source], ...] = ()
    problems: tuple[RenderProblem, ...] = ()

    def inputs(self, tree: Tree) -> Inputs:
        """Return what both steps read together."""
        if self.problems:
            return Inputs(problems=self.problems)
        made = tuple((path, "") for path, _ in self.charts)
        found = [inputs(replace(self.source, overrides=(*self.source.overrides, *made)), tree)]
        found += [inputs(chart, tree) for _, chart in self.charts]

        def together(name: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(path for one in found for path in getattr(one, name)))

        return Inputs(
            together("files"),
            together("below"),
            together("absent"),
            together("directories"),
            tuple(problem for one in found for problem in one.missing),
            tuple(problem for one in found for problem in one.problems),
        )


def needs(
    source: Source, tree: Tree, fetched: Mapping[Named, str] = MappingProxyType({})
) -> tuple[Inputs, Inflation | None]:
    """Return what rendering a source reads, and how its charts are inflated first, None when it has none.

    `fetched` says where in the tree remote charts lie.
    """
    found = inputs(source, tree)
    if source.engine != "kustomize" or not found.problems:
        return found, None
    first = inflation(source, tree, fetched)
    return (found, None) if first is None else (first.inputs(tree), first)


def charts_of(path: str, tree: Tree, read: Callable[[str], bytes | None]) -> Iterator[tuple[Named, int | None]]:
    """Yield the charts of a kustomization file that name a repository and are not vendored, each with its line."""
    here = posixpath.dirname(path)
    edit = edited(read(path) or b"", lambda target: read(posixpath.join(here, target)))
    for entry in edit.charts if edit else ():
        try:
            if entry.repository and not tree.is_directory(_vendored(entry, here)):
                yield Named(entry.repository, entry.name, entry.version), entry.line
        except EntryError:
            continue  # told where it is inflated


def inflation(source: Source, tree: Tree, fetched: Mapping[Named, str] = MappingProxyType({})) -> Inflation | None:
    """Return how a kustomization with charts is built, None when there are no charts in all that it builds on.

    Walks the whole closure: ask only for sources whose `inputs` have problems, as those of charts do.
    """
    overrides = dict(source.overrides)
    made: dict[str, Source] = {}
    problems: list[RenderProblem] = []
    found = False

    def read(path: str) -> bytes | None:
        return overrides[path].encode("utf-8", "surrogateescape") if path in overrides else tree.read(path)

    files = [
        path
        for path in read_closure(source.path, tree, overrides).files
        if posixpath.basename(path) in KUSTOMIZATION_FILES
    ]
    spaces = namespaces(source.path, files, read)
    for path in files:
        here = posixpath.dirname(path)
        edit = edited(read(path) or b"", lambda target, here=here: read(posixpath.join(here, target)))  # type: ignore[misc]
        if edit is None:
            continue
        found = True
        names = []
        for entry in edit.charts:
            try:
                place = _place(entry, here, tree, fetched)
                chart = _chart(entry, (here, place), spaces.get(path, ("",)), tree)
            except EntryError as error:
                problems.append(RenderProblem(path, error.message, entry.line, error.how, remote=error.remote))
                continue
            names.append(_NAME.format(hashlib.sha256(repr(chart).encode("utf-8", "replace")).hexdigest()[:12]))
            place = posixpath.join(here, names[-1])
            overrides[f"{place}/kustomization.yaml"] = _MARKED
            made[f"{place}/manifests.yaml"] = chart
        overrides[path] = edit.text(names)
    if not found:
        return None
    if problems:
        return Inflation(source, problems=tuple(problems))
    return Inflation(replace(source, overrides=tuple(overrides.items())), tuple(made.items()))


def _chart(entry: ChartEntry, places: tuple[str, str], inherited: Collection[str], tree: Tree) -> Source:
    """Return what an entry renders, by its own directory and that of the chart. Raises EntryError."""
    here, place = places
    if not entry.namespace and len(inherited) > 1:
        words = f"not rendered: it is built on with several namespaces: {', '.join(sorted(inherited))}"
        raise EntryError(words, "give the chart a namespace of its own")
    return Source(
        place,
        "helm",
        HelmOptions(
            release=entry.release,
            namespace=entry.namespace or next(iter(inherited)) or "default",
            values=tuple(layers(entry, here, place, tree)),
            kube_version=entry.kube_version,
            api_versions=entry.api_versions,
            crds=entry.crds,
            hooks=entry.hooks,
            tests=entry.tests,
        ),
    )


def _vendored(entry: ChartEntry, here: str) -> str:
    """Return the directory where a chart would lie in the repository. Raises EntryError when it leads out."""
    home = posixpath.join(here, entry.home)
    if entry.version and entry.repository:
        home = posixpath.join(home, f"{entry.name}-{entry.version}")
    place = None if entry.home.startswith("/") else normal(posixpath.join(home, entry.name))
    if place is None:
        raise EntryError(f"not rendered: the chart home {entry.home} leads out of the repository")
    return place


def _place(entry: ChartEntry, here: str, tree: Tree, fetched: Mapping[Named, str]) -> str:
    """Return the directory of a chart, in the repository or fetched. Raises EntryError when it is not there."""
    place = _vendored(entry, here)
    named = Named(entry.repository, entry.name, entry.version)
    if named in fetched and not tree.is_directory(place):
        return fetched[named]
    if not tree.is_directory(place):
        words = f"not rendered: the chart {entry.name} is not vendored at {place}: Lockkeeper renders offline"
        how = _VENDOR.format(posixpath.dirname(place) or ".", entry.name)
        raise EntryError(words, how, remote=bool(entry.repository))
    return place
