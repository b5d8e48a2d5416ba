"""How is `/assign-approvers` carried out?"""

from __future__ import annotations

from bot.flows.approvers import AskedFor, ask_approvers, wish_of
from bot.flows.converge import converge
from bot.flows.direct import ask_for_direct_change
from bot.flows.request import Asked
from bot.flows.rights import Rights
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.model.promotion import Hop
from bot.report import approvers as words
from bot.report import replies
from bot.report.replies import Answer


def assign_approvers(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Ask for every review that is missing, of those anew who could not be asked before, and assign people.

    On a promotion that is for its commit as it stands; on another pull request for the environments that it changes.
    """
    pull = asked.pull
    if pull.state != "open":
        return Answer(parsed.line, replies.nothing("this pull request is closed"))
    own = asked.own_hop(tools.github.bot_login)
    with asked.alone(asked.house.home) as alone:
        if own is not None:
            found = _for_promotion(alone, asked, own)
        else:
            changed = [one for one in asked.house.environments() if one.name in asked.into]
            found = ask_for_direct_change(alone, asked.house, pull, changed, again=True)
    if found is None:
        return Answer(parsed.line, replies.nothing("this promotion has nothing left to review"))
    waiting = [*pull.requested_users, *(f"team {one}" for one in pull.requested_teams)]
    text = words.assigned(found.people, waiting, (*found.refused, *found.unassigned), found.assigned)
    return Answer(parsed.line, text)


def _for_promotion(tools: Tools, asked: Asked, hop: Hop) -> AskedFor | None:
    home = asked.house.home
    seen = (one.snapshot for one in converge(tools, home, write=False).hops if one.hop == hop)
    snapshot = next((one for one in seen if one and one.open and one.open.number == asked.pull.number), None)
    if snapshot is None or snapshot.same:
        return None
    rights = Rights(tools, home, asked.rules.configuration)
    return ask_approvers(tools, wish_of(tools, snapshot, asked.pull, rights, asked.repository), again=True)
