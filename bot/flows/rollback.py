"""How is `/rollback` carried out?

It puts on record which state an environment shall hold again, together with a hold on promotions into it; the pull
request, or the tag, follows from the record like a promotion from its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import NotFoundError, TransientError
from bot.flows.against import Against
from bot.flows.changes import ChangeReader, read_commit
from bot.flows.consent import unwilling
from bot.flows.converge import converge
from bot.flows.facts import read_setting
from bot.flows.locks import Word, keep, read_kept, take_away
from bot.flows.outcome import HopOutcome
from bot.flows.records import list_pulls
from bot.flows.request import Asked
from bot.flows.tagged import ALL_TAGS
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.model.promotion import Hop
from bot.model.repository import PullRequest, Repository
from bot.promotion.locks import Lock, Rollback, one_line
from bot.promotion.pipeline import pairs, ways_back
from bot.promotion.places import Place, target_of
from bot.promotion.plan import Propose, Release, Snapshot, Stuck
from bot.promotion.trailers import parse_trailers
from bot.promotion.versions import is_rollback
from bot.report import replies
from bot.report import rollback as words
from bot.report.replies import Answer

MOST_PARTS = 20  # commits that a promotion may have come by when it was rebased


@dataclass(frozen=True, slots=True)
class _State:
    """What an environment held once: a commit of its repository, and which one that is in words."""

    sha: str
    to: str


def rollback(asked: Asked, parsed: Command) -> Answer:
    """Open the way back, or say why there is none. Who asks has been authorised already."""
    hop = _hop(asked, parsed)
    if hop is None:
        return Answer(parsed.line, _nothing_there(asked, parsed), "misunderstood")
    home = asked.house.home
    with asked.alone(home) as alone:
        place = target_of(hop, home)
        alone.git.fetch(home)
        against = unwilling(alone, home, [hop])
        if against:
            return Answer(parsed.line, replies.nothing(next(iter(against.values()))), "refused")
        alone.git.fetch(place.repository, [ALL_TAGS])
        reader = _reader(alone, asked)
        state = _state(alone, asked, parsed, hop, reader)
        if isinstance(state, Answer):
            return state
        return _roll_back(alone, asked, parsed, reader, Rollback(
            "rollback", hop.target.name, asked.command.actor, state.sha, state.to, one_line(parsed.reason),
            (asked.written() or alone.clock()).replace(microsecond=0), asked.command.comment_url,
        ))  # fmt: skip


def _roll_back(tools: Tools, asked: Asked, parsed: Command, reader: Against, wanted: Rollback) -> Answer:
    hop, home = reader.ways[f"rollback/{wanted.target}"], asked.house.home
    there = reader.kept.rollback(wanted.target)
    underway = there is not None and _is_open(reader.read(hop, there))
    if there is None or not underway or there.sha != wanted.sha:
        seen = reader.read(hop, wanted)
        if not isinstance(seen, Snapshot) or (seen.same and not underway):
            return Answer(parsed.line, words.already(hop, wanted.to))
        if seen.conflicts:
            return Answer(parsed.line, words.missing(hop, wanted.to, seen.conflicts), "misunderstood")
        there = _on_record(tools, home, wanted, there)
    done = converge(tools, home).against
    outcome = next((one for one in done if one.hop.branch == hop.branch), None)
    if outcome is None:
        raise TransientError(f"the configuration changed while {hop.target.name} was rolled back")
    return _words(parsed, outcome, there, asked.house.prefix(hop))


def _on_record(tools: Tools, home: Repository, wanted: Rollback, there: Rollback | None) -> Rollback:
    """Put the hold and the rollback on record; what goes back stays away until somebody lets it come again."""
    word = Word(wanted.by, wanted.since, wanted.url)
    before = read_kept(tools, home).find("hold", wanted.target)
    reason = one_line(f"rolled back to what it held {wanted.to}" + (f": {wanted.reason}" if wanted.reason else ""))
    hold = Lock("hold", wanted.target, wanted.by, reason, wanted.since, wanted.url)
    keep(tools, home, hold, word, before if before and there and there.is_hold(before) else None)
    kept = keep(tools, home, wanted, word, there)
    assert isinstance(kept, Rollback)  # its ref is that of a rollback
    return kept


def _reader(tools: Tools, asked: Asked) -> Against:
    home, rules = asked.house.home, asked.rules
    changes = ChangeReader(tools, home, rules.configuration.environments)
    return Against(tools, read_setting(tools, home, rules), rules, changes)


def let_go_on(tools: Tools, asked: Asked, hop: Hop) -> str:
    """Let promotions into a target go on after a rollback, because somebody promotes; return why not, '' otherwise."""
    home = asked.house.home
    kept = read_kept(tools, home)
    said = kept.rollback(hop.target.name)
    if said is None:
        return ""
    reader = _reader(tools, asked)
    back = next(one for one in reader.ways.values() if one.way == "rollback" and one.target.name == hop.target.name)
    seen = reader.read(back, said)
    if _is_open(seen):
        assert isinstance(seen, Snapshot)
        return words.underway(hop, seen.open.number if seen.open else 0, asked.house.prefix(hop))
    held = kept.find("hold", hop.target.name)
    if held is not None and said.is_hold(held):
        command = asked.command
        word = Word(command.actor, asked.written() or tools.clock(), command.comment_url)
        take_away(tools, home, held, "promote", word)
    return ""


def _is_open(seen: object) -> bool:
    """Say whether a rollback is still to come, and not over or called off."""
    return isinstance(seen, Snapshot) and not seen.stopped


def _hop(asked: Asked, parsed: Command) -> Hop | None:
    into = (one for one in ways_back(asked.rules.configuration) if one.way == "rollback")
    return next((one for one in into if one.leads_to(parsed.environment or "")), None)


def _nothing_there(asked: Asked, parsed: Command) -> str:
    names = dict.fromkeys(hop.target.name for hop in pairs(asked.rules.configuration))
    what = f"Nothing is promoted into `{parsed.environment}`, so there is nothing to roll back to."
    return replies.misunderstood(what, "\n".join(f"/rollback {name}" for name in list(names)[:5]))


# ---- which state


def _state(tools: Tools, asked: Asked, parsed: Command, hop: Hop, reader: Against) -> _State | Answer:
    """Return the state that is meant: the one named, else the one before the newest promotion."""
    place = target_of(hop, asked.house.home)
    tagged = hop.target.strategy == "tag"
    if parsed.to is None:
        found = _before_newest_tag(reader, hop, place) if tagged else _before_newest(tools, asked, hop, place)
        if found is not None:
            return found
        what = f"Nothing that was promoted into {hop.target.name} is left to go back behind. Name a state."
        hint = f"/rollback {hop.target.name} to <commit>"
        return Answer(parsed.line, replies.misunderstood(what, hint), "misunderstood")
    to = parsed.to
    named = _pull(tools, place, int(to[1:])) if to.startswith("#") else tools.git.resolve(place.repository, to)
    if named is None or not _was_there(tools, reader, hop, place, named):
        known = _examples(tools, asked, hop, place, reader)
        what = f"{hop.target.name} never held `{to}`: name a promotion into it, or a commit"
        what += " that one of its tags stands on." if tagged else f" of `{place.branch}`."
        return Answer(parsed.line, replies.misunderstood(what, "\n".join(known)), "misunderstood")
    return _State(named, f"at {to}" if to.startswith("#") else f"at `{to}`")


def _was_there(tools: Tools, reader: Against, hop: Hop, place: Place, sha: str) -> bool:
    if hop.target.strategy == "tag":
        return any(one.commit == sha for one in reader.taken(hop, place))
    head = tools.git.resolve(place.repository, place.ref)
    return head is not None and tools.git.is_ancestor(place.repository, sha, head)


def _pull(tools: Tools, place: Place, number: int) -> str | None:
    """Return the commit by which a pull request came into the branch, None where it did not."""
    try:
        pull = tools.github.pull(place.repository, number)
    except NotFoundError:
        return None
    if not pull.merged or not pull.merge_commit:
        return None
    return tools.git.resolve(place.repository, pull.merge_commit)


def _before_newest(tools: Tools, asked: Asked, hop: Hop, place: Place) -> _State | None:
    """Return what the target held just before the newest promotion came, direct changes included."""
    newest = next(iter(_promotions(tools, asked, hop, place)), None)
    if newest is None or newest.merge_commit is None:
        return None
    first = _first_part(tools, place.repository, newest)
    commit = read_commit(tools, place.repository, first)
    return _State(commit.parents[0], f"before #{newest.number}") if commit and commit.parents else None


def _first_part(tools: Tools, repository: Repository, pull: PullRequest) -> str:
    """Return the first commit of the branch by which a pull request came: of a rebased one, there may be several."""
    merged = read_commit(tools, repository, pull.merge_commit or "")
    at = merged
    for _ in range(MOST_PARTS):
        if at is None or len(at.parents) != 1:
            break
        trailers = parse_trailers(at.message)
        if trailers is not None and at.author == tools.github.bot_login:
            return at.sha
        at = read_commit(tools, repository, at.parents[0])
        if at is None or parse_trailers(at.message) is None:
            break
    return merged.sha if merged else ""


def _promotions(tools: Tools, asked: Asked, hop: Hop, place: Place) -> Sequence[PullRequest]:
    """Return the merged promotions into a target from wherever, that its branch holds, newest first."""
    into = [one for one in pairs(asked.rules.configuration) if one.target.name == hop.target.name]
    found = [pull for one in into for pull in list_pulls(tools, one, place).all if pull.merged and pull.merge_commit]
    git, head = tools.git, tools.git.resolve(place.repository, place.ref)
    if any(git.resolve(place.repository, one.merge_commit or "") is None for one in found[:1]):
        git.fetch(place.repository, [ALL_TAGS])
        head = git.resolve(place.repository, place.ref)
    here = [
        one
        for one in found
        if head
        and (merged := git.resolve(place.repository, one.merge_commit or ""))
        and git.is_ancestor(place.repository, merged, head)
    ]
    return sorted(here, key=lambda one: str(one.merged_at), reverse=True)


def _before_newest_tag(reader: Against, hop: Hop, place: Place) -> _State | None:
    taken = reader.taken(hop, place)
    for number, one in enumerate(taken):
        if not is_rollback(one.version):
            before = taken[number + 1] if number + 1 < len(taken) else None
            return _State(before.commit, f"before `{one.tag}`") if before else None
    return None


def _examples(tools: Tools, asked: Asked, hop: Hop, place: Place, reader: Against) -> Sequence[str]:
    """Return commands that would make sense."""
    if hop.target.strategy == "tag":
        named = [one.tag for one in reader.taken(hop, place)[1:4]]
    else:
        named = [f"#{one.number}" for one in _promotions(tools, asked, hop, place)[1:4]]
    return [f"/rollback {hop.target.name} to {one}" for one in named] or [f"/rollback {hop.target.name}"]


def _words(parsed: Command, outcome: HopOutcome, said: Rollback, where: str) -> Answer:
    if outcome.refusal is not None:
        return Answer(parsed.line, replies.failed(outcome.refusal), "refused")
    hop = outcome.hop
    match outcome.decision:
        case Propose(gates=gates):
            return Answer(parsed.line, words.proposed(hop, outcome.pull, gates, said, where))
        case Release(tag=tag, commit=commit, gates=gates):
            return Answer(parsed.line, words.released(hop, tag, commit, gates, said))
        case Stuck(conflicts=conflicts):
            return Answer(parsed.line, words.missing(hop, said.to, conflicts), "refused")
        case _ as idle:
            return Answer(parsed.line, replies.nothing(idle.reason))
