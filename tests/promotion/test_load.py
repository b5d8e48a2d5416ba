"""Who is asked to review: everybody named, or those who have the least to do?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.environment import People
from bot.model.repository import Actor, PullRequest
from bot.promotion.reviewers import MOST_REVIEWERS, Standing, assignees, candidates, loads, wanted

NOTHING = Standing()
LEADS = {"leads": frozenset(("lena", "omar")), "qa": frozenset(("quinn",))}


def users(*names: str) -> People:
    return People(users=names)


def none(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("people", "standing", "expected"),
    [
        (People(), NOTHING, People()),
        (People(("Ann", "ben", "ann"), ("qa",)), NOTHING, People(("Ann", "ben"), ("qa",))),
        (users("Ann", "ben"), Standing(asked=users("ann")), users("ben")),
        (users("ann", "ben"), Standing(spoken=none("ann")), users("ben")),
        (users("ann", "Ben"), Standing(excluded=none("ben")), users("ann")),
        (People((), ("QA", "leads")), Standing(asked=People((), ("qa",))), People((), ("leads",))),
        (People((), ("qa", "leads")), Standing(spoken=none("omar"), members=LEADS), People((), ("qa",))),
        (People((), ("qa",)), Standing(closed=none("qa")), People()),
        (People(("qa",), ("qa",)), Standing(closed=none("qa")), users("qa")),
        (People(("qa",), ("qa",)), Standing(excluded=none("qa")), People((), ("qa",))),
        (People(("ann",), ("qa",)), Standing(asked=users(*(f"u{n}" for n in range(14)))), users("ann")),
        (People(("ann",), ("qa",)), Standing(asked=users(*(f"u{n}" for n in range(15)))), People()),
        (People((), ("qa", "leads")), Standing(asked=users(*(f"u{n}" for n in range(14)))), People((), ("qa",))),
    ],
)
def test_everybody_who_is_named(people: People, standing: Standing, expected: People) -> None:
    assert wanted(people, 0, 7, standing) == expected


FOUR = users("ann", "Ben", "cleo", "dan")


@pytest.mark.parametrize(
    ("ask", "number", "standing", "expected"),
    [
        (1, 4, NOTHING, ("ann",)),
        (1, 5, NOTHING, ("Ben",)),
        (2, 7, NOTHING, ("dan", "ann")),
        (2, 4, Standing(load={"ann": 2, "ben": 1}), ("cleo", "dan")),
        (3, 4, Standing(load={"ann": 2, "ben": 1}), ("cleo", "dan", "Ben")),
        (2, 4, Standing(asked=users("dan")), ("ann",)),
        (2, 4, Standing(asked=users("dan"), spoken=none("ben")), ()),
        (2, 4, Standing(asked=users("zoe")), ("ann", "Ben")),
        (2, 4, Standing(spoken=none("dan"), load={"ann": 1}), ("Ben",)),
        (2, 4, Standing(excluded=none("ann", "ben", "cleo")), ("dan",)),
        (9, 4, NOTHING, ("ann", "Ben", "cleo", "dan")),
        (2, 4, Standing(excluded=none("ann", "ben", "cleo", "dan")), ()),
        (4, 4, Standing(asked=users(*(f"u{n}" for n in range(13)))), ("ann", "Ben")),
    ],
)
def test_those_who_have_the_least_to_do(ask: int, number: int, standing: Standing, expected: tuple[str, ...]) -> None:
    assert wanted(FOUR, ask, number, standing) == People(expected)


def test_members_of_teams_are_chosen_from_and_the_team_is_not_asked() -> None:
    people = People(("Lena",), ("leads", "qa"))
    standing = Standing(members=LEADS, load={"lena": 1})
    assert candidates(people, standing) == ("Lena", "omar", "quinn")
    assert wanted(people, 2, 3, standing) == users("omar", "quinn")


def pull(number: int, *requested: str, state: str = "open") -> PullRequest:
    return PullRequest(
        number, "", "", Actor("ann"), "", "open" if state == "open" else "closed", False, False, None, None, None,
        "main", "", "x", "", None, requested_users=requested, requested_teams=("qa",),
    )  # fmt: skip


def test_load_is_what_is_open_elsewhere_in_the_repository() -> None:
    pulls = [pull(1, "Ann", "ben"), pull(2, "ann"), pull(3, "ann", "cleo"), pull(4, "ben", state="closed")]
    assert loads(pulls, 3) == {"ann": 2, "ben": 1}
    assert loads([replace(pulls[0], requested_users=())], 3) == {}, "what a team is asked for is nobody's in particular"


@pytest.mark.parametrize(
    ("logins", "assigned", "refused", "expected"),
    [
        (("ann", "Ben"), (), none(), ("ann", "Ben")),
        (("ann", "Ben"), ("ben",), none(), ("ann",)),
        (("ann", "Ben"), (), none("ben"), ("ann",)),
        (tuple(f"u{n}" for n in range(12)), ("x",), none(), tuple(f"u{n}" for n in range(9))),
        (("ann",), tuple(f"u{n}" for n in range(10)), none(), ()),
    ],
)
def test_assignees(
    logins: tuple[str, ...], assigned: tuple[str, ...], refused: frozenset[str], expected: tuple[str, ...]
) -> None:
    assert assignees(logins, assigned, refused) == expected


NAMES = st.frozensets(st.sampled_from([f"u{n}" for n in range(20)]))
MADE = st.builds(
    lambda asked, spoken, excluded, load: Standing(users(*sorted(asked)[:15]), spoken, excluded, load=load),
    NAMES,
    NAMES,
    NAMES,
    st.dictionaries(st.sampled_from(["u1", "u2", "u3"]), st.integers(1, 3)),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, MADE, st.integers(0, 17), st.integers(1, 99))
def test_asking_twice_asks_nobody_more(named: frozenset[str], standing: Standing, ask: int, number: int) -> None:
    people = users(*sorted(named))
    first = wanted(people, ask, number, standing)
    assert not {*first.users} & {*standing.asked.users, *standing.spoken, *standing.excluded}
    assert len(standing.asked.users) + len(first.users) <= MOST_REVIEWERS
    assert len(first.users) <= (ask or 15)
    again = replace(standing, asked=users(*standing.asked.users, *first.users))
    assert wanted(people, ask, number, again) == People()
