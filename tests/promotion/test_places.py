"""Where does what moves lie, and which environments does a change of some paths change by itself?"""

from __future__ import annotations

import pytest

from bot.model.environment import Configuration, Environment, Strategy, ValueFile
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.pipeline import pairs
from bot.promotion.places import Place, changed_by, repositories_of, source_of, spot, target_of

HOME, OTHER = Repository("acme", "shop"), Repository("acme", "env")


def environment(name: str, path: str = "", **more: object) -> Environment:
    return Environment(name, "main", path, **more)  # type: ignore[arg-type]  # words of a table


DEV = environment("dev", "env/dev")
ELSEWHERE = environment("prod", "web", repository="acme/env", strategy="repository")
FILES = environment("prod", values=(ValueFile("web", "web.yaml"), ValueFile("api", "api.yaml")), strategy="values")
SOURCE_FILES = environment("dev", values=(ValueFile("web", "dev/web.yaml"), ValueFile("old", "dev/old.yaml")))
PLACES: list[tuple[str, Hop, Place, Place]] = [
    ("branches", Hop(DEV, environment("prod", "env/prod")), Place(HOME, "main"), Place(HOME, "main")),
    ("directories", Hop(DEV, environment("prod", "env/prod", strategy="directory")),
     Place(HOME, "main", "env/dev"), Place(HOME, "main", "env/prod")),
    ("repositories", Hop(DEV, ELSEWHERE), Place(HOME, "main", "env/dev"), Place(OTHER, "main", "web")),
    ("from elsewhere", Hop(ELSEWHERE, environment("next", "x", strategy="directory")),
     Place(OTHER, "main", "web"), Place(HOME, "main", "x")),
    ("tags", Hop(DEV, environment("prod", "env/prod", strategy="tag", tag="v*")),
     Place(HOME, "main"), Place(HOME, "main")),
    ("values of what both have", Hop(SOURCE_FILES, FILES),
     Place(HOME, "main", files=("dev/web.yaml",)), Place(HOME, "main", files=("web.yaml", "api.yaml"))),
    ("values of one application", Hop(SOURCE_FILES, FILES, "web"),
     Place(HOME, "main", files=("dev/web.yaml",)), Place(HOME, "main", files=("web.yaml",))),
]  # fmt: skip


@pytest.mark.parametrize(("_", "hop", "source", "target"), PLACES, ids=[row[0] for row in PLACES])
def test_the_ends_of_a_hop(_: str, hop: Hop, source: Place, target: Place) -> None:
    assert (source_of(hop, HOME), target_of(hop, HOME)) == (source, target)


def test_the_repositories_of_a_pipeline_are_named_once_and_home_first() -> None:
    hops = [Hop(ELSEWHERE, DEV), Hop(DEV, ELSEWHERE)]
    assert repositories_of(hops, HOME) == (HOME, OTHER)


BOTH = (DEV, environment("prod", "env/prod"), environment("other", "env", tag="v*"), Environment("b", "branch"))
CHANGED: list[tuple[str, tuple[Environment, ...], tuple[str, ...], list[str]]] = [
    ("one directory", BOTH, ("env/dev/a.yaml",), ["dev"]),
    ("two directories", BOTH, ("env/prod/x/y", "env/dev/a"), ["dev", "prod"]),
    ("names that begin alike", BOTH, ("env/development/a", "env/dev.yaml"), []),
    ("what nobody has of his own", BOTH, ("README.md",), []),
    ("an environment alone is the whole branch", (DEV,), ("README.md",), ["dev"]),
    ("the whole repository beside a directory", (DEV, environment("all")), ("README.md",), ["all"]),
    ("files with values", (SOURCE_FILES, FILES), ("web.yaml",), ["prod"]),
    ("other files", (SOURCE_FILES, FILES), ("web.yaml.bak", "dev/other.yaml"), []),
]  # fmt: skip


@pytest.mark.parametrize(("_", "environments", "touched", "expected"), CHANGED, ids=[row[0] for row in CHANGED])
def test_what_a_change_changes_by_itself(
    _: str, environments: tuple[Environment, ...], touched: tuple[str, ...], expected: list[str]
) -> None:
    assert [one.name for one in changed_by(environments, "main", touched)] == expected


GROUPED = Configuration(
    (
        environment("dev", "env/dev"),
        environment("eu", "env/eu", after=("dev",), group="all", strategy="directory", promote="manual"),
        environment("us", "env/us", after=("dev",), group="all", strategy="directory"),
    )
)
SPOTS: list[tuple[Environment, Strategy, str]] = [
    (DEV, "branch", "`main`"),
    (DEV, "directory", "`env/dev` of `main`"),
    (environment("all"), "directory", "`main`"),
    (ELSEWHERE, "repository", "`web` of `main` in acme/env"),
    (FILES, "values", "`web.yaml`, `api.yaml` of `main`"),
    (environment("prod", tag="v*-prod"), "tag", "tags `v*-prod`"),
    (pairs(GROUPED)[0].target, "directory", "`env/eu`, `env/us` of `main`"),
]


@pytest.mark.parametrize(("where", "strategy", "words"), SPOTS, ids=[row[2] for row in SPOTS])
def test_places_in_words(where: Environment, strategy: Strategy, words: str) -> None:
    assert spot(where, strategy) == words
