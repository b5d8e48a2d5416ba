"""The order of environments: lines, fans, joins, and graphs nobody meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.environment import Configuration, Environment
from bot.promotion.pipeline import (
    circles,
    downstream,
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
