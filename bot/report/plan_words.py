"""What would be promoted now, and by which rules? As text, and as JSON whose shape stays (docs/desk.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.model.environment import Environment
from bot.model.promotion import Change, Gate, Hop
from bot.promotion.journey import Journey
from bot.promotion.plan import Base, Close, Conflict, Decision, Idle, Propose, Release, Snapshot, Stuck
from bot.report.hop_rules import rules
from bot.report.text import PLAIN, Pen, inert
from bot.report.words import count, moment

VERSION = 1
MOST = 20  # changes and files that are listed
State = Literal["pass", "wait", "fail", "unknown"]
_WAYS = {"rollback": "rollback", "back": "what is only there goes back"}
_SIGNS = {"pass": "✔", "wait": "…", "fail": "✘", "unknown": "?"}
_COLOURS = {"pass": "+", "wait": "warning", "fail": "error", "unknown": "note"}
BASES: dict[Base, str] = {
    "last promotion": "since the last promotion",
    "rewritten": "since the last promotion, by a history that was rewritten",
    "vanished": "since what the target holds wholly, because the commit promoted last is gone",
    "merge base": "since both branches were the same",
    "configured": "since the two were configured",
    "dated": "since the two were configured, by the dates in commits",
    "copy": "nothing to compare with is known, so all of it is laid over what is there",
    "none": "nothing to compare with is known",
}
# What a clone cannot tell of a gate that is asked for.
GITHUB_KNOWS = {
    "checks": "check runs and statuses",
    "test": "check runs and statuses",
    "health": "deployments and statuses",
    "soak": "when it arrived, and since when it is healthy",
    "approvals": "reviews",
    "policy": "what Lockkeeper finds in the promotion's commit; `lockkeeper check` looks at what lies here",
    "lock": "locks and holds",
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One hop: what would be done, the open pull request's number (0 for none), and what it was decided by."""

    hop: Hop
    decision: Decision
    pull: int = 0
    gates: tuple[Gate, ...] = ()
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class PlanLook:
    """A plan: of which repository, read where (`clone` or `github`), with remarks."""

    repository: str
    read_from: Literal["clone", "github"]
    rows: tuple[PlanRow, ...]
    environments: tuple[Environment, ...] = ()
    notes: tuple[str, ...] = ()
    journeys: tuple[Journey, ...] = ()


def as_text(look: PlanLook, pen: Pen = PLAIN) -> str:
    """Return the plan for people."""
    where = "this clone" if look.read_from == "clone" else "GitHub"
    blocks = [[f"What would be promoted in {inert(look.repository)} now, by what {where} knows; nothing is written."]]
    blocks[0] += [f"note: {inert(one)}" for one in look.notes]
    blocks += [list(_row(one, look, pen)) for one in look.rows]
    if not look.rows:
        blocks.append(["There are no two environments that follow one another, so nothing is promoted."])
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def as_json(look: PlanLook) -> str:
    """Return the plan for programs."""
    value = {
        "version": VERSION,
        "repository": look.repository,
        "from": look.read_from,
        "notes": list(look.notes),
        "promotions": [row_record(one, look.read_from) for one in look.rows],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def row_record(row: PlanRow, read_from: str) -> dict[str, Any]:
    """Return one hop for programs."""
    snapshot, decision = row.snapshot, row.decision
    gates = shown_gates(row.gates, read_from)
    last = snapshot.merged if snapshot else None
    return {
        "source": row.hop.source.name,
        "target": row.hop.target.name,
        "application": row.hop.application,
        "way": row.hop.way,
        "rules": list(rules(row.hop)) if row.hop.way == "promote" else [],
        "outcome": _OUTCOMES[type(decision)],
        "reason": getattr(decision, "reason", ""),
        "pull": row.pull or None,
        "repository": row.hop.target.repository or None,
        "commit": snapshot.record.source_sha if snapshot else None,
        "base": snapshot.base if snapshot else None,
        "merges": isinstance(decision, Propose) and decision.merge,
        "tag": snapshot.tag if snapshot else "",
        "changes": [_change(one) for one in snapshot.changes] if snapshot else [],
        "versions": list(snapshot.versions) if snapshot else [],
        "conflicts": [{"path": one.path, "kind": one.kind} for one in snapshot.conflicts] if snapshot else [],
        "drift": list(snapshot.drift) if snapshot else [],
        "gates": [_gate(gate, state) for gate, state in gates],
        "last": {"pull": last.number or None, "at": _iso(last.merged_at)} if last else None,
    }


_OUTCOMES: dict[type[Decision], str] = {
    Idle: "nothing",
    Close: "close",
    Stuck: "conflict",
    Propose: "propose",
    Release: "tag",
}


def shown_gates(gates: Sequence[Gate], read_from: str) -> tuple[tuple[Gate, State], ...]:
    """Return gates with their states; those that a clone cannot judge are unknown."""
    return tuple(_judged(gate, read_from) for gate in gates)


def _judged(gate: Gate, read_from: str) -> tuple[Gate, State]:
    if read_from == "clone" and gate.state != "pass" and gate.name in GITHUB_KNOWS:
        reason = f"only GitHub knows: {GITHUB_KNOWS[gate.name]}"
        return replace(gate, reason=reason, owner="", next="", again=None), "unknown"
    return gate, gate.state


def _row(row: PlanRow, look: PlanLook, pen: Pen) -> Iterator[str]:
    hop, snapshot = row.hop, row.snapshot
    name = f"{hop.source.name} → {hop.target.name}" + (f": {hop.application}" if hop.application else "")
    name += f" ({_WAYS[hop.way]})" if hop.way in _WAYS else ""
    yield f"{pen('bold', inert(name))}: {inert(said(row))}"
    if snapshot is not None and isinstance(row.decision, Propose | Stuck | Release):
        yield from _content(snapshot, row.decision)
    for gate, state in shown_gates(row.gates, look.read_from):
        more = f" ({gate.owner}: {gate.next})" if gate.owner and gate.state != "pass" and state != "unknown" else ""
        again = f"; may change {moment(gate.again)}" if gate.again else ""
        yield f"  {pen(_COLOURS[state], _SIGNS[state])} {gate.name}: {inert(gate.reason + more + again)}"
    if hop.way == "promote":
        yield from (pen("dim", f"  {inert(one)}") for one in rules(hop))


def said(row: PlanRow) -> str:
    """Return what would be done, or why nothing would."""
    number = f"{row.hop.target.repository}#{row.pull}" if row.pull else "the pull request"
    match row.decision:
        case Idle(reason=reason):
            return f"nothing; {reason}"
        case Close(reason=reason):
            return f"{number} would be closed; {reason}"
        case Stuck(conflicts=conflicts):
            return f"cannot go on: {count(len(conflicts), 'conflict')}"
        case Release(tag=tag, commit=commit, open=is_open):
            when = "now" if is_open else "when its gates open"
            return f"tag {tag} would be set on {commit[:7]} {when}"
        case Propose(merge=merge):
            return f"{_proposal(row, number)}{', and merged' if merge else ''}"


def _proposal(row: PlanRow, number: str) -> str:
    if row.snapshot is None or row.snapshot.open is None:
        return "a pull request would be opened"
    return f"{number} would be brought up to date" if row.snapshot.update_needed else f"{number} is up to date"


def _content(snapshot: Snapshot, decision: Decision) -> Iterator[str]:
    short = snapshot.record.source_sha[:7]
    yield f"  carries {short} of {inert(snapshot.hop.source.name)}, {BASES[snapshot.base]}"
    yield from _some([_change_words(one) for one in snapshot.changes], "change")
    yield from _some([*snapshot.versions], "version")
    if isinstance(decision, Stuck):
        yield from _some([_conflict_words(one) for one in decision.conflicts], "conflict")
    if snapshot.drift:
        yield f"  keeps what {inert(snapshot.hop.target.name)} changed on its own:"
        yield from _some([*snapshot.drift], "path")


def _some(words: Sequence[str], noun: str) -> Iterator[str]:
    yield from (f"    {inert(one)}" for one in words[:MOST])
    if len(words) > MOST:
        yield f"    … {count(len(words) - MOST, f'more {noun}')}"


def _change_words(one: Change) -> str:
    return f"{one.reference or one.sha[:7]} {one.title} ({one.author})"


def _conflict_words(one: Conflict) -> str:
    return f"{one.path}: {one.kind}"


def _change(one: Change) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "title": one.title,
        "author": one.author,
        "url": one.url,
        "commit": one.sha,
        "merged": _iso(one.merged_at),
    }


def _gate(gate: Gate, state: State) -> dict[str, Any]:
    return {
        "name": gate.name,
        "state": state,
        "reason": gate.reason,
        "owner": gate.owner,
        "next": gate.next,
        "again": _iso(gate.again),
        "overridden": gate.overridden,
    }


def _iso(time: Any) -> str | None:
    return time.isoformat() if time is not None else None
