"""What does one repository need so that every promotion is where it should be?

Gather all hops, decide each, apply. Whatever woke us is only a hint: the state is read afresh, and running twice
changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.errors import UserError
from bot.flows import apply
from bot.flows.against import Against
from bot.flows.check_tag import check_tag, is_unchecked
from bot.flows.consent import unwilling
from bot.flows.held import drop_spent
from bot.flows.hops import HopReader
from bot.flows.house import House, read_house, version_of
from bot.flows.journeys import tell_authors
from bot.flows.outcome import HopOutcome
from bot.flows.records import HopPulls, fetch_heads, list_pulls
from bot.flows.rights import Rights
from bot.flows.rules import Rules, read_rules
from bot.flows.tagged import ALL_TAGS
from bot.flows.tools import Tools
from bot.model.promotion import Hop, Request
from bot.model.repository import Repository
from bot.promotion.gates import looked_at_again
from bot.promotion.pipeline import pairs, ways_back
from bot.promotion.places import Place, repositories_of, source_of, target_of
from bot.promotion.plan import Idle, Plan, Propose, Release, Stuck, plan
from bot.report import configuration as configuration_words
from bot.report.promotion import Journey

_log = structlog.get_logger("bot.flows")


@dataclass(frozen=True, slots=True)
class Converged:
    """The outcome of one run: whose rules held, in which version, and each hop in the pipeline's order.

    `trouble` is why a hop could not be read, or what could not be done that is no single hop's; all else went on.
    """

    house: House
    version: str
    hops: tuple[HopOutcome, ...] = ()
    against: tuple[HopOutcome, ...] = ()  # what goes against the stream: rollbacks, and what goes back to a source
    trouble: UserError | None = None

    @property
    def all(self) -> tuple[HopOutcome, ...]:
        return (*self.against, *self.hops)


def converge(
    tools: Tools, repository: Repository, requests: Sequence[Request] = (), *, write: bool = True
) -> Converged:
    """Bring all promotions of a repository's pipeline to where they should be; with `write` False only look.

    A repository that another one's pipeline leads through has none: that one is asked to run.

    `requests` are promotions people asked for by comment and may have. Raises TransientError when GitHub or git
    did not answer; what was done until then stays, and the next run goes on from there.
    """
    tools.git.fetch(repository)
    own = read_rules(tools, repository)
    house = read_house(tools, repository, own)
    found = Converged(house, version_of(own, house))
    if own.problems:
        if write:
            tools.github.ensure_check(
                repository, configuration_words.broken(own.problems, sha=own.sha, under_review=False)
            )
        return found
    if house.is_elsewhere:
        if write:
            tools.mark(house.home.full_name)
        return found
    hops = pairs(own.configuration)
    if not hops:
        return found
    reader = HopReader(tools, repository, own)
    against = Against(tools, reader.setting, own, reader.changes)
    readers = _Readers(reader, against, ways_back(own.configuration))
    plans = _gather(tools, repository, readers, hops, requests)
    backwards = against.plans(requests)
    troubles = [*readers.troubles, *against.troubles]
    if not write:
        found = replace(found, trouble=next(iter(troubles), None))
        looked = [[_outcome(hop, planned, 0) for hop, planned in some] for some in (plans, backwards.plans)]
        return replace(found, hops=tuple(looked[0]), against=tuple(looked[1]))
    _go_on(troubles, lambda: backwards.call_off(tools, repository))
    against_it = [_carry_out(tools, repository, own, hop, planned) for hop, planned in backwards.plans]
    outcomes = [_carry_out(tools, repository, own, hop, planned) for hop, planned in plans]
    _go_on(troubles, lambda: tell_authors(tools, repository, own.configuration, outcomes, reader.changes.named))
    _go_on(troubles, lambda: drop_spent(tools, repository, (*against_it, *outcomes)))
    gates = [gate for one in (*against_it, *outcomes) for gate in one.gates]
    tools.wake(repository.full_name, looked_at_again(gates))
    return replace(found, hops=tuple(outcomes), against=tuple(against_it), trouble=next(iter(troubles), None))


def _go_on(troubles: list[UserError], act: Callable[[], None]) -> None:
    """Do what is no single hop's; what a person has to mend there is told when all else is done."""
    try:
        act()
    except UserError as error:
        troubles.append(error)


def _carry_out(tools: Tools, repository: Repository, rules: Rules, hop: Hop, planned: Plan | Idle) -> HopOutcome:
    """Apply one hop. What somebody has to mend, or GitHub refuses, is told on the source commit; other hops go on.

    Nothing of this hop comes after it: the merge, or the tag, is last.
    """
    if isinstance(planned, Idle):
        return _outcome(hop, planned, 0)
    journey = Journey(rules.configuration.environments, hop)
    try:
        if isinstance(planned.decision, Release) and is_unchecked(planned.snapshot):
            check_tag(tools, House(repository, repository, rules), planned.snapshot)
            tools.mark(repository.full_name)  # what was found is for the next look
        number = apply.apply(tools, repository, planned, journey, Rights(tools, repository, rules.configuration))
    except UserError as error:
        _tell(tools, repository, planned, error)
        return replace(_outcome(hop, planned, 0), refusal=error)
    return _outcome(hop, planned, number)


def _tell(tools: Tools, repository: Repository, planned: Plan, error: UserError) -> None:
    """Say what stands in the way of one hop where people look; that this cannot be said is no other hop's concern."""
    name, sha = planned.snapshot.hop.target.name, planned.snapshot.record.source_sha
    _log.warning("hop_stands_still", repo=str(repository), environment=name, sha=sha, reason=str(error))
    try:
        apply.tell_refusal(tools, repository, planned.snapshot, error)
    except UserError as untold:
        _log.warning("trouble_not_told", repo=str(repository), environment=name, sha=sha, reason=str(untold))


@dataclass(frozen=True, slots=True)
class _Readers:
    """What reads promotions, and what reads what goes against them, on the ways `back`.

    `troubles` are hops that cannot be read.
    """

    hops: HopReader
    against: Against
    back: Sequence[Hop]
    troubles: list[UserError] = field(default_factory=list)

    def planned(self, pulls: HopPulls, target: Place, request: Request | None) -> Plan | Idle:
        """Read one hop and decide it. What somebody has to mend holds up this one only."""
        try:
            pulls = self.against.standing(pulls, target)
            seen = self.against.told(pulls, self.hops.read(pulls, request))
        except UserError as error:
            self.troubles.append(error)
            return Idle(f"it cannot be told what {pulls.hop.target.name} would get: {error}")
        return seen if isinstance(seen, Idle) else plan(seen)


def _gather(
    tools: Tools, repository: Repository, readers: _Readers, hops: Sequence[Hop], requests: Sequence[Request]
) -> list[tuple[Hop, Plan | Idle]]:
    against = unwilling(tools, repository, hops)
    ways = {hop: repositories_of([hop], repository) for hop in hops}
    targets = {hop: target_of(hop, repository) for hop in hops if not against.keys() & ways[hop]}
    _foresee(tools, repository, targets, readers.back)
    listed = {hop: list_pulls(tools, hop, place) for hop, place in targets.items()}
    for target in dict.fromkeys(place.repository for place in targets.values()):
        of_it = [listed[hop] for hop, place in targets.items() if place.repository == target]
        if any(hop.target.strategy == "tag" and place.repository == target for hop, place in targets.items()):
            tools.git.fetch(target, [ALL_TAGS])
        fetch_heads(tools, target, [pull for pulls in of_it for pull in pulls.all])
    found: list[tuple[Hop, Plan | Idle]] = []
    for hop in hops:
        if hop not in listed:
            found.append((hop, Idle(next(against[one] for one in ways[hop] if one in against))))
            continue
        request = next((one for one in requests if one.means(hop)), None)
        found.append((hop, readers.planned(listed[hop], targets[hop], request)))
    return found


def _foresee(tools: Tools, home: Repository, targets: Mapping[Hop, Place], back: Sequence[Hop]) -> None:
    """Say at once of which pull requests a look will want to know, also of those against the stream that are there."""
    sources = {hop: source_of(hop, home) for hop in targets}
    every = {**targets, **{hop: target_of(hop, home) for hop in back}}
    for where in dict.fromkeys(place.repository for pair in (targets, sources) for place in pair.values()):
        here = [(hop, hop.branch, one.branch) for hop, one in every.items() if one.repository == where and one.branch]
        ways = [
            (head, base)
            for hop, head, base in here
            if hop in targets or tools.git.resolve(where, f"refs/heads/{head}") is not None
        ]
        into = [one.branch for one in sources.values() if one.repository == where and one.branch]
        tools.github.foresee(where, ways, list(dict.fromkeys(into)))


def _outcome(hop: Hop, planned: Plan | Idle, number: int) -> HopOutcome:
    if isinstance(planned, Idle):
        return HopOutcome(hop, planned)
    decision = planned.decision
    gates = decision.gates if isinstance(decision, Propose | Stuck | Release) else ()
    if not number and planned.snapshot.open and isinstance(decision, Propose | Stuck):
        number = planned.snapshot.open.number
    return HopOutcome(hop, decision, number, gates, planned.snapshot)
