"""What do the stories of divergence have in common?"""

from __future__ import annotations

from bot.sandbox.records import Pull
from tests.flows.world import REPOSITORY, Method, Town


def say(town: Town, number: int, login: str, body: str) -> str:
    """Comment, let the bot answer, and return its reply."""
    comment = town.say(number, login, body)
    town.settle()
    return town.reply(number, comment)


def on(town: Town, branch: str) -> Pull:
    """Return the one open pull request of ours on a branch, such as `back/production-to-staging`."""
    (found,) = (one for one in town.world.open_pulls(REPOSITORY) if one.head_ref == branch)
    return found


def arrive(town: Town, branch: str, login: str = "root", method: Method = "squash") -> int:
    """Merge the open pull request on a branch, and let the bot see it; return its number."""
    number = on(town, branch).number
    town.merge(number, login, method)
    town.settle()
    return number


def heads(town: Town) -> list[str]:
    """Return the branches of our open pull requests."""
    own = ("promote/", "back/", "rollback/")
    return sorted(one.head_ref for one in town.world.open_pulls(REPOSITORY) if one.head_ref.startswith(own))
