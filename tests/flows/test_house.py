"""Which part of a pipeline does one of its repositories see?"""

from __future__ import annotations

from bot.flows.house import House
from bot.flows.rules import Rules
from bot.model.environment import Configuration, Environment
from bot.model.repository import Actor, PullRequest, Repository

HOME, ENV = Repository("acme", "shop"), Repository("acme", "env")
BOT = "lockkeeper[bot]"
PIPELINE = Configuration(
    (
        Environment("dev", "main", "env/dev"),
        Environment("qa", "main", "qa", ("dev",), strategy="repository", repository="acme/other"),
        Environment("staging", "main", "web", ("qa",), strategy="repository", repository="Acme/Env"),
        Environment("live", "main", "live", ("staging", "qa"), strategy="directory", repository="acme/env"),
        Environment("home", "main", "env/home", ("live",), strategy="repository"),
    )
)


def house(repository: Repository) -> House:
    return House(repository, HOME, Rules(PIPELINE, (), "main", "a" * 40, "v"))


def pull(head: str, author: str = BOT, base: str = "main") -> PullRequest:
    return PullRequest(
        1, "", "", Actor(author), "", "open", False, False, None, None, None, base, "b" * 40, head, "c" * 40, "acme/env"
    )  # fmt: skip


def test_each_repository_sees_its_own_environments_after_the_nearest_of_its_own() -> None:
    def seen(repository: Repository) -> dict[str, tuple[str, ...]]:
        return {one.name: one.after for one in house(repository).local().environments}

    assert seen(HOME) == {"dev": (), "home": ("dev",)}
    assert seen(ENV) == {"staging": (), "live": ("staging",)}
    assert seen(Repository("acme", "stranger")) == {}
    assert all(one.repository == "" for one in house(ENV).local().environments)


def test_a_promotion_is_known_by_author_branches_and_repository() -> None:
    def hop(repository: Repository, one: PullRequest) -> str:
        found = house(repository).promotion(one, BOT)
        return found.name if found else ""

    assert hop(ENV, pull("promote/qa-to-staging")) == "qa to staging"
    assert hop(HOME, pull("promote/qa-to-staging")) == "", "it goes to another repository"
    assert hop(ENV, pull("promote/qa-to-staging", "ann")) == ""
    assert hop(ENV, pull("promote/qa-to-staging", base="other")) == ""
    assert hop(HOME, pull("promote/live-to-home")) == "live to home"


def test_numbers_are_named_as_on_the_page_they_are_read_on() -> None:
    staging = house(ENV).promotion(pull("promote/qa-to-staging"), BOT)
    home = house(HOME).promotion(pull("promote/live-to-home"), BOT)
    assert staging is not None and home is not None
    assert (house(ENV).prefix(staging), house(HOME).prefix(staging)) == ("", "Acme/Env")
    assert (house(ENV).prefix(home), house(HOME).prefix(home)) == ("acme/shop", "")
