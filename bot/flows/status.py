"""Where does everything stand, for `/status`?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.outcome import HopOutcome
from bot.model.environment import Configuration
from bot.promotion.plan import Close, Idle, Propose, Stuck
from bot.report.replies import StatusRow
from bot.report.words import count, moment


def status_rows(configuration: Configuration, outcomes: Sequence[HopOutcome]) -> list[StatusRow]:
    """Return one row for each environment, in the pipeline's order, and for each way into it."""
    rows = []
    for environment in configuration.environments:
        into = [one for one in outcomes if one.hop.leads_to(environment.name)]
        if not into:
            rows.append(StatusRow(environment.name, f"deploys from `{environment.branch}`: changes start here"))
        rows += [_row(one) for one in into]
    return rows


def _row(outcome: HopOutcome) -> StatusRow:
    name = outcome.hop.target.name
    last = outcome.snapshot.merged if outcome.snapshot else None
    since = f" Last promoted {moment(last.merged_at)} by #{last.number}." if last else ""
    match outcome.decision:
        case Propose(gates=gates):
            waiting = [gate.name for gate in gates if gate.state != "pass"]
            what = f"waiting at {', '.join(waiting)}." if waiting else "ready to merge."
            return StatusRow(name, what + since, gates, outcome.pull)
        case Stuck(conflicts=conflicts, gates=gates):
            what = f"❌ {count(len(conflicts), 'file conflicts', 'files conflict')} with {outcome.hop.source.name}."
            return StatusRow(name, what + since, gates, outcome.pull)
        case Idle(reason=reason) | Close(reason=reason):
            return StatusRow(name, f"{reason}.{since}")
