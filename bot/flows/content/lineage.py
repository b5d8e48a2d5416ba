"""What was a pair of environments in earlier versions of the configuration, and where did it lie then?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.flows.content.move import is_there
from bot.flows.tools import Tools
from bot.model.environment import Configuration, Environment
from bot.model.promotion import Hop
from bot.model.repository import Commit, Repository
from bot.promotion.config import PATH, parse
from bot.promotion.lineage import earlier, earlier_hop, is_same_spot
from bot.promotion.places import WHOLE, Place, repository_of, source_of, target_of

MOST_VERSIONS = 50  # of the configuration, newest first


@dataclass(frozen=True, slots=True)
class Rule:
    """The configuration of a pipeline: in which repository, at which commit of its default branch, what it says."""

    home: Repository
    sha: str
    configuration: Configuration


@dataclass(frozen=True, slots=True)
class End:
    """One end of a hop: `one` is its source or its target, of a group a member."""

    rule: Rule
    hop: Hop
    one: Environment
    side: Literal["source", "target"] = "source"

    def place(self, one: Environment) -> Place:
        """Return where this end lies if it is that environment."""
        if self.side == "source":
            return source_of(replace(self.hop, source=one), self.rule.home)
        return target_of(replace(self.hop, target=replace(one, strategy=self.hop.target.strategy)), self.rule.home)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a hop was in one version of the configuration, and the commit that made this version."""

    commit: Commit
    hop: Hop


def hops_before(tools: Tools, rule: Rule, hop: Hop) -> Iterator[Seen]:
    """Yield what a hop was in each version of the configuration, newest first, as long as it had the pair.

    An environment whose name and spot are both new goes on from an earlier one only where its content came from there:
    what took the turn of something else in the pipeline has not got what that was promoted.
    """
    newer, above = rule.configuration, None
    for commit, older in _versions(tools, rule):
        found = earlier_hop(hop, newer, older)
        if found is None:
            return
        whole = hop.target.strategy in WHOLE
        for was, now in ((found.source, hop.source), (found.target, hop.target)):
            if not _goes_on(was, now, whole=whole) and not (above and came(tools, rule, above, was, now)):
                return
        yield Seen(commit, found)
        hop, newer, above = found, older, commit


def environments_before(tools: Tools, rule: Rule, one: Environment) -> Iterator[tuple[Commit, Environment]]:
    """Yield what an environment was in each version of the configuration, newest first, as long as it was there."""
    newer, above = rule.configuration, None
    for commit, older in _versions(tools, rule):
        found = earlier(one, newer, older)
        if found is None or not (_goes_on(found, one) or (above and came(tools, rule, above, found, one))):
            return
        yield commit, found
        one, newer, above = found, older, commit


def lay_at(tools: Tools, end: End, at: str, tree: str = "") -> Sequence[Environment] | None:
    """Return where an end of a hop lay, newest first and the last one at the commit `at`; None where nobody can say.

    `tree` is the content that it is known to have had then, '' when that is not known. On the default branch the
    configuration of the commit says it, elsewhere the newest one that names a place which was there.
    """
    git, rule, place = tools.git, end.rule, end.place(end.one)
    if not place.scope or (tree and git.directory(place.repository, at, place.path) == tree):
        return (end.one,)
    found = [end.one]
    on_line = place.repository == rule.home and git.is_ancestor(rule.home, at, rule.sha)
    for commit, then in environments_before(tools, rule, end.one):
        there = end.place(then)
        if there.repository != place.repository:
            break
        if there.scope != end.place(found[-1]).scope:
            found.append(then)
        if tree and git.directory(place.repository, at, there.path) == tree:
            return found
        if on_line and git.is_ancestor(rule.home, commit.sha, at):
            return found if tree or is_there(tools, there, at) else None
        if not on_line and not tree and is_there(tools, there, at):
            return found
    return found if tree or is_there(tools, end.place(found[-1]), at) else None


def came(tools: Tools, rule: Rule, at: Commit, was: Environment, now: Environment) -> bool:
    """Say whether what lay at one spot was moved to another one, by the commit that configured that, or before.

    At least half of the files that lay there lie unchanged at the new spot then. In another repository, that is asked
    of its branch as it is now.
    """
    git, repository = tools.git, repository_of(now, rule.home)
    head = at.sha if repository == rule.home else git.resolve(repository, f"refs/heads/{now.branch}")
    if repository_of(was, rule.home) != repository or bool(was.members) != bool(now.members) or head is None:
        return False
    scope = [one.file for one in was.values] or ([was.path] if was.path else [])
    left = git.commits(repository, since=None, until=head, limit=1, paths=scope)
    before = [head] if head != at.sha else at.parents[:1]
    if not _files(tools, repository, head, was):
        before = left[0].parents[:1] if left else ()
    then = _files(tools, repository, before[0], was) if before else {}
    here = _files(tools, repository, head, now)
    kept = sum(here.get(name) == content for name, content in then.items())
    return bool(then) and 2 * kept >= len(then)


def _files(tools: Tools, repository: Repository, commit: str, one: Environment) -> Mapping[str, object]:
    """Return what tells the content of the files of an environment, by what they are called within it."""
    if one.values:
        read = {value.application: tools.git.read(repository, commit, value.file) for value in one.values}
        return {application: data for application, data in read.items() if data is not None}
    found = tools.git.directory(repository, commit, one.path)
    if found is None:
        return {}
    tree = tools.git.open(repository, found)
    return {path: tree.blob(path) for path in tools.git.list(repository, found)}


def _goes_on(was: Environment, now: Environment, *, whole: bool = False) -> bool:
    if was.name == now.name or is_same_spot(was, now):
        return True
    return whole and (was.repository.lower(), was.branch) == (now.repository.lower(), now.branch)


def _versions(tools: Tools, rule: Rule) -> Iterator[tuple[Commit, Configuration]]:
    """Yield the versions of the configuration; by one that was broken nothing was promoted, and nobody meant it so."""
    if not rule.sha:
        return
    for commit in tools.git.commits(rule.home, since=None, until=rule.sha, limit=MOST_VERSIONS, paths=(PATH,)):
        found = parse(tools.git.read(rule.home, commit.sha, PATH), organisation=rule.home.owner)
        if isinstance(found, Configuration):
            yield commit, found
