"""How is `/why` answered?"""

from __future__ import annotations

from bot.flows.converge import converge
from bot.flows.outcome import HopOutcome
from bot.flows.request import Asked
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.promotion import gates as rules
from bot.promotion.pipeline import every_way
from bot.promotion.plan import Close, Idle, Propose, Release, Stuck
from bot.report import speaking
from bot.report import why as words
from bot.report.replies import Answer
from bot.report.why import Reasons
from bot.report.words import count, listed


def explain(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Tell everything that every gate on the way into an environment says. Nothing is written."""
    own = asked.own_hop(tools.github.bot_login)
    target = parsed.environment or (own.target.name if own else asked.default_target())
    every = every_way(asked.rules.configuration)
    hops = [own] if own and own.leads_to(target) else [hop for hop in every if hop.leads_to(target)]
    seen = converge(tools, asked.house.home, write=False).all if hops else ()
    meant = [one for one in seen if one.hop in hops]
    moving = [one for one in meant if one.hop.way == "promote" or not isinstance(one.decision, Idle)]
    found = [_reasons(one, asked.house.prefix(one.hop)) for one in moving or meant]
    if not found:
        names = [hop.target.name for hop in every if hop.way == "promote"]
        return Answer(parsed.line, speaking.say_where(parsed.name, target, names), "misunderstood")
    return Answer(parsed.line, words.why(found))


def _reasons(outcome: HopOutcome, where: str) -> Reasons:
    snapshot, pull = outcome.snapshot, ""
    match outcome.decision:
        case Propose(gates=gates):
            pull = f"{where}#{outcome.pull}" if outcome.pull else ""
            state = "" if pull else "by a pull request that is about to be opened"
            state += _waiting([one.name for one in gates if one.state != "pass"], "ready to merge")
        case Release(tag=tag, commit=commit, gates=gates):
            state = f"by tag `{tag}` on {commit[:7]}"
            state += _waiting([one.name for one in gates if one.state != "pass"], "about to be set")
        case Stuck(conflicts=conflicts):
            state = f"stands still: {count(len(conflicts), 'file conflicts', 'files conflict')}."
        case Idle(reason=reason) | Close(reason=reason):
            return Reasons(outcome.hop, f"has nothing underway: {reason}.")
    if snapshot is None:
        return Reasons(outcome.hop, state)
    facts = snapshot.facts
    gates = outcome.gates if isinstance(outcome.decision, Stuck) else rules.every(facts)
    return Reasons(outcome.hop, state, gates, facts.zone, pull)


def _waiting(names: list[str], otherwise: str) -> str:
    return f", waiting at {listed(names)}." if names else f", {otherwise}."
