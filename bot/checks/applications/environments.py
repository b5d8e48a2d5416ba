"""Which environments does a repository hold that has no configuration?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from bot.checks.applications import jenkinsx
from bot.checks.applications.directories import walked
from bot.checks.applications.found import built_on
from bot.checks.applications.words import canonical, spoken_of
from bot.checks.closure import KUSTOMIZATION_FILES
from bot.checks.inputs import SUFFIXES
from bot.checks.scope import inside
from bot.model.environment import ApplicationRule, Environment
from bot.model.tree import Tree

PLACES = ("overlays", "environments", "envs", "clusters")
MOST = 20  # environments that nobody named
WHOLE = "repository"


def environments(tree: Tree, branch: str) -> tuple[Environment, ...]:
    """Return the environments a tree looks like, sorted by name; none where there is nothing to render.

    What lies in directories that speak of an environment (`overlays/prod`, `apps/web/production`) is that
    environment's. Other directories of `overlays`, `environments`, `envs` or `clusters` are environments of their own
    while they are few. All else is one environment, the repository. A repository of Jenkins X has the environments of
    its jx-requirements that live in it.
    """
    if found := _of_jenkins_x(tree, branch):
        return found
    groups: dict[str, list[str]] = {}
    for place in _places(tree):
        groups.setdefault(spoken_of(place, ()) or _own_name(place), []).append(place)
    unnamed = [name for name in groups if canonical(name) != name or "/" in name]
    if len(unnamed) > MOST:
        groups.setdefault("", []).extend(place for name in unnamed for place in groups.pop(name))
    return tuple(_environment(name, places, branch) for name, places in sorted(groups.items()))


def _of_jenkins_x(tree: Tree, branch: str) -> tuple[Environment, ...]:
    """Return the environments whose namespaces a repository of Jenkins X holds; else one, of what it installs."""
    requirements = jenkinsx.environments(tree)
    if requirements is None:
        return ()
    root = "config-root"
    if not tree.is_directory(root):
        return (Environment(WHOLE, branch, ""),) if jenkinsx.applications(tree, "") else ()
    own = {one.name: f"{root}/namespaces/{one.namespace}" for one in requirements.environments if not one.remote}
    found = [Environment(name, branch, place) for name, place in own.items() if tree.is_directory(place)]
    taken = {one.path for one in found}
    others = [f"{root}/{name}" for name in tree.names(root) if name != "namespaces"]
    others += [f"{root}/namespaces/{name}" for name in tree.names(f"{root}/namespaces")]
    rest = [place for place in others if tree.is_directory(place) and place not in taken]
    if rest:
        rules = tuple(ApplicationRule(_literal(place)) for place in rest)
        found.append(Environment(WHOLE, branch, root, applications=rules))
    return tuple(sorted(found, key=lambda one: one.name))


def _environment(name: str, places: list[str], branch: str) -> Environment:
    name = name or WHOLE
    if len(places) == 1:
        return Environment(name, branch, places[0])
    rules = tuple(ApplicationRule(_literal(place)) for place in sorted(places))
    return Environment(name, branch, posixpath.commonpath(places), applications=rules)


def _literal(path: str) -> str:
    """Return a pattern that matches this path only."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in path)


def _own_name(place: str) -> str:
    """Return the path of a directory of environments' own, '' for what is nowhere in particular."""
    return place if posixpath.basename(posixpath.dirname(place)) in PLACES else ""


def _places(tree: Tree) -> list[str]:
    """Return what can be rendered as it stands: kustomizations that none builds on, charts, and plain directories.

    Plain manifests count in directories of environments only: elsewhere a YAML file may be anything.
    """
    kustomizations: list[str] = []
    charts: list[str] = []
    plain: list[str] = []
    for here, names in _directories(tree):
        if "Chart.yaml" in names:
            charts.append(here)
        elif any(name in KUSTOMIZATION_FILES for name in names):
            kustomizations.append(here)
        elif posixpath.basename(posixpath.dirname(here)) in PLACES and any(one.endswith(SUFFIXES) for one in names):
            plain.append(here)
    used: set[str] = set()
    for here in kustomizations:
        named, component = built_on(tree, here)
        used |= named | ({here} if component else set())
    leaves = [one for one in kustomizations if one not in used]
    owned = [*kustomizations, *used]
    return [*leaves, *charts, *(one for one in plain if not any(inside(one, place) for place in owned))]


def _directories(tree: Tree) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield every directory with the names it holds, but those inside charts and those with a dot in front."""

    def below(here: str, names: Sequence[str]) -> Iterator[str]:
        if "Chart.yaml" not in names:
            yield from (posixpath.join(here, name) for name in names if not name.startswith("."))

    yield from walked(tree, "", below)
