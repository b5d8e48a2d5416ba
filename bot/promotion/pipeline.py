"""In which order does a change walk through the environments?

`Environment.after` names the environments whose changes an environment takes; the hops are the edges of that
graph. The parser has filled `after` in where the file leaves it out, so the order written plays no part in
which hops there are, only in how they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.environment import Configuration, Environment
from bot.model.promotion import Hop


def pairs(configuration: Configuration) -> tuple[Hop, ...]:
    """Return every hop, sources before targets, else in the order written."""
    return tuple(
        Hop(source, target)
        for target in in_order(configuration.environments)
        for source in upstream_of(configuration, target)
    )


def first(configuration: Configuration) -> tuple[Environment, ...]:
    """Return the environments where a pipeline starts: nothing is promoted into them."""
    return tuple(one for one in configuration.environments if not upstream_of(configuration, one))


def next_after(configuration: Configuration, environment: Environment) -> tuple[Environment, ...]:
    """Return the environments that take the changes of this one, in order; several where the pipeline fans out."""
    return tuple(one for one in in_order(configuration.environments) if environment.name in one.after)


def upstream_of(configuration: Configuration, environment: Environment) -> tuple[Environment, ...]:
    """Return the environments this one takes changes from; several where the pipeline fans in."""
    found = (configuration.environment(name) for name in dict.fromkeys(environment.after))
    return tuple(one for one in found if one is not None and one.name != environment.name)


def downstream(configuration: Configuration, sources: Iterable[Environment]) -> tuple[Environment, ...]:
    """Return the environments that a change in `sources` reaches by promotion, in order, without `sources`."""
    own = {one.name for one in sources}
    reached, found = set(own), []
    for environment in in_order(configuration.environments):
        if environment.name not in own and reached & set(environment.after):
            reached.add(environment.name)
            found.append(environment)
    return tuple(found)


def environments_for_branch(configuration: Configuration, branch: str) -> tuple[Environment, ...]:
    """Return the environments deployed from a branch, in the order written."""
    return tuple(one for one in configuration.environments if one.branch == branch)


def in_order(environments: Iterable[Environment]) -> tuple[Environment, ...]:
    """Return the environments so that each comes after those it follows, else in the order written.

    Names that do not exist hold nothing up; on a circle, which the parser refuses, the first written goes first.
    """
    left = {one.name: one for one in environments}
    done: list[Environment] = []
    while left:
        free = (one for one in left.values() if not any(name in left for name in one.after))
        done.append(left.pop(next(free, next(iter(left.values()))).name))
    return tuple(done)


def circles(environments: Iterable[Environment]) -> tuple[tuple[str, ...], ...]:
    """Return circles of environments, each of which follows the next; () when the pipeline is sound.

    Every environment on a circle is in one of those returned, unless it only joins two of them.
    """
    left = {one.name: tuple(one.after) for one in environments}
    while free := [name for name, after in left.items() if not any(one in left for one in after)]:
        for name in free:
            del left[name]
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in left:
        walk: list[str] = []
        name = start
        while name not in seen and name not in walk:
            walk.append(name)
            name = next(one for one in left[name] if one in left)
        if name in walk:
            found.append(tuple(walk[walk.index(name) :]))
        seen.update(walk)
    return tuple(found)
