"""In which order does a change walk through the environments?

`Environment.after` names the environments whose changes an environment takes; the hops are the edges of that
graph. The parser has filled `after` in where the file leaves it out, so the order written plays no part in
which hops there are, only in how they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.model.environment import Approvers, Configuration, Environment, People, ValueFile
from bot.model.gates import Health
from bot.model.promotion import Hop


def pairs(configuration: Configuration) -> tuple[Hop, ...]:
    """Return every hop, sources before targets, else in the order written.

    Environments of one group that follow the same environment, in the same way, are one target; where every
    application moves on its own, each has a hop of its own.
    """
    found: dict[tuple[object, ...], list[tuple[Environment, Environment]]] = {}
    for target in in_order(configuration.environments):
        for source in upstream_of(configuration, target):
            alike: object = target.name
            if target.group and target.strategy != "tag":  # a tag is set without a pull request that could be shared
                alike = (target.group, target.repository, target.branch, target.strategy)
            found.setdefault((source.name, alike), []).append((source, target))
    hops = []
    for way in found.values():
        source, target = way[0]
        if target.group and target.strategy != "tag":
            target = grouped([member for _, member in way])
        hops += [Hop(source, target, application) for application in _applications(target)]
    return tuple(hops)


def every_way(configuration: Configuration) -> tuple[Hop, ...]:
    """Return every hop, those against the stream last."""
    return (*pairs(configuration), *ways_back(configuration))


def ways_back(configuration: Configuration) -> tuple[Hop, ...]:
    """Return the hops against the stream: a rollback of each target, and a way back from each target to its source.

    Content moves on them as it does on the hop that they go against, and no gate asks what a new change has to show.
    Where that is a tag, nothing goes back to a source: one commit is both.
    """
    found: dict[str, Hop] = {}
    for hop in pairs(configuration):
        target = replace(
            _against(hop, hop.target), members=tuple(_against(hop, member) for member in hop.target.members)
        )
        rollback = Hop(target, target, way="rollback")
        found.setdefault(rollback.branch, rollback)
        source = replace(_against(hop, hop.source), strategy=target.strategy, values=hop.source.values)
        for one in () if target.strategy == "tag" else target.members or (target,):
            back = Hop(one, source, hop.application, "back")
            found.setdefault(back.branch, back)
    return tuple(found.values())


def _against(hop: Hop, environment: Environment) -> Environment:
    gates = replace(environment.gates, checks=(), test=(), health=Health(), soak=timedelta(0))
    return replace(environment, gates=gates, on_drift="keep", values=_with_keys(hop.source, environment))


def _with_keys(source: Environment, target: Environment) -> tuple[ValueFile, ...]:
    """Return the target's files with the keys that move into them: those that the source names, else their own."""
    named = {one.application: one.keys for one in source.values}
    return tuple(replace(one, keys=named.get(one.application) or one.keys) for one in target.values)


def grouped(members: Sequence[Environment]) -> Environment:
    """Return the environment that a group's members are for promotions: as careful as the most careful of them."""
    first = members[0]
    return replace(
        first,
        name=first.group,
        path="",
        promote="manual" if any(one.promote == "manual" for one in members) else "auto",
        merge="auto" if all(one.merge == "auto" for one in members) else "manual",
        on_drift="block" if any(one.on_drift == "block" for one in members) else "keep",
        approvers=pooled([one.approvers for one in members]),
        members=tuple(members),
    )


def pooled(each: Sequence[Approvers]) -> Approvers:
    """Return whom several environments ask, as one. Whether enough of them approved, each judges by its own rule.

    Where they do not name the same people, everybody is asked: a few of all might be nobody of one.
    """
    users, teams, assign = (
        tuple(dict.fromkeys(name for names in some for name in names))
        for some in ([one.people.users for one in each], [one.people.teams for one in each], [x.assign for x in each])
    )
    owned = any(one.codeowners for one in each)
    alike = len(each) == 1 or (not owned and len({one.people for one in each}) == 1 and all(one.ask for one in each))
    return Approvers(
        People(users, teams),
        max(one.required for one in each),
        assign,
        codeowners=owned,
        ask=max(one.ask for one in each) if alike else 0,
    )


def environment_names(configuration: Configuration) -> tuple[str, ...]:
    """Return the names that a promotion may be asked for by: those of environments, then of groups."""
    groups = (hop.target.name for hop in pairs(configuration) if hop.target.members)
    return tuple(dict.fromkeys((*(one.name for one in configuration.environments), *groups)))


def environment_named(configuration: Configuration, name: str) -> Environment | None:
    """Return the environment, or the group as one, of that name."""
    groups = (hop.target for hop in pairs(configuration) if hop.target.members)
    return configuration.environment(name) or next((one for one in groups if one.name == name), None)


def _applications(target: Environment) -> tuple[str, ...]:
    """Return the applications that move by a pull request of their own; `("",)` where all move together."""
    if target.strategy != "values" or target.batch != "each":
        return ("",)
    named = (one.application for member in target.members or (target,) for one in member.values)
    return tuple(dict.fromkeys(named)) or ("",)


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
