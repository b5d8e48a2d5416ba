"""How does a change travel from directory to directory of one branch?"""

from __future__ import annotations

import pytest

from bot.sandbox.records import Pull
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, place, web
from tests.flows.world import PROMOTION, REPOSITORY, Method, Town

pytestmark = pytest.mark.town(configuration=DIRECTORIES, more=directories())


def into(town: Town, target: str) -> Pull:
    """Return the one open promotion pull request into an environment."""
    (found,) = [one for one in town.promotions() if one.head_ref.endswith(f"-to-{target}")]
    return found


def arrive(town: Town, target: str, method: Method = "merge") -> int:
    """Merge the promotion into an environment and let the bot see it."""
    number = into(town, target).number
    town.merge(number, "omar", method)
    town.settle()
    return number


def image(town: Town, environment: str) -> str:
    """Return the image that an environment's directory names."""
    text = town.file("main", f"{place(environment)}/web.yaml") or ""
    return next((line.partition("image: ")[2] for line in text.splitlines() if "image: " in line), "")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_change_walks_through_the_directories(town: Town, method: Method) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, method=method)
    pull = into(town, "staging")
    assert pull.issue.title == f"Promote to staging: Change tag (#{number})"
    assert pull.base_ref == "main"
    assert f"| #{number} | Change tag | ann |" in town.body(pull.number)
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    assert [one.head_ref for one in town.promotions()] == ["promote/development-to-staging"]
    assert town.file(pull.head_ref, f"{PRODUCTION}/web.yaml") == web("1.0.0", replicas=3)

    arrive(town, "staging", method)
    assert [image(town, one) for one in ("development", "staging", "production")] == [
        "registry.example.com/web:1.1.0", "registry.example.com/web:1.1.0", "registry.example.com/web:1.0.0",
    ]  # fmt: skip
    assert town.file("main", f"{STAGING}/settings.yaml") == directories()[f"{STAGING}/settings.yaml"]

    pull = into(town, "production")
    assert f"| #{number} | Change tag | ann |" in town.body(pull.number), "the change is named, not its carrier"
    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.0", replicas=3), "its replicas are its own"
    assert town.promotions() == []
    deployed = {(one.environment, one.sha) for one in town.world.repository(REPOSITORY).deployments}
    assert {name for name, _ in deployed} == {"staging", "production"}
    told = town.said(number, "journey")[0].body
    assert "this change is in **production**" in told
