"""By which rules does a promotion go, in a few words each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.model.environment import Environment, People
from bot.model.promotion import Hop
from bot.promotion.places import spot, spots
from bot.promotion.times import duration_words, window_words
from bot.report.words import count, listed

_MOVES = {
    "branch": "all that {source} holds goes into",
    "directory": "what changes in {source} goes into",
    "repository": "what changes in {source} goes into",
    "values": "the versions in {source} go into",
    "tag": "the newest version among {source} is marked by",
}


def rules(hop: Hop) -> tuple[str, ...]:
    """Return the rules of one hop in sentences without a full stop: what moves where, who acts, which gates."""
    target = hop.target
    source, into = spots(hop)
    what = _MOVES[target.strategy].format(source=source)
    told = [f"{target.strategy}: {what} {into}"]
    if target.members:
        told.append(f"one pull request for {listed([one.name for one in target.members])}")
    return (*told, _deeds(target), *_conditions(target))


def starts(one: Environment, hops: Iterable[Hop]) -> str:
    """Return where the changes of an environment begin that nothing is promoted into, by what moves on from there."""
    found = (hop.target.strategy for hop in hops if hop.source.name == one.name and hop.way == "promote")
    strategy = next(found, one.strategy)
    return spot(one, "directory" if strategy in ("branch", "repository") and one.path else strategy)


def _deeds(target: Environment) -> str:
    if target.strategy == "tag":
        return f"tagged {'on request' if target.promote == 'manual' else 'at once'}, when every gate is open"
    proposed = "on request" if target.promote == "manual" else "at once"
    merged = "by Lockkeeper, when every gate is open" if target.merge == "auto" else "by people"
    method = f" ({target.method})" if target.method else ""
    return f"proposed {proposed}, merged {merged}{method}"


def _conditions(target: Environment) -> Iterator[str]:
    approvers, gates = target.approvers, target.gates
    if approvers.required:
        whom = _people(approvers.people, ["the owners of what changes"] if approvers.codeowners else [])
        yield f"{count(approvers.required, 'approval')} of {whom}"
    if target.promoters:
        yield f"may be asked for by {_people(target.promoters, [])}"
    if gates.checks:
        yield f"checks: {listed(gates.checks)}"
    if gates.test:
        yield f"tests: {listed(gates.test)}"
    if gates.health:
        asked = ["the newest deployment"] if gates.health.deployment else []
        asked += [f"status {one}" for one in gates.health.statuses]
        asked += [f"Argo CD's {one}" for one in gates.health.argocd]
        yield f"health: {listed(asked)}"
    if gates.soak:
        yield f"soak: {duration_words(gates.soak)}"
    for window in gates.windows:
        yield f"window: {window_words(window)}"
    if target.on_drift == "block":
        yield "blocked by drift"
    if gates.overridable:
        yield f"{listed(gates.overridable)} may be overridden by {_people(target.overriders, [])}"


def _people(people: People, more: list[str]) -> str:
    return listed([*people.users, *(f"team {one}" for one in people.teams), *more], "or") or "nobody"
