"""Which environments does a branch reach: at once, or by a later promotion?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.checks.discover import discover
from bot.model.environment import Configuration, Environment
from bot.promotion.pipeline import downstream


@dataclass(frozen=True, slots=True)
class Reached:
    """An environment a change reaches; `deployed` when it is deployed from the branch itself."""

    environment: Environment
    deployed: bool


def reached_by(
    configuration: Configuration, branch: str, default_branch: str, base: Path, head: Path
) -> tuple[Reached, ...]:
    """Return the environments of a branch, then those further down the pipeline whose path it holds, or held.

    Without a configuration the environments are what the tree looks like, on the default branch only.
    """
    if not configuration.found:
        if branch != default_branch:
            return ()
        paths = [found.relative_to(head).as_posix() for found in sorted(head.rglob("*")) if found.is_file()]
        return tuple(Reached(Environment(root or "repository", branch, root), True) for root in discover(paths))
    own = [one for one in configuration.environments if one.branch == branch]
    places = {one.path for one in own}
    later = [
        one
        for one in downstream(configuration, own)
        if one.branch != branch and one.path not in places and any((side / one.path).is_dir() for side in (base, head))
    ]
    return (*(Reached(one, True) for one in own), *(Reached(one, False) for one in later))
