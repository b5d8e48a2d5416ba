"""What is to say of an environment whose directory is not there?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from bot.checks.scope import CONFIGURATION
from bot.flows.question import Sides
from bot.model.environment import Environment
from bot.model.finding import Finding
from bot.model.tree import Tree


def is_there(tree: Tree, path: str) -> bool:
    """Say whether a tree holds a directory or file at a path."""
    return tree.is_directory(path) or tree.blob(path) is not None


def missing_directory(environment: Environment, sides: Sides, resources: int) -> Iterator[Finding]:
    """Yield what to say of an environment whose directory is not there: nothing was judged, so nothing is fine.

    A directory that goes away would take its resources with it. One that never was is a mistake in the
    configuration; it holds up promotions, but not the pull request that mends it.
    """
    name, path = environment.name, environment.path
    if is_there(sides.head, path):
        return
    gone = is_there(sides.base, path)
    said = f"the directory `{path}` of {name} is not there"
    if gone:
        lost = f"{resources} resource{'' if resources == 1 else 's'}"
        said = f"the directory `{path}` goes away, and with it {lost} of {name}"
    near = get_close_matches(path, [*_directories(sides.head)], 1, 0.6)
    mean = f"did you mean `{near[0]}`? " if near else ""
    yield Finding(
        concern="manifests",
        policy="render",
        rule="absent",
        state="error" if gone or sides.promotion else "warn",
        message=said,
        severity="high",
        title="No manifests to look at",
        environment=name,
        field=path,
        path=CONFIGURATION,
        how=f"{mean}keep the directory, or change `environments.{name}.path` in the configuration first",
    )


def _directories(tree: Tree, most: int = 2000) -> Iterable[str]:
    """Return directories of a tree, the outer ones first, at most so many."""
    found: list[str] = []
    pending = [""]
    while pending and len(found) < most:
        here = pending.pop(0)
        below = [posixpath.join(here, name) for name in tree.names(here)]
        inner = [place for place in below if tree.is_directory(place)]
        found += inner
        pending += inner
    return found[:most]
