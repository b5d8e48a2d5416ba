"""How does an environment go back to what it held, what stays away afterwards, and how does it come again?"""

from __future__ import annotations

import pytest

from bot.promotion.locks import AUDIT, PREFIX
from bot.sandbox.records import Pull
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, web
from tests.flows.repository import pipeline, settings
from tests.flows.world import REPOSITORY, Method, Town

AUTO = pipeline(production="promote: auto").replace("    promote: manual\n", "").replace(
    "    promoters: {teams: [leads]}\n", ""
)  # fmt: skip
GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


def say(town: Town, number: int, login: str, body: str) -> str:
    """Comment, let the bot answer, and return its reply."""
    comment = town.say(number, login, body)
    town.settle()
    return town.reply(number, comment)


def records(town: Town) -> list[str]:
    """Return the refs that hold records, without the line of all."""
    refs = town.world.repository(REPOSITORY).git.refs(PREFIX)
    return [ref.removeprefix(PREFIX) for ref in refs if ref != AUDIT]


def back(town: Town, environment: str) -> Pull:
    """Return the one open rollback pull request."""
    (found,) = (one for one in town.world.open_pulls(REPOSITORY) if one.head_ref == f"rollback/{environment}")
    return found


def arrive(town: Town, environment: str, method: Method = "squash") -> int:
    """Merge the open pull request of ours that promotes into, or rolls back, an environment."""
    (pull,) = (
        one for one in town.world.open_pulls(REPOSITORY)
        if one.head_ref == f"rollback/{environment}" or one.head_ref.endswith(f"-to-{environment}")
    )  # fmt: skip
    town.merge(pull.number, "lena", method)
    town.settle()
    return pull.number


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_there_and_back_and_there_again(town: Town, method: Method) -> None:
    first = town.land("one", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging", method)
    arrive(town, "production", method)
    second = town.land("two", {f"{DEVELOPMENT}/web.yaml": web("1.2.0"), f"{DEVELOPMENT}/own.yaml": "# two\n"})
    arrive(town, "staging", method)
    bad = arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.2.0", replicas=3)

    reply = say(town, second, "ann", "/rollback production it crashes")
    assert "⏪" in reply
    pull = back(town, "production")
    assert f"⏪ #{pull.number} brings **production** back to what it held before #{bad}" in reply
    assert "on hold until `/resume production` or `/promote production`" in reply
    assert pull.issue.title == f"Roll back production to what it held before #{bad}"
    body = town.body(pull.number)
    assert "`it crashes`" in body
    assert "#### Goes back" in body and f"#{second} | Change two | ann" in body
    assert f"#{first}" not in body
    assert records(town) == ["hold/production", "rollback/production"]

    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.0", replicas=3)
    assert town.file("main", f"{PRODUCTION}/own.yaml") is None
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.2.0")
    assert town.world.open_pulls(REPOSITORY) == [], "nothing comes by itself"
    status = say(town, second, "ben", "/status")
    assert f"production was rolled back to what it held before #{bad} by #{pull.number}" in status

    third = town.land("three", {f"{DEVELOPMENT}/own.yaml": "# three\n"})
    arrive(town, "staging", method)
    assert town.world.open_pulls(REPOSITORY) == [], "on hold"
    say(town, third, "ann", "/promote production")
    again = town.promotion("main")
    assert f"production was rolled back by #{pull.number}" in town.body(again.number)
    assert f"It brings again #{second}." in town.body(again.number)
    assert records(town) == ["rollback/production"]
    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.2.0", replicas=3)
    assert town.file("main", f"{PRODUCTION}/own.yaml") == "# three\n"
    assert town.world.open_pulls(REPOSITORY) == []
