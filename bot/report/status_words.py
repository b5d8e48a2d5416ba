"""Where does everything stand, in a terminal and for programs?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.model.environment import Environment
from bot.promotion.places import spot
from bot.report.config_check import environment_record
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
        "changes": _changes(look),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _environment(one: Environment, look: PlanLook, pen: Pen) -> Iterator[str]:
    into = [row for row in look.rows if row.hop.leads_to(one.name)]
    if not into:
        place = spot(one, "directory" if one.path else "branch")
        yield f"{pen('bold', inert(one.name))}: changes start here, in {inert(place)}"
    for row in into:
        name = f"{one.name}: {row.hop.application}" if row.hop.application else one.name
        yield f"{pen('bold', inert(name))}: {inert(said(row))}{inert(_last(row))}"
        for gate, state in shown_gates(row.gates, look.read_from):
            if state != "pass":
                yield f"  {gate.name}: {inert(gate.reason)}" + (f" ({inert(gate.owner)})" if gate.owner else "")


def _last(row: PlanRow) -> str:
    last = row.snapshot.merged if row.snapshot else None
    if last is None:
        return ""
    return f"; last promoted {moment(last.merged_at)}" + (f" by #{last.number}" if last.number else "")


def _changes(look: PlanLook) -> list[dict[str, Any]]:
    """Return the changes underway or just arrived, each with where it is."""
    found: dict[str, dict[str, Any]] = {}
    for row in look.rows:
        snapshot = row.snapshot
        for change in snapshot.changes if snapshot else ():
            name = change.reference or change.sha
            told = {"reference": name, "title": change.title, "author": change.author, "url": change.url}
            found.setdefault(name, {**told, "stations": []})
        for reference in snapshot.arrivals[0].includes if snapshot and snapshot.arrivals else ():
            found.setdefault(reference, {"reference": reference, "title": "", "author": "", "url": "", "stations": []})
    for name, record in found.items():
        record["stations"] = list(_stations(name, look))
    return list(found.values())


def _stations(reference: str, look: PlanLook) -> Iterator[dict[str, Any]]:
    for environment in look.environments:
        into = [row for row in look.rows if row.hop.leads_to(environment.name)]
        yield {"environment": environment.name, **_station(reference, into, environment, look.rows)}


def _station(
    reference: str, into: Sequence[PlanRow], environment: Environment, rows: Sequence[PlanRow]
) -> dict[str, Any]:
    """Return where one change is as to one environment: `reached`, `underway` or `ahead`."""
    for row in into:
        for arrival in row.snapshot.arrivals if row.snapshot else ():
            if reference in arrival.includes:
                pull = arrival.pull
                at = pull.merged_at.isoformat() if pull and pull.merged_at else None
                return {
                    "state": "reached",
                    "pull": (pull.number or None) if pull else None,
                    "at": at,
                    "tag": arrival.tag,
                }
    for row in into:
        carried = row.snapshot.changes if row.snapshot else ()
        if any(reference in (one.reference, one.sha) for one in carried):
            return {"state": "underway", "pull": row.pull or None, "at": None, "tag": ""}
    beyond = [row for row in rows if row.hop.source.name == environment.name and row.snapshot]
    known = [one for row in beyond if row.snapshot for one in row.snapshot.changes]
    held = next((one for one in known if reference in (one.reference, one.sha)), None)
    passed = any(reference in one.includes for row in beyond if row.snapshot for one in row.snapshot.arrivals)
    if held is not None or passed:
        at = held.merged_at.isoformat() if held and held.merged_at else None
        return {"state": "reached", "pull": None, "at": at, "tag": ""}
    return {"state": "ahead", "pull": None, "at": None, "tag": ""}
