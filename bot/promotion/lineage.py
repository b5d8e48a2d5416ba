"""Which environment of an earlier configuration became one of a later, under whatever name and at whatever place?

A new name, or a new place, moves nothing by itself: what waited before still waits.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.environment import Configuration, Environment
from bot.model.promotion import Hop
from bot.promotion.pipeline import pairs


def earlier(one: Environment, newer: Configuration, older: Configuration) -> Environment | None:
    """Return what an environment of `newer` was in `older`, None where it is new.

    Its name tells, else its spot. Where one got both anew at once, the pipeline has to be of the same shape, and then
    its turn in it tells.
    """
    return older.environment(one.name) or _at_the_spot(one, older) or _of_the_turn(one, newer, older)


def earlier_hop(hop: Hop, newer: Configuration, older: Configuration) -> Hop | None:
    """Return the hop of `older` that a hop of `newer` goes on from, None where there was no such pair.

    A group is the same while one of its members is.
    """
    source = earlier(hop.source, newer, older)
    members = (earlier(one, newer, older) for one in hop.target.members or (hop.target,))
    targets = {one.name for one in members if one is not None}
    if source is None or not targets:
        return None
    alike = [one for one in pairs(older) if one.source.name == source.name and targets & {*_names(one.target)}]
    alike.sort(key=lambda one: (one.application != hop.application, bool(one.application)))
    return alike[0] if alike else None


def _names(target: Environment) -> Sequence[str]:
    return [one.name for one in target.members or (target,)]


def is_same_spot(one: Environment, other: Environment) -> bool:
    """Say whether two environments lie at one spot; the keys of their versions are no part of it."""
    return _spot(one) == _spot(other)


def _spot(one: Environment) -> tuple[object, ...]:
    files = tuple((value.application, value.file) for value in one.values)
    return one.repository.lower(), one.branch, one.path, one.tag, files


def _at_the_spot(one: Environment, older: Configuration) -> Environment | None:
    found = [other for other in older.environments if _spot(other) == _spot(one)]
    return found[0] if len(found) == 1 else None


def _of_the_turn(one: Environment, newer: Configuration, older: Configuration) -> Environment | None:
    if _shape(newer) != _shape(older):
        return None
    turn = next((number for number, other in enumerate(newer.environments) if other.name == one.name), None)
    if turn is None:
        return None
    found = older.environments[turn]
    lives_on = newer.environment(found.name) or _at_the_spot(found, newer)
    alike = (found.repository.lower(), bool(found.tag), bool(found.values)) == (
        one.repository.lower(),
        bool(one.tag),
        bool(one.values),
    )
    return found if alike and not lives_on else None


def _shape(configuration: Configuration) -> Sequence[Sequence[int]]:
    """Return of each environment the turns of those that it follows."""
    turns = {one.name: number for number, one in enumerate(configuration.environments)}
    return [sorted(turns.get(name, -1) for name in one.after) for one in configuration.environments]
