"""The order of environments: lines, fans, joins, and graphs nobody meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.environment import Approvers, Configuration, Environment, People, ValueFile
from bot.model.promotion import Hop
from bot.promotion.pipeline import (
    circles,
    downstream,
    environment_named,
    environment_names,
    environments_for_branch,
    first,
    in_order,
    next_after,
    pairs,
    upstream_of,
)


def pipeline(text: str) -> Configuration:
    """`b<a c<a,b`: each word an environment, on a branch of its own name, behind `<` what it follows."""
    environments = []
    for word in text.split():
        name, _, after = word.partition("<")
        environments.append(Environment(name, branch=name, after=tuple(after.split(",")) if after else ()))
    return Configuration(tuple(environments))


def names(environments: tuple[Environment, ...]) -> str:
    return " ".join(one.name for one in environments)


LINE = "dev staging<dev production<staging"
FAN = "dev staging<dev eu<staging us<staging"
JOIN = "dev eu<dev us<dev world<eu,us"
UPSIDE_DOWN = "production<staging staging<dev dev"
TWO = "dev live<dev docs-dev docs-live<docs-dev"


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        ("dev", ""),
        (LINE, "dev>staging staging>production"),
        (FAN, "dev>staging staging>eu staging>us"),
        (JOIN, "dev>eu dev>us eu>world us>world"),
        (UPSIDE_DOWN, "dev>staging staging>production"),
        (TWO, "dev>live docs-dev>docs-live"),
        ("dev staging<dev,dev", "dev>staging"),
        ("dev staging<nowhere,dev", "dev>staging"),
        ("dev<dev", ""),
        ("a<b b<a", "b>a a>b"),
    ],
)
def test_pairs(text: str, hops: str) -> None:
    assert " ".join(f"{hop.source.name}>{hop.target.name}" for hop in pairs(pipeline(text))) == hops


@pytest.mark.parametrize(
    ("text", "of", "before", "after", "all_after"),
    [
        (LINE, "dev", "", "staging", "staging production"),
        (LINE, "staging", "dev", "production", "production"),
        (LINE, "production", "staging", "", ""),
        (FAN, "staging", "dev", "eu us", "eu us"),
        (FAN, "dev", "", "staging", "staging eu us"),
        (JOIN, "world", "eu us", "", ""),
        (JOIN, "dev", "", "eu us", "eu us world"),
        (UPSIDE_DOWN, "dev", "", "staging", "staging production"),
        (TWO, "docs-dev", "", "docs-live", "docs-live"),
        ("a<b b<a", "a", "b", "b", "b"),
    ],
)
def test_neighbours(text: str, of: str, before: str, after: str, all_after: str) -> None:
    configuration = pipeline(text)
    environment = configuration.environment(of)
    assert environment is not None
    assert names(upstream_of(configuration, environment)) == before
    assert names(next_after(configuration, environment)) == after
    assert names(downstream(configuration, [environment])) == all_after


@pytest.mark.parametrize(
    ("text", "expected"), [("", ""), (LINE, "dev"), (UPSIDE_DOWN, "dev"), (TWO, "dev docs-dev"), ("a<gone", "a")]
)
def test_where_a_pipeline_starts(text: str, expected: str) -> None:
    assert names(first(pipeline(text))) == expected


def test_environments_of_a_branch_keep_the_order_written() -> None:
    configuration = Configuration(
        (Environment("eu", "main", "clusters/eu"), Environment("x", "x"), Environment("us", "main", "clusters/us"))
    )
    assert names(environments_for_branch(configuration, "main")) == "eu us"
    assert environments_for_branch(configuration, "Main") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINE, ()),
        (JOIN, ()),
        ("a<a", (("a",),)),
        ("a<b b<a", (("a", "b"),)),
        ("x a<x,b b<a c<b", (("a", "b"),)),
        ("a<b b<c c<a", (("a", "b", "c"),)),
        ("a<b b<a c<d d<c", (("a", "b"), ("c", "d"))),
        ("a<gone", ()),
    ],
)
def test_circles(text: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert circles(pipeline(text).environments) == expected


@st.composite
def graphs(draw: st.DrawFn) -> Configuration:
    letters = "abcdefg"[: draw(st.integers(1, 7))]
    return Configuration(
        tuple(
            Environment(one, one, after=tuple(draw(st.lists(st.sampled_from(letters), max_size=3, unique=True))))
            for one in draw(st.permutations(letters))
        )
    )


@given(graphs())
def test_without_circles_sources_come_first_and_nothing_is_lost(configuration: Configuration) -> None:
    ordered = in_order(configuration.environments)
    assert set(ordered) == set(configuration.environments)
    assert len(ordered) == len(configuration.environments)
    found = circles(configuration.environments)
    for circle in found:
        for name, following in zip(circle, (*circle[1:], circle[0]), strict=True):
            environment = configuration.environment(name)
            assert environment is not None
            assert following in environment.after
    if not found:
        place = {one.name: index for index, one in enumerate(ordered)}
        hops = pairs(configuration)
        assert all(place[hop.source.name] < place[hop.target.name] for hop in hops)
        assert len(hops) == sum(len(one.after) for one in configuration.environments)
        starts = first(configuration)
        assert set(starts) | set(downstream(configuration, starts)) == set(ordered)


def grouped(name: str, group: str = "europe", **more: object) -> Environment:
    fields = {"branch": "main", "path": name, "after": ("dev",), "strategy": "directory", **more}
    return Environment(name, group=group, **fields)  # type: ignore[arg-type]  # words of a table


GROUPS: list[tuple[str, list[Environment], list[str]]] = [
    ("alike", [grouped("west"), grouped("north")], ["dev to europe (west, north)"]),
    ("beside others", [grouped("west"), grouped("us", ""), grouped("north")],
     ["dev to europe (west, north)", "dev to us"]),
    ("of two names", [grouped("west"), grouped("east", "asia")], ["dev to europe (west)", "dev to asia (east)"]),
    ("on another branch", [grouped("west"), grouped("north", branch="other")],
     ["dev to europe (west)", "dev to europe (north)"]),
    ("by another strategy", [grouped("west"), grouped("north", strategy="branch")],
     ["dev to europe (west)", "dev to europe (north)"]),
    ("after others", [grouped("west"), grouped("north", after=("west",))],
     ["dev to europe (west)", "west to europe (north)"]),
    ("tags have none", [grouped("west", strategy="tag"), grouped("north", strategy="tag")],
     ["dev to west", "dev to north"]),
]  # fmt: skip


@pytest.mark.parametrize(("_", "members", "expected"), GROUPS, ids=[row[0] for row in GROUPS])
def test_groups(_: str, members: list[Environment], expected: list[str]) -> None:
    def words(hop: Hop) -> str:
        inside = ", ".join(one.name for one in hop.target.members)
        return hop.name + (f" ({inside})" if inside else "")

    configuration = Configuration((Environment("dev", "main", "dev"), *members))
    assert [words(hop) for hop in pairs(configuration)] == expected


def test_a_group_is_as_careful_as_its_most_careful_member() -> None:
    west = grouped("west", approvers=Approvers(People(("ann",), ("qa",)), 1), merge="auto")
    north = grouped(
        "north", approvers=Approvers(People(("ben",), ("qa",)), 2, ("omar",)), promote="manual", on_drift="block"
    )
    configuration = Configuration((Environment("dev", "main", "dev"), west, north))
    group = environment_named(configuration, "europe")
    assert group is not None and group.members == (west, north)
    assert (group.promote, group.merge, group.on_drift) == ("manual", "manual", "block")
    assert group.approvers == Approvers(People(("ann", "ben"), ("qa",)), 2, ("omar",))
    assert environment_names(configuration) == ("dev", "west", "north", "europe")
    assert environment_named(configuration, "west") == west
    assert environment_named(configuration, "mars") is None


def test_each_application_has_a_way_of_its_own_where_it_is_asked_for() -> None:
    files = (ValueFile("web", "web.yaml"), ValueFile("api", "api.yaml"), ValueFile("web", "more.yaml"))
    for batch, expected in {"each": ["promote/dev-to-prod--web", "promote/dev-to-prod--api"],
                            "together": ["promote/dev-to-prod"]}.items():  # fmt: skip
        prod = Environment("prod", "main", after=("dev",), strategy="values", values=files, batch=batch)  # type: ignore[arg-type]  # a word of a table
        assert [hop.branch for hop in pairs(Configuration((Environment("dev", "main"), prod)))] == expected
