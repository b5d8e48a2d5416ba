"""Which open pull requests of ours lead nowhere any more, and what are people told there?

Somebody pointed one at another branch, or its environment left the configuration, or got another branch in it. Nobody
keeps such a pull request up to date, and its checks speak of what holds no more: it is closed, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.flows.house import House
from bot.flows.tools import Tools
from bot.model.promotion import Hop
from bot.model.repository import PullRequest
from bot.promotion.pipeline import every_way
from bot.promotion.places import lies_in
from bot.report import markdown
from bot.report.promotion import CLOSED_MARKER

OWN = ("promote/", "rollback/", "back/")


def is_own(tools: Tools, pull: PullRequest) -> bool:
    """Say whether a pull request is one that we made to promote something, or to go against the stream."""
    return pull.author.login == tools.github.bot_login and pull.head_ref.startswith(OWN)


def close_astray(tools: Tools, house: House, pulls: Iterable[PullRequest]) -> None:
    """Close the open pull requests of ours that no hop keeps any more.

    Broken rules say nothing about that, nor does a pipeline elsewhere that cannot be read.

    Where the branch that a hop leads into is not there, it may have been renamed: the pull request went along, and the
    configuration has yet to follow.
    """
    elsewhere = house.configuration.pipeline.lower() not in ("", house.repository.full_name.lower())
    if house.rules.problems or (elsewhere and not house.is_elsewhere):
        return
    ways = {
        hop.branch: hop for hop in every_way(house.configuration) if lies_in(hop.target, house.repository, house.home)
    }
    for one in pulls:
        if not is_own(tools, one):
            continue
        hop = ways.get(one.head_ref)
        if hop is not None and (hop.target.branch == one.base_ref or not _is_there(tools, house, hop)):
            continue
        text = f"{CLOSED_MARKER}\nClosed: {_reason(one, hop)}."
        tools.github.ensure_comment(house.repository, one.number, CLOSED_MARKER, text)
        tools.github.ensure_closed(house.repository, one.number)
        tools.mark(house.home.full_name)


def _is_there(tools: Tools, house: House, hop: Hop) -> bool:
    return tools.git.resolve(house.repository, f"refs/heads/{hop.target.branch}") is not None


def _reason(pull: PullRequest, hop: Hop | None) -> str:
    if hop is None:
        way = markdown.code(pull.head_ref.partition("/")[2].replace("-to-", " to "))
        return f"the configuration has no way {way} any more, so nobody would keep this up to date"
    name, branch, base = (
        markdown.escape(hop.target.name),
        markdown.code(hop.target.branch),
        markdown.code(pull.base_ref),
    )
    return f"it goes into {base}, but {name} is deployed from {branch}; a pull request of its own goes there"
