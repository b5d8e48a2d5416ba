"""Which environments does a branch reach: at once, or by a later promotion?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.checks.applications.environments import environments
from bot.model.environment import Configuration, Environment
from bot.model.tree import Tree
from bot.promotion.pipeline import downstream


@dataclass(frozen=True, slots=True)
class Reached:
    """An environment a change reaches; `deployed` when it is deployed from the branch itself."""

    environment: Environment
    deployed: bool


def reached_by(
    configuration: Configuration, branch: str, default_branch: str, base: Tree, head: Tree
) -> tuple[Reached, ...]:
    """Return the environments of a branch, then those further down the pipeline whose path it holds, or held.

    Without a configuration the environments are what the tree looks like, on the default branch only.
    """
    if not configuration.found:
        if branch != default_branch:
            return ()
        found = {one.name: one for tree in (base, head) for one in environments(tree, branch)}
        return tuple(Reached(one, True) for _, one in sorted(found.items()))
    here = [one for one in configuration.environments if one.branch == branch]
    own = [one for one in here if not one.tag]
    places = {one.path for one in own}
    tagged: list[Environment] = []  # what is deployed from tags on the branch, one environment for each directory
    for one in here:
        if one.tag and one.path not in places:
            tagged.append(one)
            places.add(one.path)
    later = [
        one
        for one in downstream(configuration, own)
        if one.branch != branch and one.path not in places and any(side.is_directory(one.path) for side in (base, head))
    ]
    return (*(Reached(one, True) for one in own), *(Reached(one, False) for one in (*tagged, *later)))
