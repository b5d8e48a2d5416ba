"""Where does everything stand, in a terminal and for programs?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.model.environment import Environment
from bot.promotion.journey import as_json as journey_as_json
from bot.report.config_check import environment_record
from bot.report.hop_rules import starts
from bot.report.plan_words import PlanLook, PlanRow, row_record, said, shown_gates
from bot.report.text import PLAIN, Pen, inert
from bot.report.words import moment

VERSION = 1


def as_text(look: PlanLook, pen: Pen = PLAIN) -> str:
    """Return one line for each environment and each way into it, and which gates wait for whom."""
    blocks = [[f"{inert(look.repository)}:"], [f"note: {inert(one)}" for one in look.notes]]
    blocks += [list(_environment(one, look, pen)) for one in look.environments]
    return "\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def as_json(look: PlanLook) -> str:
    """Return the same for programs; docs/desk.md describes it."""
    value = {
        "version": VERSION,
        "repository": look.repository,
        "from": look.read_from,
        "notes": list(look.notes),
        "environments": [environment_record(one) for one in look.environments],
        "promotions": [row_record(one, look.read_from) for one in look.rows],
        "changes": [journey_as_json(one) for one in look.journeys],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _environment(one: Environment, look: PlanLook, pen: Pen) -> Iterator[str]:
    into = [row for row in look.rows if row.hop.leads_to(one.name)]
    if not any(row.hop.way == "promote" for row in into):
        place = starts(one, [row.hop for row in look.rows])
        yield f"{pen('bold', inert(one.name))}: changes start here, in {inert(place)}"
    for row in into:
        name = f"{one.name}: {row.hop.application}" if row.hop.application else one.name
        name += {"promote": "", "rollback": " (rollback)", "back": f" (back from {row.hop.source.name})"}[row.hop.way]
        yield f"{pen('bold', inert(name))}: {inert(said(row))}{inert(_last(row))}"
        for gate, state in shown_gates(row.gates, look.read_from):
            if state != "pass":
                yield f"  {gate.name}: {inert(gate.reason)}" + (f" ({inert(gate.owner)})" if gate.owner else "")


def _last(row: PlanRow) -> str:
    last = row.snapshot.merged if row.snapshot else None
    if last is None:
        return ""
    by = f" by {row.hop.target.repository}#{last.number}" if last.number else ""
    return f"; last promoted {moment(last.merged_at)}{by}"
