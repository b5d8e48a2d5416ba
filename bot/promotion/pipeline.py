"""In which order does a change walk through the environments?

`Environment.after` names the environments that come before one; the hops are the edges of that graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.environment import Configuration, Environment
from bot.model.promotion import Hop


def pairs(configuration: Configuration) -> tuple[Hop, ...]:
    """Return every (source, target) pair, sources before targets, else in the order written."""
    known = {one.name: one for one in configuration.environments}
    ordered = in_order(configuration.environments)
    return tuple(Hop(known[name], target) for target in ordered for name in target.after if name in known)


def in_order(environments: Iterable[Environment]) -> tuple[Environment, ...]:
    """Return the environments so that each comes after those it follows; what is on a cycle comes last."""
    left = list(environments)
    names = {one.name for one in left}
    done: list[Environment] = []
    placed: set[str] = set()
    while left:
        ready = next(
            (one for one in left if all(name in placed or name not in names for name in one.after)), left[0]
        )
        left.remove(ready)
        done.append(ready)
        placed.add(ready.name)
    return tuple(done)


def cycle(environments: Iterable[Environment]) -> tuple[str, ...]:
    """Return the names of environments that wait for each other in a circle; () when the pipeline is sound."""
    left = {one.name: set(one.after) for one in environments}
    while free := [name for name, after in left.items() if not after & left.keys()]:
        for name in free:
            del left[name]
    return tuple(left)


def downstream(configuration: Configuration, sources: Iterable[Environment]) -> tuple[Environment, ...]:
    """Return the environments that a change in `sources` reaches by promotion, in order, without `sources`."""
    reached = {one.name for one in sources}
    found = []
    for environment in in_order(configuration.environments):
        if environment.name not in reached and reached & set(environment.after):
            reached.add(environment.name)
            found.append(environment)
    return tuple(found)
