"""Environments are renamed and moved in the configuration: which one was it before?"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.model.environment import Configuration, Environment, ValueFile
from bot.promotion.lineage import earlier, earlier_hop
from bot.promotion.pipeline import pairs


def pipeline(text: str, group: Sequence[str] = ()) -> Configuration:
    """`a:x b:y<a`: each word an environment, its path, and behind `<` what it follows."""
    found = []
    for word in text.split():
        head, _, after = word.partition("<")
        name, _, path = head.partition(":")
        member = "all" if name in group else ""
        found.append(Environment(name, "main", path, tuple(filter(None, after.split(","))), group=member))
    return Configuration(tuple(found))


LINE = "dev:d staging:s<dev prod:p<staging"


@pytest.mark.parametrize(
    ("name", "older", "expected"),
    [  # which environment of LINE, the configuration before, what it was there
        ("dev", LINE, "dev"),
        ("dev", "dev:old staging:s<dev prod:p<staging", "dev"),
        ("dev", "development:d staging:s<development prod:p<staging", "development"),
        ("staging", "dev:d qa:s<dev prod:p<qa", "qa"),
        ("dev", "development:old staging:s<development prod:p<staging", "development"),
        ("prod", "development:1 qa:2<development live:3<qa", "live"),
        ("dev", "prod:p", ""),
        ("staging", "dev:d prod:p<dev", ""),  # put in between: it was not there
        ("staging", "dev:d uat:u<dev old:o<uat prod:p<old", ""),  # of which of them nobody can say
        ("prod", "dev:d staging:s<dev live:l<dev", ""),  # it followed another one
    ],
)  # fmt: skip
def test_an_environment_is_found_again(name: str, older: str, expected: str) -> None:
    newer = pipeline(LINE)
    one = newer.environment(name)
    assert one is not None
    found = earlier(one, newer, pipeline(older))
    assert (found.name if found else "") == expected


def test_a_name_that_another_one_has_now_is_both_ways_the_same() -> None:
    """`staging` became `qa`, and something new is called `staging`: neither loses what it was."""
    newer, older = pipeline("dev:d qa:s<dev staging:t<qa"), pipeline("dev:d staging:s<dev")
    found = [earlier(one, newer, older) for one in newer.environments]
    assert [one.name if one else "" for one in found] == ["dev", "staging", "staging"]


def test_two_at_one_spot_are_not_told_apart_by_it() -> None:
    newer, older = pipeline("dev:d three:x<dev"), pipeline("dev:d one:x<dev two:x<dev")
    assert earlier(newer.environments[1], newer, older) is None


def test_versions_are_a_spot_by_their_files_and_not_by_their_keys() -> None:
    def with_file(name: str, file: str, *keys: str) -> Configuration:
        return Configuration((Environment(name, "main", values=(ValueFile("web", file, keys),)),))

    newer = with_file("dev", "dev.yaml", "image.tag")
    assert earlier(newer.environments[0], newer, with_file("development", "dev.yaml")) is not None
    other = Configuration((*with_file("development", "other.yaml").environments, Environment("more", "main")))
    assert earlier(newer.environments[0], newer, other) is None


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        (pipeline(LINE), pipeline("development:d qa:s<development prod:p<qa"), "development to qa"),
        (pipeline(LINE), pipeline("dev:d prod:p<dev"), ""),
        (pipeline("dev:d eu:e<dev us:u<dev", ("eu", "us")), pipeline("dev:d eu:e<dev", ("eu",)), "dev to all"),
        (pipeline("dev:d eu:e<dev us:u<dev", ("eu", "us")), pipeline("dev:d eu:e<dev"), "dev to eu"),
        (pipeline("dev:d eu:e<dev"), pipeline("dev:d us:u<dev"), "dev to us"),  # in its turn
    ],
)
def test_a_pair_is_found_again(newer: Configuration, older: Configuration, expected: str) -> None:
    found = earlier_hop(pairs(newer)[0], newer, older)
    assert (found.name if found else "") == expected
