"""How are `/approve` and `/override` carried out?

Both speak for one promotion commit, the one that whoever comments has seen, and for no later one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import RefusedError, TransientError
from bot.flows.approvals import by_rights, verdict
from bot.flows.converge import converge
from bot.flows.locks import Word, keep
from bot.flows.outcome import HopOutcome
from bot.flows.request import Asked
from bot.flows.rights import Rights
from bot.flows.said import may_override, members_of
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.model.gates import NEVER
from bot.model.promotion import Gate, Hop
from bot.promotion.gates import Approval
from bot.promotion.gates.approvals import excluded
from bot.promotion.locks import Said, one_line
from bot.promotion.pipeline import every_way, pairs
from bot.promotion.places import target_of
from bot.promotion.plan import Close, Idle, Propose, Release, Snapshot, Stuck
from bot.report import replies
from bot.report import speaking as words
from bot.report.promotion import check_name
from bot.report.replies import Answer


@dataclass(frozen=True, slots=True)
class Underway:
    """The promotion that somebody speaks for: how it stands, and its commit as people see it."""

    outcome: HopOutcome
    snapshot: Snapshot
    gates: tuple[Gate, ...]
    sha: str

    @property
    def hop(self) -> Hop:
        return self.outcome.hop

    def gate(self, name: str) -> Gate | None:
        return next((one for one in self.gates if one.name == name), None)


def approve(asked: Asked, parsed: Command) -> Answer:
    """Approve the promotion commit, as a review does."""
    with asked.alone(asked.house.home) as alone:
        found = _underway(alone, asked, parsed)
        if isinstance(found, Answer):
            return found
        if _is_direct(alone, asked, found.hop):
            return Answer(parsed.line, words.direct(found.hop.target.name, _page(asked, found)), "refused")
        target = found.snapshot.facts.hop.target  # with the owners of what changes, where they count
        if not target.approvers.required:
            return Answer(parsed.line, replies.nothing(f"promotions to {target.name} ask for no approval"))
        where = target_of(found.hop, asked.house.home).repository
        actor = asked.command.actor
        rights = Rights(alone, asked.house.home, asked.rules.configuration)
        said = verdict(alone, where, target, Approval(actor, approved=True, sha=found.sha, eligible=True))
        said = by_rights(rights, target, said)
        if not said.eligible:
            return Answer(parsed.line, words.no_approver(found.snapshot.facts.hop), "refused")
        if actor.lower() in excluded(found.snapshot.facts):
            asking = actor.lower() == found.snapshot.record.requested_by.lower()
            return Answer(parsed.line, words.own_change(found.hop, asking), "refused")
        word = Said("approve", target.name, actor, found.sha, "", _time(alone, asked))
        after = _spoken(alone, asked, word, found)
        apart = dict(said.apart)
        members = [one.name for one in target.members if one.approvers.required and one.name not in apart]
    text = words.approved(after.hop, found.sha, _page(asked, found), _now(after, "approvals"), members)
    return Answer(parsed.line, text)


def _is_direct(tools: Tools, asked: Asked, hop: Hop) -> bool:
    """Say whether the comment is on an open pull request that changes the target of a promotion by itself.

    Who approves there means what stands there.
    """
    if asked.pull.state != "open" or asked.own_hop(tools.github.bot_login):
        return False
    return any(one.name in asked.into for one in members_of(hop))


def _page(asked: Asked, found: Underway) -> str:
    """Return the promotion pull request as a page links it; '' where a tag is to be set."""
    return f"{asked.house.prefix(found.hop)}#{found.outcome.pull}" if found.outcome.pull else ""


def override(asked: Asked, parsed: Command) -> Answer:
    """Open a gate of the promotion commit, where the configuration lets whoever asks do so."""
    name = parsed.gate or ""
    with asked.alone(asked.house.home) as alone:
        found = _underway(alone, asked, parsed)
        if isinstance(found, Answer):
            return found
        overridable = {gate for one in members_of(found.hop) for gate in one.gates.overridable}
        if name in NEVER or name not in overridable:
            return Answer(parsed.line, words.not_overridable(found.hop, name, sorted(overridable)), "refused")
        actor = asked.command.actor
        if not may_override(alone, asked.house.home, found.hop, name, actor):
            teams = [team for one in members_of(found.hop) for team in one.overriders.teams]
            unknown = alone.github.unknown_teams(asked.house.home, list(dict.fromkeys(teams)))
            return Answer(parsed.line, words.no_overrider(found.hop, name, unknown), "refused")
        gate = found.gate(name)
        if gate is None or gate.state == "pass":
            says = f", and says: {gate.reason}" if gate else ": nothing is asked of it"
            return Answer(parsed.line, replies.nothing(f"gate `{name}` of {found.hop.target.name} is open{says}"))
        said = Said(
            "override", found.hop.target.name, actor, found.sha, one_line(parsed.reason), _time(alone, asked), name
        )
        after = _spoken(alone, asked, said, found)
    return Answer(parsed.line, words.overridden(after.hop, found.sha, gate, after.gates))


def _spoken(tools: Tools, asked: Asked, said: Said, found: Underway) -> HopOutcome:
    """Keep what was said and let the promotion go on from there."""
    home, command = asked.house.home, asked.command
    keep(tools, home, replace(said, url=command.comment_url), Word(command.actor, said.since, command.comment_url))
    done = converge(tools, home).all
    outcome = next((one for one in done if one.hop == found.hop), None)
    if outcome is None:
        raise TransientError(f"the configuration changed while {found.hop.target.name} was looked at")
    return outcome


def _underway(tools: Tools, asked: Asked, parsed: Command) -> Underway | Answer:
    """Return the promotion meant, at the commit that was seen; else what to answer."""
    own = asked.own_hop(tools.github.bot_login)
    target = parsed.environment or (own.target.name if own else "")
    hops = [own] if own and own.leads_to(target) else [
        hop for hop in every_way(asked.rules.configuration) if hop.leads_to(target)
    ]  # fmt: skip
    looked = converge(tools, asked.house.home, write=False).all if hops else ()
    seen = [one for one in looked if one.hop in hops]
    if not seen:
        names = [hop.target.name for hop in pairs(asked.rules.configuration)]
        return Answer(parsed.line, words.say_where(parsed.name, target, names), "misunderstood")
    open_now = [found for one in seen if (found := _seen(one)) is not None]
    if not open_now:
        stuck = [one for one in seen if isinstance(one.decision, Stuck) and one.pull]
        if stuck:
            pulls = [f"{asked.house.prefix(one.hop)}#{one.pull}" for one in stuck]
            return Answer(parsed.line, words.stands_still(target, pulls))
        reasons = [one.decision.reason for one in seen if isinstance(one.decision, Idle | Close)]
        return Answer(parsed.line, words.not_underway(target, reasons))
    if len(open_now) > 1:
        pulls = [f"{asked.house.prefix(one.hop)}#{one.outcome.pull}" for one in open_now]
        return Answer(parsed.line, words.several(target, pulls), "misunderstood")
    (found,) = open_now
    if parsed.sha and not found.sha.startswith(parsed.sha):
        return Answer(parsed.line, words.other_commit(parsed, found.sha), "refused")
    if not parsed.sha and _moved_since(tools, asked, found):
        return Answer(parsed.line, words.moved(parsed, found.hop, found.sha), "refused")
    return found


def _seen(outcome: HopOutcome) -> Underway | None:
    """Return a promotion that people can see: an open pull request, or a tag that waits for its gates."""
    snapshot = outcome.snapshot
    if snapshot is None:
        return None
    match outcome.decision:
        case Propose(gates=gates) if outcome.pull:
            return Underway(outcome, snapshot, gates, snapshot.facts.head_sha)
        case Release(gates=gates, commit=commit):
            return Underway(outcome, snapshot, gates, commit)
        case _:
            return None


def _moved_since(tools: Tools, asked: Asked, found: Underway) -> bool:
    """Say whether the promotion came to its commit after the comment was written, by GitHub's clock.

    For a tag, that is when our check run with its gates came there. Where GitHub does not tell, what the branch held
    when the comment was first read is all there is.
    """
    hop, written = found.hop, asked.written()
    bound = asked.heads.get(f"@{hop.branch}", found.sha)
    if bound != found.sha:
        return True
    came = _told_at(tools, asked, found)
    return written is not None and came is not None and came > written


def _told_at(tools: Tools, asked: Asked, found: Underway) -> datetime | None:
    facts, hop = found.snapshot.facts, found.hop
    if found.snapshot.tag:
        name = check_name(hop.target)
        return min((one.started for one in facts.head_checks if one.name == name and one.started), default=None)
    try:
        pushes = tools.github.pushes(target_of(hop, asked.house.home).repository, hop.branch)
    except RefusedError:
        return None
    return next((one.at for one in pushes if one.after == found.sha), None)


def _now(outcome: HopOutcome, name: str) -> Gate | None:
    return next((one for one in outcome.gates if one.name == name), None)


def _time(tools: Tools, asked: Asked) -> datetime:
    return asked.written() or tools.clock()
