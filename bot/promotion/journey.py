"""Where is a change on its way through the environments, since when, and what does it wait for?

A journey is a value, made of what one look at the pipeline saw; `bot.report.journey` puts it into words, `as_json` into
data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from bot.errors import RefusedError, UserError
from bot.model.environment import Configuration, Environment
from bot.model.promotion import Change, Gate, Hop
from bot.model.quoting import quoted
from bot.promotion.pipeline import in_order
from bot.promotion.plan import Arrival, Close, Decision, Idle, Propose, Release, Snapshot, Stuck
from bot.promotion.standing import RolledBack

State = Literal["reached", "underway", "waiting", "blocked", "ahead"]
LONG = (30, 14, 7, 3, 1)  # days of waiting that are told, each once


class Crossing(Protocol):
    """One hop as it was seen: what was decided, and the number of its open pull request, 0 without one."""

    @property
    def hop(self) -> Hop: ...
    @property
    def decision(self) -> Decision: ...
    @property
    def pull(self) -> int: ...
    @property
    def snapshot(self) -> Snapshot | None: ...
    @property
    def refusal(self) -> UserError | None: ...


@dataclass(frozen=True, slots=True)
class Stop:
    """One environment on the way. `since` is when the change came there, where it did.

    `underway` means that nothing but a merge is missing, `waiting` that a gate is, `blocked` that somebody has to do
    something about it. `pull` is the pull request that brought it, or is to bring it, 0 where there is none;
    `repository` is where that is, '' for the one with the configuration. `gate` is the first that is not open, `waits`
    the same, or what else is in the way, in words. `days` is how long it has stood there, as far as that is told.
    `taken_back` is the pull request that rolled back what had brought it.
    """

    environment: str
    state: State
    pull: int = 0
    since: datetime | None = None
    waits: str = ""
    repository: str = ""
    gate: Gate | None = None
    days: int = 0
    taken_back: int = 0

    @property
    def by(self) -> str:
        """Return the pull request as it is written on pages of the repository with the configuration, or ''."""
        return f"{self.repository}#{self.pull}" if self.pull else ""


@dataclass(frozen=True, slots=True)
class Journey:
    """A change, the pipeline, and each of its environments as a stop, in the pipeline's order."""

    change: Change
    environments: tuple[Environment, ...]
    stops: tuple[Stop, ...]

    @property
    def here(self) -> tuple[str, ...]:
        """The environments that hold the change and from which it has reached no other."""
        reached = {one.environment for one in self.stops if one.state == "reached"}
        behind = {name for one in self.environments if one.name in reached for name in one.after}
        return tuple(one.environment for one in self.stops if one.environment in reached - behind)


def journey(change: Change, configuration: Configuration, crossings: Sequence[Crossing], now: datetime) -> Journey:
    """Return where a change is."""
    environments = configuration.environments
    found = {one.name: _stop(one, change, crossings, configuration) for one in environments}
    if not change.into:
        found |= {name: Stop(name, "reached") for name in _come_through(found, environments)}
    stops = (_with_days(found[one.name], one, change, found, now) for one in environments)
    return Journey(change, environments, tuple(stops))


def _come_through(found: Mapping[str, Stop], environments: Sequence[Environment]) -> Iterator[str]:
    """Yield the environments that a change came through, though nothing else tells of it there.

    Nobody knows where it began, because it came by a push or a rebase that names no pull request; but what was promoted
    was where it was promoted from.
    """
    there = {name for name, stop in found.items() if stop.state == "reached"}
    for one in in_order(environments)[::-1]:
        if one.name in there and len(one.after) == 1:
            there.add(one.after[0])
    yield from (name for name, stop in found.items() if name in there and stop.state == "ahead")


def standings(configuration: Configuration, crossings: Sequence[Crossing]) -> tuple[Stop, ...]:
    """Return how each environment stands by itself: `reached` where it has all that comes before it."""
    return tuple(_standing(one, crossings) for one in configuration.environments)


def as_json(found: Journey) -> dict[str, Any]:
    """Return a journey as JSON values; times in ISO 8601, UTC."""
    change = found.change
    return {
        "reference": change.reference or change.sha,
        "title": change.title,
        "author": change.author,
        "url": change.url,
        "commit": change.sha,
        "merged_at": _time(change.merged_at),
        "here": list(found.here),
        "stations": [
            stop_as_json(stop, environment.after)
            for stop, environment in zip(found.stops, found.environments, strict=True)
        ],
    }


def stop_as_json(stop: Stop, after: Iterable[str]) -> dict[str, Any]:
    """Return one environment on the way as JSON values; `after` are those it follows."""
    gate = stop.gate
    return {
        "environment": stop.environment,
        "after": list(after),
        "state": stop.state,
        "since": _time(stop.since),
        "pull": stop.pull or None,
        "repository": stop.repository or None,
        "taken_back": stop.taken_back or None,
        "waits": stop.waits or None,
        "gate": None
        if gate is None
        else {
            "name": gate.name,
            "state": gate.state,
            "reason": gate.reason,
            "owner": gate.owner or None,
            "next": gate.next or None,
            "again": _time(gate.again),
        },
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def _stop(
    environment: Environment, change: Change, crossings: Sequence[Crossing], configuration: Configuration
) -> Stop:
    if environment.name in change.into:
        return Stop(environment.name, "reached", since=change.merged_at)
    into = _into(environment, crossings)
    for one in into:
        for arrival in one.snapshot.arrivals if one.snapshot else ():
            if change.number and change.reference in arrival.includes:
                return _arrived(environment, one.hop, arrival)
    for one in into:
        back = one.snapshot.rolled_back if one.snapshot else None
        if back is not None and change.reference in back.includes and not one.pull:
            return _taken_back(environment, one, back)
    for one in into:
        if one.snapshot and any(_same(change, each) for each in one.snapshot.changes):
            return _on_the_way(environment, one)
    beyond = (one for one in crossings if one.hop.source.name == environment.name and one.hop.way == "promote")
    passed_by = "" if into else _passed_by(environment, change, configuration)
    if not passed_by and any(_same(change, each) for one in beyond if one.snapshot for each in one.snapshot.changes):
        return Stop(environment.name, "reached")
    return Stop(environment.name, "ahead", waits=passed_by)


def _same(one: Change, other: Change) -> bool:
    return (one.reference or one.sha) == (other.reference or other.sha)


def _into(environment: Environment, crossings: Sequence[Crossing]) -> list[Crossing]:
    return [one for one in crossings if one.hop.way == "promote" and one.hop.leads_to(environment.name)]


def _arrived(environment: Environment, hop: Hop, arrival: Arrival) -> Stop:
    if arrival.pull is None:
        return Stop(environment.name, "reached", waits=f"as {quoted(arrival.tag)}")
    number, at = arrival.pull.number, arrival.pull.merged_at
    return Stop(environment.name, "reached", number, at, repository=hop.target.repository)


def _taken_back(environment: Environment, one: Crossing, back: RolledBack) -> Stop:
    """Return the stop of a change that was there, until a rollback took it away."""
    words = one.decision.reason if isinstance(one.decision, Idle) else "it is to come again"
    if back.tag:
        words = f"rolled back by {quoted(back.tag)}: {words}"
    elsewhere = one.hop.target.repository
    return Stop(environment.name, "blocked", waits=words, repository=elsewhere, taken_back=back.number)


def _passed_by(first: Environment, change: Change, configuration: Configuration) -> str:
    """Return what to do about a change that began beyond the pipeline's first environment; '' where it did not."""
    began = next((one for one in configuration.environments if one.name in change.into and one.after), None)
    if began is None:
        return ""
    return f"not there: this went straight to {began.name}; bring it to {quoted(first.branch)}, too"


def _on_the_way(environment: Environment, one: Crossing) -> Stop:
    """Return how it stands with what is in the source and not in the target."""
    name, elsewhere = environment.name, one.hop.target.repository
    if one.refusal is not None:
        what = "GitHub refused it" if isinstance(one.refusal, RefusedError) else "something has to be mended"
        return Stop(name, "blocked", one.pull, waits=f"{what}; see the check on the commit")
    match one.decision:
        case Propose(gates=gates):
            return _gated(Stop(name, "underway", one.pull, waits="ready to merge", repository=elsewhere), gates)
        case Release(tag=tag, gates=gates):
            stop = _gated(Stop(name, "underway", waits="all gates are open"), gates)
            return replace(stop, waits=f"{quoted(tag)} is next, {stop.waits}")
        case Stuck(conflicts=conflicts):
            paths = ", ".join(quoted(one.path, 120) for one in conflicts[:3])
            words = f"conflict in {paths}; see the check on the commit"
            return Stop(name, "blocked", one.pull, waits=words, repository=elsewhere)
        case Idle(reason=reason) | Close(reason=reason):
            declined = one.snapshot is not None and bool(one.snapshot.declined)
            return Stop(name, "blocked" if declined else "ahead", waits=reason)


def _gated(stop: Stop, gates: Sequence[Gate]) -> Stop:
    """Return the stop with the first gate that is not open: one that fails before one that waits."""
    shut = sorted((one for one in gates if one.state != "pass"), key=lambda one: one.state != "fail")
    if not shut:
        return stop
    first = shut[0]
    state: State = "blocked" if first.state == "fail" else "waiting"
    return replace(stop, state=state, gate=first, waits=f"{first.name}: {first.reason}")


def _with_days(stop: Stop, environment: Environment, change: Change, found: dict[str, Stop], now: datetime) -> Stop:
    """Add for how long the change has been where it could go on from, where it is not on its way by itself."""
    if stop.state not in ("underway", "waiting", "blocked"):
        return stop
    before = [found[name] for name in environment.after if name in found and found[name].state == "reached"]
    times = [one.since for one in before if one.since] or [one for one in (change.merged_at,) if one]
    waited = now - max(times) if times else timedelta(0)
    return replace(stop, days=next((days for days in LONG if waited >= timedelta(days=days)), 0))


def _standing(environment: Environment, crossings: Sequence[Crossing]) -> Stop:
    into = _into(environment, crossings)
    moving = [one for one in into if one.snapshot and not one.snapshot.same]
    if moving:
        return _on_the_way(environment, moving[0])
    last = next((one for one in into if one.snapshot and one.snapshot.merged), None)
    if last is not None and last.snapshot is not None and last.snapshot.merged is not None:
        merged, elsewhere = last.snapshot.merged, last.hop.target.repository
        return Stop(environment.name, "reached", merged.number, merged.merged_at, repository=elsewhere)
    if into and all(one.snapshot is None for one in into):  # nothing could be looked at
        return _on_the_way(environment, into[0])
    return Stop(environment.name, "reached")
