"""Where does the first promotion of a pair start from?

What differed between two places when their pair was configured belongs to the target, as an overlay's own values do;
what the source did after that is a change to be promoted, wherever the source has lain since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import RefusedError
from bot.flows.content.lineage import Rule, Seen, came, hops_before
from bot.flows.content.move import Move, is_there
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.promotion import Hop
from bot.model.repository import Commit
from bot.promotion.lineage import is_same_spot
from bot.promotion.places import Place, source_of


@dataclass(frozen=True, slots=True)
class Began:
    """Since which commit the configuration has had a pair without a break.

    `by` is the latest time at which it can have come, by the dates in commits; `lay` where the source lay since then,
    newest first, the last one at the beginning.
    """

    commit: Commit
    by: datetime | None
    lay: Sequence[Environment]


@dataclass(frozen=True, slots=True)
class Held:
    """What a branch was at when a pair was configured, None where it held nothing of it yet.

    `dated` says that nothing but the dates in commits tells it, which are whatever their authors' clocks showed.
    """

    commit: str | None
    dated: bool = False


def rule_of(move: Move) -> Rule:
    """Return the configuration by which something moves."""
    return Rule(move.home, move.rules, move.configuration)


def began(tools: Tools, move: Move) -> Began | None:
    """Return since when the configuration has the pair; where one end was only pointed to another place, since then."""
    found, hop, lay = None, move.hop, [move.hop.source]
    times: list[datetime] = []
    above: Commit | None = None
    for seen in hops_before(tools, rule_of(move), move.hop):
        if not _stayed(tools, move, above, seen, hop):
            break
        if not is_same_spot(seen.hop.source, lay[-1]):
            lay.append(seen.hop.source)
        times += [seen.commit.time] if seen.commit.time else []
        found = above = seen.commit
        hop = seen.hop
    return Began(found, min(times, default=None), lay) if found else None


def held_first(tools: Tools, move: Move, start: Began) -> tuple[str, Environment, bool] | None:
    """Return the source commit that the first promotion is compared with, where the source lay then, and `Held.dated`.

    Its content was there when the pair was configured, or came right after it. None where that is not to be found out,
    for example because histories were rewritten.
    """
    git, repository, head = tools.git, move.source.repository, move.record.source_sha
    held = held_when_configured(tools, move, start, move.source, head)
    places = [source_of(_with_source(move.hop, one), move.home) for one in start.lay]
    first = start.lay[-1]
    if held.commit is not None and (move.source.files or is_there(tools, places[-1], held.commit)):
        return held.commit, first, held.dated
    scope = {path for place in places for path in place.scope} if all(one.scope for one in places) else ()
    line = git.commits(repository, since=held.commit, until=head, paths=sorted(scope))
    for commit in reversed(line):
        for one, place in reversed([*zip(start.lay, places, strict=True)]):
            if is_there(tools, place, commit.sha):
                return commit.sha, one, held.dated
    return None


def held_when_configured(tools: Tools, move: Move, start: Began, place: Place, head: str) -> Held:
    """Return what a branch with that head held when the pair was configured.

    In the repository with the configuration its history tells it. In another one, GitHub's clock does: which push came
    last before the configuration did. Where GitHub does not tell, because it is long ago, the dates in commits have to
    serve; whatever is doubtful then counts as a change, which is seen, and never as old, which nobody would see.
    """
    git = tools.git
    if place.repository == move.home:
        if git.is_ancestor(move.home, start.commit.sha, head):
            return Held(start.commit.sha)
        return Held(git.merge_base(move.home, start.commit.sha, head))
    key = f"held:{move.home}:{start.commit.sha}:{place.repository}:{place.branch}"
    noted = tools.notes.read(key)
    if noted and git.resolve(place.repository, noted) and git.is_ancestor(place.repository, noted, head):
        return Held(noted)
    pushed, by = _by_clock(tools, move, start, place)
    if pushed and git.resolve(place.repository, pushed) and git.is_ancestor(place.repository, pushed, head):
        tools.notes.write(key, pushed)
        return Held(pushed)
    line = git.commits(place.repository, since=None, until=head, paths=place.scope)
    return Held(last_before(line, by or start.by), dated=True)


def last_before(line: Sequence[Commit], when: datetime | None) -> str | None:
    """Return the newest commit of a line (newest first) before everything that is dated at that time, or later.

    One wrong clock makes too much a change, never too little: what comes after a late date is late as well.
    """
    found = None
    for commit in reversed(line):
        if when is None or commit.time is None or commit.time >= when:
            break
        found = commit.sha
    return found


def _by_clock(tools: Tools, move: Move, start: Began, place: Place) -> tuple[str, datetime | None]:
    """Return where a branch was when the configuration came, '' where GitHub does not tell, and by when it came."""
    git, github = tools.git, tools.github
    try:
        pushes = github.pushes(move.home, github.default_branch(move.home))
        came_by: datetime | None = None
        told = False
        for push in pushes:
            if not push.after or git.resolve(move.home, push.after) is None:
                break
            if not git.is_ancestor(move.home, start.commit.sha, push.after):
                told = True
                break
            came_by, told = push.at, push.after == start.commit.sha
        by = min((one for one in (came_by, start.by) if one), default=None)
        if not told or came_by is None:
            return "", by
        before = (one for one in github.pushes(place.repository, place.branch) if one.at < came_by)
        newest = next(before, None)
    except RefusedError:
        return "", start.by
    return (newest.after if newest else ""), by


def _stayed(tools: Tools, move: Move, above: Commit | None, seen: Seen, hop: Hop) -> bool:
    """Say whether both ends lay in an earlier version of the configuration where they did later, or moved from there.

    An end that was pointed to another place, while the first one is still there, begins anew at the other.
    """
    for was, now in ((seen.hop.source, hop.source), (seen.hop.target, hop.target)):
        if was.path == now.path or was.members or now.members:
            continue
        if above is None or not _moved(tools, move, above, was, now):
            return False
    return True


def _moved(tools: Tools, move: Move, at: Commit, was: Environment, now: Environment) -> bool:
    if came(tools, rule_of(move), at, was, now):
        return True
    if was.repository != now.repository or was.repository:
        return False
    gone = tools.git.directory(move.home, at.sha, was.path) is None
    return gone and bool(tools.git.commits(move.home, since=None, until=at.sha, limit=1, paths=(was.path,)))


def _with_source(hop: Hop, one: Environment) -> Hop:
    return Hop(one, hop.target, hop.application, hop.way)
