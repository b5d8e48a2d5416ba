"""Entries of two lists are paired by what they are, and what went stands where it stood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.masking import Masked
from bot.checks.pairing import identities, pairs


def named(*names: Any) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


TOLD_APART: list[tuple[str, list[Any], bool]] = [
    ("env", named("A", "B"), True),
    ("env", named("A", "A"), False),
    ("env", [{"name": "A", "value": "$(B)"}, {"name": "B"}], False),
    ("env", [{"name": "A"}, {"value": "1"}], False),
    ("env", named(1, "1"), True),
    ("env", named(1, True), True),
    ("env", named(1, 1.0), True),
    ("env", named(None, "null"), True),
    ("env", named(["a"], '["a"]'), True),
    ("env", named({"a": 1, "b": 2}, {"b": 2, "a": 1}), False),
    ("env", named(Masked("a"), Masked("b")), False),  # what is hidden tells nothing apart
    ("ports", [{"containerPort": 1}, {"containerPort": 1, "protocol": "UDP"}], True),
    ("ports", [{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}], False),
    ("verbs", ["get", "list"], True),
    ("verbs", ["get", "get"], False),
    ("verbs", [1, "1"], True),
    ("args", ["a", "b"], False),
    ("containers", ["a", "b"], False),
]


@pytest.mark.parametrize(("field", "items", "expected"), TOLD_APART)
def test_what_is_told_apart(field: str, items: list[Any], expected: bool) -> None:
    assert (identities(field, items) is not None) is expected


PAIRED: list[tuple[str, str, list[tuple[int | None, int | None]]]] = [
    ("ab", "ab", [(0, 0), (1, 1)]),
    ("ab", "ba", [(1, 0), (0, 1)]),
    ("ab", "b", [(0, None), (1, 0)]),
    ("abcd", "da", [(3, 0), (0, 1), (1, None), (2, None)]),
    ("abc", "xc", [(0, None), (1, None), (None, 0), (2, 1)]),
    ("a", "", [(0, None)]),
    ("", "a", [(None, 0)]),
]


@pytest.mark.parametrize(("base", "head", "expected"), PAIRED)
def test_pairs(base: str, head: str, expected: list[tuple[int | None, int | None]]) -> None:
    assert pairs("env", named(*base), named(*head)) == expected


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefgh"), unique=True))
def test_an_item_that_went_follows_what_it_followed(base: list[str], head: list[str]) -> None:
    found = pairs("env", named(*base), named(*head))
    assert [new for _, new in found if new is not None] == list(range(len(head)))
    assert sorted(old for old, _ in found if old is not None) == list(range(len(base)))
    for (before, _), (old, new) in zip([(-1, None), *found], found, strict=False):
        if new is None:
            assert before is not None
            assert old == before + 1
        elif old is not None:
            assert base[old] == head[new]
