"""What is there to render for an environment, as its directory and the configuration have it?

Kustomizations, charts and plain manifests are found by looking; what they declare in turn (Argo CD, Flux) shows only
once they are rendered.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.checks.applications import jenkinsx
from bot.checks.applications.directories import walked
from bot.checks.applications.place import Template
from bot.checks.applications.words import called, speaks_of_another, values_files
from bot.checks.closure import KUSTOMIZATION_FILES, normal
from bot.checks.inputs import SUFFIXES, is_chart, kustomization_of
from bot.checks.references import parsed, references
from bot.checks.scalars import DocumentError
from bot.checks.scope import inside
from bot.errors import UserError
from bot.model.environment import ApplicationRule, Environment
from bot.model.manifest import RenderProblem
from bot.model.source import Application, HelmOptions, Parameter, Source, Values, ValuesFile
from bot.model.tree import Tree

MOST = 5000  # applications of one environment
_NOT_HERE = ("templates", "charts")  # directories inside a chart


def applications(
    environment: Environment, tree: Tree, others: Sequence[str] = (), template: Template | None = None
) -> tuple[Application, ...]:
    """Return the applications of an environment in the order of their names.

    `others` are the names of the other environments: what lies in a directory named for one of them is theirs.
    `template` carries out the templates of helmfiles. Nothing is found where the environment's directory is not there.
    """
    if environment.applications:
        found = [one for rule in environment.applications for one in _configured(rule, environment, tree)]
    else:
        try:
            found = list(_looked_for(_Top(environment, tree, others, template)))
        except UserError as error:  # more than anybody looks through
            problem = RenderProblem(environment.path, f"not rendered: {error.what}")
            found = [Application("", path=environment.path, problems=(problem,))]
    if len(found) > MOST:
        words = f"more than {MOST} applications were found; the others are not rendered"
        first = found[0]
        found = [replace(first, problems=(*first.problems, RenderProblem(environment.path, words))), *found[1:MOST]]
    return tuple(_distinct(found))


@dataclass(frozen=True, slots=True)
class _Top:
    """Where to look, and for whom."""

    environment: Environment
    tree: Tree
    others: Sequence[str] = ()
    template: Template | None = None

    @property
    def path(self) -> str:
        return self.environment.path


def _looked_for(top: _Top) -> Iterator[Application]:
    environment, tree = top.environment, top.tree
    path = normal(environment.path)
    if path is None or not (tree.is_directory(path) or tree.blob(path) is not None):
        return
    if source := _itself(top, path):
        yield Application("", (source,))
        return
    if declared := jenkinsx.applications(tree, path, environment.name, top.template):
        yield from declared
        return
    kustomizations, charts, plain = _below(top, path)
    if not kustomizations and not charts:
        yield Application("", (Source(path, "plain"),))
        return
    for place in kustomizations:
        yield Application(called(place, path, environment.name), (Source(place, "kustomize"),))
    for place in charts:
        yield Application(called(place, path, environment.name), (_chart(top, place),))
    for place in plain:
        yield Application(called(place, path, environment.name) if place != path else "", (Source(place, "plain"),))


def _itself(top: _Top, path: str) -> Source | None:
    """Return the source that a directory is by itself, None where one has to look below it."""
    if kustomization_of(top.tree, path) is not None:
        return Source(path, "kustomize")
    return _chart(top, path) if is_chart(top.tree, path) else None


def _chart(top: _Top, path: str) -> Source:
    """Return a chart with the values files that are meant for the environment, general ones first."""
    beside = [posixpath.join(path, one) for one in top.tree.names(path) if one not in _NOT_HERE]
    inner = [posixpath.join(one, name) for one in beside for name in top.tree.names(one)]
    near = [
        posixpath.join(place, name)
        for place in (path, *beside, *inner)
        for name in top.tree.names(place)
        if name.endswith((".yaml", ".yml"))
    ]
    wanted = dict.fromkeys(values_files(top.environment.name, dict.fromkeys(near)))
    release = _release(posixpath.basename(path) or top.environment.name)
    return Source(path, "helm", helm=HelmOptions(release=release, values=tuple(ValuesFile(one) for one in wanted)))


def _release(name: str) -> str:
    """Return a name that Helm takes for a release: lower case, at most 53 characters."""
    return "".join(one if one.isalnum() or one == "-" else "-" for one in name.lower())[:53].strip("-") or "release"


def _below(top: _Top, path: str) -> tuple[list[str], list[str], list[str]]:
    """Return the kustomizations that no other one builds on, the charts, and the plain directories below a path."""
    kustomizations: list[str] = []
    charts: list[str] = []
    plain: list[str] = []

    def below(here: str, names: Sequence[str]) -> Iterator[str]:
        if "Chart.yaml" not in names:
            inner = (posixpath.join(here, name) for name in names if not name.startswith("."))
            yield from (one for one in inner if not _is_theirs(top, one))

    for here, names in walked(top.tree, path, below):
        if "Chart.yaml" in names:
            charts.append(here)
        elif any(name in KUSTOMIZATION_FILES for name in names):
            kustomizations.append(here)
        elif any(_is_manifest(top.tree, posixpath.join(here, name)) for name in names):
            plain.append(here)
    used = _used(top.tree, kustomizations)
    leaves = [one for one in kustomizations if one not in used]
    owned = {*kustomizations, *used}
    return leaves, charts, _outermost(one for one in plain if not _owned(one, owned))


def _is_manifest(tree: Tree, path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(SUFFIXES) and not name.startswith(".") and not tree.is_directory(path)


def _is_theirs(top: _Top, path: str) -> bool:
    inner = path[len(top.path) :].strip("/") if top.path else path
    return bool(inner) and speaks_of_another(posixpath.basename(inner), top.environment.name, top.others)


def _owned(path: str, owned: set[str]) -> bool:
    """Say whether a directory of manifests lies below a kustomization, which then says what of it counts."""
    while path:
        if path in owned:
            return True
        path = posixpath.dirname(path)
    return "" in owned


def _outermost(paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in sorted(paths):
        if not found or not inside(path, found[-1]):
            found.append(path)
    return found


def _used(tree: Tree, kustomizations: Sequence[str]) -> set[str]:
    """Return the directories that other kustomizations build on, and components, which are nothing by themselves."""
    found: set[str] = set()
    for here in kustomizations:
        used, component = built_on(tree, here)
        found |= used
        if component:
            found.add(here)
    return found


def built_on(tree: Tree, directory: str) -> tuple[frozenset[str], bool]:
    """Return the paths that a directory's kustomization names, and whether it is a component."""
    name = kustomization_of(tree, directory)
    try:
        documents = parsed(tree.read(name) or b"") if name else []
    except DocumentError:
        return frozenset(), False
    named = (one.target for document in documents for one in references(document) if not one.refused)
    paths = (normal(posixpath.join(directory, one)) for one in named if not one.startswith("/"))
    kinds = {one.value.get("kind") for one in documents if isinstance(one.value, dict)}
    return frozenset(one for one in paths if one is not None), "Component" in kinds


def _configured(rule: ApplicationRule, environment: Environment, tree: Tree) -> Iterator[Application]:
    """Return what one entry of `applications` names: a path, or a pattern that several directories match."""
    places = _matching(rule.path, tree)
    if not places:
        words = f"there is no directory {rule.path} here"
        yield Application(rule.name or rule.path, problems=(RenderProblem(rule.path, words),))
    top = _Top(environment, tree)
    for place in places:
        name = rule.name or called(place, environment.path if inside(place, environment.path) else "", environment.name)
        source = _itself(top, place) or Source(place, "plain")
        yield Application(name, (_with_options(source, rule) if source.engine == "helm" else source,))


def _with_options(source: Source, rule: ApplicationRule) -> Source:
    given = rule.values or rule.parameters
    layers: tuple[Values, ...] = (
        *(ValuesFile(_values_path(source.path, one)) for one in rule.values),
        *(Parameter(name, value) for name, value in rule.parameters),
    )
    helm = source.helm
    release = rule.release or (_release(rule.name) if rule.name else helm.release)
    options = replace(helm, release=release, namespace=rule.namespace or helm.namespace)
    return replace(source, helm=replace(options, values=layers if given else helm.values))


def _values_path(chart: str, path: str) -> str:
    """Return where a values file lies: beside the chart as Helm has it; with a `/` in front, from the top."""
    return path[1:] if path.startswith("/") else normal(posixpath.join(chart, path)) or path


def _matching(pattern: str, tree: Tree) -> list[str]:
    """Return the directories (or the one file) a pattern names; `*` stands for a part of one name."""
    places = [""]
    for part in (one for one in pattern.split("/") if one not in ("", ".")):
        if any(sign in part for sign in "*?["):
            places = [
                posixpath.join(place, name)
                for place in places
                for name in tree.names(place)
                if fnmatch.fnmatchcase(name, part) and not name.startswith(".")
            ]
        else:
            places = [posixpath.join(place, part) for place in places]
    wild = any(sign in pattern for sign in "*?[")
    return [one for one in places if tree.is_directory(one) or (not wild and tree.blob(one) is not None)]


def _distinct(found: Sequence[Application]) -> Iterator[Application]:
    """Yield applications by name; where two would be called the same, each is called by its path."""
    taken: dict[str, int] = {}
    for one in found:
        taken[one.name] = taken.get(one.name, 0) + 1
    for one in sorted(found, key=lambda one: one.name):
        path = one.sources[0].path if one.sources else one.path
        name = one.name if taken[one.name] == 1 else path or one.name
        yield replace(one, name=name.encode("utf-8", "replace").decode())  # git takes any bytes as a name
