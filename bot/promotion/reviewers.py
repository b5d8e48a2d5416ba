"""Who is asked to review a promotion: everybody named, or those of them who have the least to do?

Requests that were made are kept, whoever made them. Nobody is asked whose word would not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bot.model.environment import People
from bot.model.repository import PullRequest

MOST_REVIEWERS = 15  # docs.github.com: requested of one pull request
MOST_ASSIGNEES = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand on one pull request. All names are in lower case.

    `asked` are the users and teams whose review is requested now, `spoken` those who have given it; `excluded` whoever
    must not be asked: the requester, the sole author, those who may not approve, and whom GitHub will not let us ask;
    `closed` are teams which it will not let us ask. `members` are those of the teams in question, as far as they are
    known; `load` how many reviews each user is asked for elsewhere in the repository.
    """

    asked: People = field(default_factory=People)
    spoken: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    load: Mapping[str, int] = field(default_factory=dict)


def wanted(people: People, ask: int, number: int, standing: Standing) -> People:
    """Return whom to ask now, at most as many as GitHub takes; with `ask`, that many users in all, of teams as well.

    `number` is that of the pull request. Those with fewer open requests come first. Among equals it goes by name,
    beginning at another name for each pull request, so that it is not always the same who are asked.
    """
    room = max(0, MOST_REVIEWERS - len(standing.asked.users) - len(standing.asked.teams))
    if ask:
        return People(_least_busy(people, ask, number, standing)[:room])
    gone = {*standing.asked.users, *standing.spoken, *standing.excluded}
    users = tuple(one for one in _distinct(people.users) if one.lower() not in gone)[:room]
    teams = tuple(one for one in _distinct(people.teams) if _is_open(one.lower(), standing))
    return People(users, teams[: room - len(users)])


def candidates(people: People, standing: Standing) -> tuple[str, ...]:
    """Return the users who may be chosen from, by name: those named, and the members of teams that are known."""
    named = [*people.users, *(one for team in people.teams for one in sorted(standing.members.get(team.lower(), ())))]
    return tuple(sorted((one for one in _distinct(named) if one.lower() not in standing.excluded), key=str.lower))


def loads(pulls: Iterable[PullRequest], number: int) -> dict[str, int]:
    """Return how many reviews each user, in lower case, is asked for on open pull requests other than this.

    What a team is asked for is nobody's in particular.
    """
    others = (one for one in pulls if one.number != number and one.state == "open")
    return dict(Counter(login.lower() for one in others for login in one.requested_users))


def assignees(logins: Iterable[str], assigned: Iterable[str], refused: AbstractSet[str]) -> tuple[str, ...]:
    """Return who is still to be assigned, as many as there is room for."""
    there = {one.lower() for one in assigned}
    missing = tuple(one for one in _distinct(logins) if one.lower() not in there | refused)
    return missing[: max(0, MOST_ASSIGNEES - len(there))]


def _least_busy(people: People, ask: int, number: int, standing: Standing) -> tuple[str, ...]:
    everybody = candidates(people, standing)
    engaged = {*standing.asked.users, *standing.spoken}
    left = [one for one in everybody if one.lower() not in engaged]
    if not left:
        return ()
    turn = number % len(everybody)
    order = {one: at for at, one in enumerate([*everybody[turn:], *everybody[:turn]])}
    left.sort(key=lambda one: (standing.load.get(one.lower(), 0), order[one]))
    return tuple(left[: max(0, ask - (len(everybody) - len(left)))])


def _is_open(team: str, standing: Standing) -> bool:
    """Say whether a team is still to be asked: not when one of its members has given their word."""
    members = standing.members.get(team, frozenset())
    return team not in standing.asked.teams and team not in standing.closed and not members & standing.spoken


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return names once each, in order and as first written; to GitHub, case makes no other name."""
    found: dict[str, str] = {}
    for one in names:
        found.setdefault(one.lower(), one)
    return tuple(found.values())
