"""Who is told where their change is, and what are they told?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import structlog

from bot.errors import RefusedError
from bot.flows.outcome import HopOutcome
from bot.flows.tools import Tools
from bot.model.environment import Configuration, Environment
from bot.model.promotion import Change
from bot.model.quoting import quoted
from bot.model.repository import Repository
from bot.promotion.plan import Propose, Release, Stuck
from bot.report import journey as words
from bot.report.journey import Station

MAX_TOLD = 50  # pull requests told in one run
_log = structlog.get_logger("bot.flows")


def tell_authors(
    tools: Tools,
    repository: Repository,
    configuration: Configuration,
    outcomes: Sequence[HopOutcome],
    read_change: Callable[[str], Change],
) -> None:
    """Write, on each original pull request underway or just arrived, where its change is.

    Where GitHub refuses a comment, the others are written all the same. Comments that stand as they were told
    within the last day are not read again.
    """
    for change in _concerned(outcomes, read_change)[:MAX_TOLD]:
        where = Repository.parse(change.repository) if change.repository else repository
        stations = [_station(one, change, outcomes, configuration) for one in configuration.environments]
        body = words.comment(stations)
        digest = hashlib.sha256(body.encode()).hexdigest()
        if tools.told.is_told(where, change.number, digest):
            continue
        try:
            tools.github.ensure_comment(where, change.number, words.MARKER, body)
        except RefusedError as error:  # a locked conversation, or one of 2,500 comments
            _log.warning("author_not_told", pull=change.number, reason=str(error))
        else:
            tools.told.note(where, change.number, digest)


def _concerned(outcomes: Sequence[HopOutcome], read_change: Callable[[str], Change]) -> list[Change]:
    """Return the changes waiting on some hop, and those of each hop's newest promotion, each once."""
    found: dict[str, Change] = {}
    for snapshot in (one.snapshot for one in outcomes if one.snapshot):
        for change in snapshot.changes:
            if change.number:
                found.setdefault(change.reference, change)
        for reference in snapshot.arrivals[0].includes if snapshot.arrivals else ():
            if reference not in found:
                found[reference] = read_change(reference)
    return list(found.values())


def _station(
    environment: Environment, change: Change, outcomes: Sequence[HopOutcome], configuration: Configuration
) -> Station:
    if environment.name in change.into:
        return Station(environment.name, "reached", since=change.merged_at)
    into = [one for one in outcomes if one.hop.leads_to(environment.name)]
    if not into:
        return Station(environment.name, "ahead", waits=_passed_by(environment, change, configuration))
    for outcome in into:
        for arrival in outcome.snapshot.arrivals if outcome.snapshot else ():
            if change.reference in arrival.includes:
                if arrival.pull is None:
                    return Station(environment.name, "reached", waits=f"as {quoted(arrival.tag)}")
                number, elsewhere = arrival.pull.number, outcome.hop.target.repository
                return Station(environment.name, "reached", number, arrival.pull.merged_at, repository=elsewhere)
    for outcome in into:
        if outcome.snapshot and change.reference in {one.reference for one in outcome.snapshot.changes}:
            return _underway(environment, outcome)
    beyond = (one for one in outcomes if one.hop.source.name == environment.name and one.snapshot)
    if any(change in one.snapshot.changes for one in beyond if one.snapshot):
        return Station(environment.name, "reached")
    return Station(environment.name, "ahead")


def _passed_by(first: Environment, change: Change, configuration: Configuration) -> str:
    """Return what to do about a change that began beyond the pipeline's first environment; '' where it did not."""
    began = next((one for one in configuration.environments if one.name in change.into and one.after), None)
    if began is None:
        return ""
    return f"not there: this went straight to {began.name}; bring it to {quoted(first.branch)}, too"


def _underway(environment: Environment, outcome: HopOutcome) -> Station:
    match outcome.decision:
        case Propose(gates=gates):
            waiting = [gate for gate in gates if gate.state != "pass"]
            waits = f"{waiting[0].name}: {waiting[0].reason}" if waiting else "ready to merge"
            elsewhere = outcome.hop.target.repository
            return Station(environment.name, "underway", outcome.pull, waits=waits, repository=elsewhere)
        case Release(tag=tag, gates=gates):
            waiting = [gate for gate in gates if gate.state != "pass"]
            waits = f"{waiting[0].name}: {waiting[0].reason}" if waiting else "all gates are open"
            return Station(environment.name, "underway", waits=f"{quoted(tag)} is next, {waits}")
        case Stuck(conflicts=conflicts):
            paths = ", ".join(quoted(one.path, 120) for one in conflicts[:3])
            return Station(environment.name, "stuck", waits=f"conflict in {paths}; see the check on the commit")
        case _:
            reason = getattr(outcome.decision, "reason", "")
            return Station(environment.name, "ahead", waits=reason)
