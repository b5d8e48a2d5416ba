"""What does one repository need so that every promotion is where it should be?

Gather all hops, decide each, apply. Whatever woke us is only a hint: the state is read afresh, and running twice
changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import RefusedError
from bot.flows import apply
from bot.flows.hops import HopReader
from bot.flows.journeys import tell_authors
from bot.flows.outcome import HopOutcome
from bot.flows.records import list_pulls
from bot.flows.rules import Rules, read_rules
from bot.flows.tools import Tools
from bot.model.promotion import Hop, Request
from bot.model.repository import Repository
from bot.promotion.pipeline import pairs
from bot.promotion.places import target_of
from bot.promotion.plan import Idle, Plan, Propose, Stuck, plan
from bot.report import configuration as configuration_words
from bot.report.promotion import Journey


@dataclass(frozen=True, slots=True)
class Converged:
    """The outcome of one run: the rules that held, and each hop in the pipeline's order."""

    rules: Rules
    hops: tuple[HopOutcome, ...]


def converge(
    tools: Tools, repository: Repository, requests: Sequence[Request] = (), *, write: bool = True
) -> Converged:
    """Bring all promotions of a repository to where they should be; with `write` False only look.

    `requests` are promotions people asked for by comment and may have. Raises TransientError when GitHub or git
    did not answer; what was done until then stays, and the next run goes on from there.
    """
    tools.git.fetch(repository)
    rules = read_rules(tools, repository)
    if rules.problems:
        if write:
            tools.github.ensure_check(
                repository, configuration_words.broken(rules.problems, sha=rules.sha, under_review=False)
            )
        return Converged(rules, ())
    hops = pairs(rules.configuration)
    if not hops:
        return Converged(rules, ())
    reader = HopReader(tools, repository, rules)
    plans = _gather(tools, repository, reader, hops, requests)
    if not write:
        return Converged(rules, tuple(_outcome(hop, planned, 0) for hop, planned in plans))
    outcomes = [_carry_out(tools, repository, rules, hop, planned) for hop, planned in plans]
    tell_authors(tools, repository, rules.configuration, outcomes, reader.changes.pull)
    return Converged(rules, tuple(outcomes))


def _carry_out(tools: Tools, repository: Repository, rules: Rules, hop: Hop, planned: Plan | Idle) -> HopOutcome:
    """Apply one hop. What GitHub refuses is told on the source commit, and the other hops go on."""
    if isinstance(planned, Idle):
        return _outcome(hop, planned, 0)
    try:
        number = apply.apply(tools, repository, planned, Journey(rules.configuration.environments, hop))
    except RefusedError as error:
        apply.tell_refusal(tools, repository, planned.snapshot, error)
        return replace(_outcome(hop, planned, 0), refusal=error)
    return _outcome(hop, planned, number)


def _gather(
    tools: Tools, repository: Repository, reader: HopReader, hops: Sequence[Hop], requests: Sequence[Request]
) -> list[tuple[Hop, Plan | Idle]]:
    listed = [list_pulls(tools, hop, target_of(hop, repository)) for hop in hops]
    heads = [
        f"refs/pull/{pull.number}/head"
        for pulls in listed
        for pull in pulls.all
        if tools.git.resolve(repository, pull.head_sha) is None
    ]
    if heads:
        tools.git.fetch(repository, heads)
    found: list[tuple[Hop, Plan | Idle]] = []
    for pulls in listed:
        seen = reader.read(pulls, next((one for one in requests if one.means(pulls.hop)), None))
        found.append((pulls.hop, seen if isinstance(seen, Idle) else plan(seen)))
    return found


def _outcome(hop: Hop, planned: Plan | Idle, number: int) -> HopOutcome:
    if isinstance(planned, Idle):
        return HopOutcome(hop, planned)
    decision = planned.decision
    gates = decision.gates if isinstance(decision, Propose | Stuck) else ()
    if not number and planned.snapshot.open and isinstance(decision, Propose | Stuck):
        number = planned.snapshot.open.number
    return HopOutcome(hop, decision, number, gates, planned.snapshot)
