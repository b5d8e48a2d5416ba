"""How does one hop stand, and what do its gates look at? A gate that nobody asked for costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.flows.approvals import by_rights, read_approvals, with_unknown_teams
from bot.flows.content import Content, Rule
from bot.flows.locks import read_kept
from bot.flows.owners import Span, asked_into
from bot.flows.renamed import as_named_today
from bot.flows.rights import Rights
from bot.flows.rules import Rules
from bot.flows.running import Held, read_running
from bot.flows.said import with_words
from bot.flows.tools import Tools
from bot.intake.tasks import pull_key
from bot.model.environment import Environment
from bot.model.gates import FreezeRule
from bot.model.promotion import Hop
from bot.model.repository import CheckState, PullRequest, Repository
from bot.promotion.gates import GateFacts, approvals, of_members
from bot.promotion.locks import Kept, Lock
from bot.promotion.places import Place, target_of
from bot.promotion.plan import Snapshot
from bot.promotion.rbac import Allowed


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for every hop of a look.

    `home` is the repository with the configuration, `freezes` are the dates in it, `rights` what its policy lets people
    do; `kept` are the records of what people said.
    """

    home: Repository
    freezes: tuple[FreezeRule, ...]
    rights: Rights
    kept: Kept


def read_setting(tools: Tools, home: Repository, rules: Rules) -> Setting:
    """Return the setting of a look by these rules; the mirror must be fetched."""
    rights = Rights(tools, home, rules.configuration)
    kept = as_named_today(tools, Rule(home, rules.sha, rules.configuration), read_kept(tools, home))
    return Setting(home, rules.configuration.freezes, rights, kept)


@dataclass(frozen=True, slots=True)
class Ground:
    """One hop as git has it: its places, where their branches are, and what moves.

    `branch_sha` is the head of the promotion branch ('' without one), `foreign` the same where it holds work of
    somebody else. `pull` is the open promotion pull request.
    """

    setting: Setting
    hop: Hop
    source: Place
    target: Place
    source_head: str
    target_head: str
    content: Content
    branch_sha: str = ""
    foreign: str = ""
    pull: PullRequest | None = None


def read_snapshot(tools: Tools, ground: Ground) -> Snapshot:
    """Read what the gates look at, and return how the hop stands; who asked, and what was before, is not in it yet."""
    content = ground.content
    return Snapshot(
        hop=ground.hop,
        record=content.record,
        source_head=ground.source_head,
        target_head=ground.target_head,
        base=content.kind,
        same=content.same,
        commit=content.commit,
        conflicts=content.conflicts,
        facts=read_facts(tools, ground),
        changes=content.changes,
        drift=content.drift,
        open=ground.pull,
        branch_sha=ground.branch_sha,
        versions=content.versions,
    )


def read_facts(tools: Tools, ground: Ground) -> GateFacts:
    """Read everything the gates of one hop look at."""
    content, source = ground.content, ground.source.repository
    record = content.record
    facts = GateFacts(
        hop=_with_approvers(tools, ground),
        head_sha=ground.branch_sha if ground.foreign else content.commit,
        source_sha=record.source_sha,
        source_holds=tools.git.is_ancestor(source, record.source_sha, ground.source_head),
        source_checks=_source_checks(tools, ground),
        head_checks=(),
        approvals=(),
        changes=content.changes,
        requested_by=record.requested_by,
        app_id=tools.github.app_id,
        conflicts=tuple(one.path for one in content.conflicts if not one.lost),
        lost=next((one.lost for one in content.conflicts if one.lost), ""),
        foreign=ground.foreign,
        drift=content.drift,
        freezes=ground.setting.freezes,
        locks=_locks(ground.setting.kept, ground.target.repository, ground.pull),
        untold=ground.setting.kept.untold,
        now=tools.clock(),
    )
    if not content.same and not content.conflicts:  # else no gate asks for it
        held = Held(ground.hop, ground.source, record.source_sha, ground.source_head)
        facts = replace(facts, running=read_running(tools, held))
    facts = _with_verdicts(tools, ground, facts)
    home, said = ground.setting.home, ground.setting.kept.said
    facts = _by_rights(ground, with_words(tools, home, ground.target.repository, said, facts))
    return _with_unknown_teams(tools, ground, facts)


def _with_approvers(tools: Tools, ground: Ground) -> Hop:
    """Return the hop with everybody who may approve it: those who own what changes as well, where they count."""
    hop, place, commit = ground.hop, ground.target, ground.content.commit
    if not hop.target.approvers.codeowners or not commit:
        return hop

    def scope(member: Environment) -> tuple[str, ...]:
        return target_of(replace(hop, target=member), place.repository).scope

    base = tools.git.resolve(place.repository, place.ref) or ""
    return replace(hop, target=asked_into(tools, place.repository, hop.target, Span(base, commit), scope))


def _by_rights(ground: Ground, facts: GateFacts) -> GateFacts:
    """Let only those words count that the policy lets people say."""
    rights, target = ground.setting.rights, facts.hop.target
    if not rights.is_asked:
        return facts

    def may_override(login: str) -> bool:
        return isinstance(rights.may(login, "override", target), Allowed)

    return replace(
        facts,
        approvals=tuple(by_rights(rights, target, one) for one in facts.approvals),
        overrides=tuple(replace(one, eligible=one.eligible and may_override(one.by)) for one in facts.overrides),
    )


def _with_unknown_teams(tools: Tools, ground: Ground, facts: GateFacts) -> GateFacts:
    """Say which teams GitHub does not know, where approvals are waited for: else nobody could tell why."""
    pull, hop = ground.pull, facts.hop
    if pull is None and hop.target.strategy != "tag":
        return facts
    waiting = {one.hop.target.name for one in of_members(facts) if approvals(one).state == "wait"}
    asked = pull.requested_teams if pull else ()
    target = with_unknown_teams(tools, ground.target.repository, hop.target, asked, waiting.__contains__)
    return replace(facts, hop=replace(hop, target=target))


def _source_checks(tools: Tools, ground: Ground) -> tuple[CheckState, ...]:
    """Return what is said of the source commit, as far as a gate asks for it. A tag has our own checks on it, too."""
    if ground.content.same:
        return ()
    target, sha = ground.hop.target, ground.content.record.source_sha
    rules = [one.gates for one in (target, *target.members)]
    if not any(one.checks or one.test or one.health.statuses for one in rules):
        if target.strategy != "tag":
            return ()
        return tuple(tools.github.checks(ground.source.repository, sha, ours=True))
    return tuple(tools.github.checks(ground.source.repository, sha))


def _locks(kept: Kept, repository: Repository, pull: PullRequest | None) -> tuple[Lock, ...]:
    """Return what is shut, but for other promotion pull requests that are held by themselves."""
    own = pull_key(repository.full_name, pull.number) if pull else ""
    return tuple(one for one in kept.locks if one.pull.lower() in ("", own.lower()))


def _with_verdicts(tools: Tools, ground: Ground, facts: GateFacts) -> GateFacts:
    """Add what was said of the promotion commit; one that is in our mirror only, GitHub knows nothing of."""
    pull, repository = ground.pull, ground.target.repository
    if ground.hop.target.strategy == "tag":  # one commit is both
        return replace(facts, head_checks=facts.source_checks)
    if pull is None:
        return facts
    head_checks: tuple[CheckState, ...] = ()
    if facts.head_sha in (pull.head_sha, ground.branch_sha):
        head_checks = tuple(tools.github.checks(repository, facts.head_sha, ours=True))
    verdicts = read_approvals(tools, repository, pull.number, facts.hop.target)
    return replace(facts, head_checks=head_checks, approvals=verdicts)
