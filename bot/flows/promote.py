"""How is `/promote` carried out?"""

from __future__ import annotations

from bot.errors import TransientError
from bot.flows.changes import read_trailers
from bot.flows.converge import converge
from bot.flows.outcome import HopOutcome
from bot.flows.request import Asked
from bot.flows.rollback import let_go_on
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.model.promotion import Hop, Request
from bot.model.repository import PullRequest
from bot.promotion.pipeline import pairs, ways_back
from bot.promotion.places import Place, source_of
from bot.promotion.plan import Close, Idle, Propose, Release, Stuck
from bot.promotion.remember import COLOUR, label, remembered_by
from bot.promotion.trailers import requalified
from bot.report import replies
from bot.report.replies import Answer


def promote(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Open, move on, or explain the promotion into an environment. Who asks has been authorised already."""
    hops = pairs(asked.rules.configuration)
    target = parsed.environment or asked.default_target()
    into = [hop for hop in hops if hop.leads_to(target)]
    back = _way_back(asked, into, target)
    if back is not None:
        return _bring_back(tools, asked, parsed, back)
    if not into:
        return Answer(parsed.line, _no_target(hops, target), "misunderstood")
    home = asked.house.home
    if asked.pull.state == "open" and not asked.house.promotion(asked.pull, tools.github.bot_login):
        return _remember(tools, asked, parsed, target)
    with asked.alone(home) as alone:
        seen = converge(alone, home, write=False).hops
        if (own := _own(asked, seen, target, tools.github.bot_login)) and not parsed.sha:
            return _words(parsed, own, asked.house.prefix(own.hop))
        hop = _hop(into, asked)
        missing = _not_there_yet(tools, asked, hop, seen)
        if missing:
            return Answer(parsed.line, missing, "refused")
        sha, wrong = _source_commit(tools, asked, parsed, hop)
        if wrong:
            return Answer(parsed.line, wrong, "misunderstood")
        chosen = parsed.sha or hop.target.promote != "manual" or hop.source.tag
        newer = None if chosen else _moved_since(tools, asked, hop, sha)
        if newer:
            return Answer(parsed.line, replies.moved(hop, newer, sha), "refused")
        underway = let_go_on(alone, asked, hop)
        if underway:
            return Answer(parsed.line, underway, "refused")
        request = Request(target, asked.command.actor, sha, bool(parsed.sha), hop.source.name)
        done = converge(alone, home, [request]).hops
    outcome = next((one for one in done if one.hop == hop), None)
    if outcome is None:
        raise TransientError(f"the configuration changed while {hop.target.name} was promoted")
    return _words(parsed, outcome, asked.house.prefix(outcome.hop))


def _way_back(asked: Asked, into: list[Hop], target: str) -> Hop | None:
    """Return the hop against the stream, where this pull request goes into what the one named is promoted to."""
    if any(hop.source.name in asked.into for hop in into):
        return None
    ways = (hop for hop in ways_back(asked.rules.configuration) if hop.way == "back" and hop.target.name == target)
    return next((hop for hop in ways if hop.source.name in asked.into), None)


def _bring_back(tools: Tools, asked: Asked, parsed: Command, hop: Hop) -> Answer:
    """Open the way back for what was changed in an environment directly."""
    if asked.pull.state == "open" and not asked.own_hop(tools.github.bot_login):
        text = replies.refused(
            f"{hop.source.name} does not hold this change",
            required=f"the change in {hop.source.name}",
            has=f"#{asked.pull.number} is not merged yet",
            following=f"merge it, then comment `/promote {hop.target.name}` here to bring it there as well",
        )
        return Answer(parsed.line, text, "refused")
    home = asked.house.home
    with asked.alone(home) as alone:
        request = Request(hop.target.name, asked.command.actor, source=hop.source.name)
        done = converge(alone, home, [request]).against
    outcome = next((one for one in done if one.hop.branch == hop.branch), None)
    if outcome is None:
        nothing = f"{hop.source.name} holds nothing that could be brought to {hop.target.name}"
        return Answer(parsed.line, replies.nothing(nothing))
    return _words(parsed, outcome, asked.house.prefix(outcome.hop))


def _no_target(hops: tuple[Hop, ...], target: str) -> str:
    names = [hop.target.name for hop in hops]
    if not names:
        return replies.misunderstood("No pipeline is configured, so there is nothing to promote into.", "")
    what = f"Nothing is promoted into `{target}`: changes start there." if target else "Say into which environment."
    return replies.misunderstood(what, "\n".join(f"/promote {name}" for name in dict.fromkeys(names)))


def _own(asked: Asked, seen: tuple[HopOutcome, ...], target: str, bot_login: str) -> HopOutcome | None:
    """Return how the promotion stands that the comment is on, where it is open and goes into the target.

    Asking for it again would make another commit of it, and cost it its approvals.
    """
    hop = asked.own_hop(bot_login) if asked.pull.state == "open" else None
    if hop is None or not hop.leads_to(target):
        return None
    return next((one for one in seen if one.hop == hop and isinstance(one.decision, Propose | Stuck)), None)


def _hop(into: list[Hop], asked: Asked) -> Hop:
    """Return the hop meant: the one from this pull request's own environment, else the first."""
    return next((hop for hop in into if hop.source.name in asked.into), into[0])


def _not_there_yet(tools: Tools, asked: Asked, hop: Hop, seen: tuple[HopOutcome, ...]) -> str:
    """Return why the source does not hold this pull request's change yet, '' when it does."""
    pull = asked.pull
    if hop.source.tag:
        return _not_tagged_yet(tools, asked, hop, seen)
    unsaid = not asked.into and pull.base_ref == hop.source.branch  # it changes no environment's own files
    if pull.merged and (unsaid or hop.source.name in asked.into):
        return ""
    reference = requalified(f"#{pull.number}", asked.repository, asked.house.home)
    arrived = [(f"{one.hop.target.repository}#{arrival.pull.number if arrival.pull else 0}", *arrival.includes)
               for one in seen if one.hop.leads_to(hop.source.name) and one.snapshot
               for arrival in one.snapshot.arrivals]  # fmt: skip
    if any(reference in one for one in arrived):
        return ""
    if asked.house.promotion(pull, tools.github.bot_login) and not pull.merged:
        waiting = f"#{pull.number} is not merged yet"
    elif pull.merged:
        trailers = read_trailers(tools, asked.repository, pull)
        if trailers and any(hop.leads_to(name) for name in asked.into):
            return replies.nothing(f"{hop.target.name} already holds it")
        waiting = f"#{pull.number} has not been promoted to {hop.source.name} yet"
    else:
        waiting = f"#{pull.number} was closed without being merged"
    return replies.refused(
        f"{hop.source.name} does not hold this change",
        required=f"the change in {hop.source.name} (`{hop.source.branch}`)",
        has=waiting,
        following=f"bring it to {hop.source.name} first; `/status` shows where everything is",
    )


def _not_tagged_yet(tools: Tools, asked: Asked, hop: Hop, seen: tuple[HopOutcome, ...]) -> str:
    """Return why no tag of the source holds this pull request's change, '' when the newest one does."""
    pull, repository = asked.pull, asked.repository
    newest = next((one.snapshot.record.source_sha for one in seen if one.hop == hop and one.snapshot), "")
    merged = tools.git.resolve(repository, pull.merge_commit) if pull.merged and pull.merge_commit else None
    if merged and newest and tools.git.is_ancestor(repository, merged, newest):
        return ""
    return replies.refused(
        f"{hop.source.name} does not hold this change",
        required=f"a tag `{hop.source.tag}` on a commit with the change",
        has=f"#{pull.number} is merged, and the newest tag is older" if merged else f"#{pull.number} is not merged yet",
        following="set the tag; `/status` shows where everything is",
    )


def _source_commit(tools: Tools, asked: Asked, parsed: Command, hop: Hop) -> tuple[str, str]:
    """Return the full id of the source commit to promote, or what is wrong with the one that was named.

    Without `--sha` it is what the source held when the comment was first read, so that a retry means the same.
    """
    source = source_of(hop, asked.house.home)
    head = tools.git.resolve(source.repository, source.ref) or ""
    if not parsed.sha:
        return asked.heads.get(hop.source.name, head), ""
    sha = tools.git.resolve(source.repository, parsed.sha)
    if sha is None or not tools.git.is_ancestor(source.repository, sha, head):
        what = f"`{hop.source.branch}` holds no commit {parsed.sha}."
        return "", replies.misunderstood(what, f"/promote {hop.target.name} --sha {head[:12]}")
    return sha, ""


def _moved_since(tools: Tools, asked: Asked, hop: Hop, sha: str) -> PullRequest | None:
    """Return a pull request that the source got after the comment was written; its writer did not see that.

    The time is GitHub's own, of the merge: whoever makes a commit dates it as they like. A direct push has no
    time that can be believed, so it refuses nothing.
    """
    written = asked.written()
    if written is None:
        return None
    source = source_of(hop, asked.house.home)
    git, repository = tools.git, source.repository
    for pull in tools.github.pulls(repository, state="closed", base=source.branch, limit=100):
        if pull.merged and pull.merged_at and pull.merged_at > written and pull.merge_commit:
            merged = git.resolve(repository, pull.merge_commit)
            if merged and git.is_ancestor(repository, merged, sha) and _moves(tools, source, merged):
                return pull
    return None


def _moves(tools: Tools, source: Place, commit: str) -> bool:
    """Say whether a commit made something else of what the source holds, and not of other directories only."""
    found = tools.git.commits(source.repository, since=None, until=commit, limit=1, paths=source.scope)
    return bool(found) and found[0].sha == commit


def _remember(tools: Tools, asked: Asked, parsed: Command, target: str) -> Answer:
    branch = asked.pull.base_ref
    if not asked.into and not any(one.tag and one.branch == branch for one in asked.house.environments()):
        text = f"This changes no environment on `{asked.pull.base_ref}`, so merging it promotes nothing."
        return Answer(parsed.line, replies.misunderstood(text, ""), "misunderstood")
    tools.github.ensure_label(
        asked.repository,
        asked.pull.number,
        label(target),
        colour=COLOUR,
        description=f"Lockkeeper proposes this for {target} once it is merged"[:100],
    )
    note = remembered_by(asked.pull.number, target, asked.command.actor, tools.seal(asked.repository))
    return Answer(parsed.line, replies.remembered(target), note=note)


def _words(parsed: Command, outcome: HopOutcome, where: str) -> Answer:
    if outcome.refusal is not None:
        return Answer(parsed.line, replies.failed(outcome.refusal), "refused")
    match outcome.decision:
        case Propose():
            return Answer(parsed.line, replies.proposed(outcome.hop, outcome.pull, outcome.gates, where))
        case Release(tag=tag, commit=commit, gates=gates):
            return Answer(parsed.line, replies.released(outcome.hop, tag, commit, gates))
        case Stuck(conflicts=conflicts):
            return Answer(parsed.line, replies.stuck(outcome.hop, conflicts), "refused")
        case Idle(reason=reason) | Close(reason=reason):
            return Answer(parsed.line, replies.nothing(reason))
