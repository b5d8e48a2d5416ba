"""Where does everything stand, for `/status`?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.flows.house import House
from bot.flows.outcome import HopOutcome
from bot.model.promotion import Hop
from bot.promotion.journey import standings
from bot.promotion.plan import Close, Idle, Propose, Release, Stuck
from bot.report.hop_rules import starts
from bot.report.picture import picture
from bot.report.replies import StatusRow
from bot.report.words import count, moment


def status_rows(house: House, outcomes: Sequence[HopOutcome]) -> list[StatusRow]:
    """Return one row for each environment, in the pipeline's order, and for each way into it."""
    rows: list[StatusRow] = []
    told: set[Hop] = set()
    for environment in house.configuration.environments:
        leading = [one for one in outcomes if one.hop.leads_to(environment.name)]
        into = [one for one in leading if one.hop.way == "promote"]
        if not into:
            place = starts(environment, [one.hop for one in outcomes])
            rows.append(StatusRow(environment.name, f"deploys from {place}: changes start here"))
        into += [one for one in leading if one not in into and not isinstance(one.decision, Idle)]
        fresh = [one for one in into if one.hop not in told]  # a group is told once
        told.update(one.hop for one in fresh)
        rows += [replace(_row(one, house.prefix(one.hop)), repository=house.prefix(one.hop)) for one in fresh]
    return rows


def status_picture(house: House, outcomes: Sequence[HopOutcome]) -> str:
    """Return the pipeline as a picture, each environment as it stands; '' where there is no more than one."""
    environments = house.configuration.environments
    states = {one.environment: one.state for one in standings(house.configuration, outcomes)}
    return picture(environments, states) if len(environments) > 1 else ""


def _row(outcome: HopOutcome, where: str) -> StatusRow:
    name = outcome.hop.target.name
    if outcome.hop.application:
        name = f"{name}: {outcome.hop.application}"
    if outcome.hop.way != "promote":
        name += " (rollback)" if outcome.hop.way == "rollback" else f" (back from {outcome.hop.source.name})"
    last = outcome.snapshot.merged if outcome.snapshot else None
    since = f" Last promoted {moment(last.merged_at)} by {where}#{last.number}." if last else ""
    match outcome.decision:
        case Propose(gates=gates):
            waiting = [gate.name for gate in gates if gate.state != "pass"]
            what = f"waiting at {', '.join(waiting)}." if waiting else "ready to merge."
            return StatusRow(name, what + since, gates, outcome.pull)
        case Release(tag=tag, gates=gates):
            waiting = [gate.name for gate in gates if gate.state != "pass"]
            what = f"`{tag}` is set on {outcome.decision.commit[:7]} "
            what += f"when these gates open: {', '.join(waiting)}." if waiting else "now."
            return StatusRow(name, what, gates)
        case Stuck(conflicts=conflicts, gates=gates):
            what = f"❌ {count(len(conflicts), 'file conflicts', 'files conflict')} with {outcome.hop.source.name}."
            return StatusRow(name, what + since, gates, outcome.pull)
        case Idle(reason=reason) | Close(reason=reason):
            return StatusRow(name, f"{reason}.{since}")
