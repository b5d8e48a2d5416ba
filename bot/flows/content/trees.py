"""What does the target's tree become when what changed in the source since a known base is merged into it?

Strategies `branch`, `directory` and `repository` are this one merge of three trees: the source's content at a base, at
the commit promoted, and the target's own. They differ in where that content lies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.flows.content.agreement import agreed, shared
from bot.flows.content.configured import rule_of
from bot.flows.content.lineage import End, lay_at
from bot.flows.content.move import Move, Moved
from bot.flows.content.start import FIRST, Start, is_lost
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.tree import EMPTY_TREE
from bot.ports import MergeOutcome
from bot.promotion.places import WHOLE, Place
from bot.promotion.plan import Base, Conflict


def merged(tools: Tools, move: Move, start: Start) -> Moved:
    """Merge into the place of each member of the target; the tree holds all of them, or nothing is to be written."""
    into = tools.git.tree(move.target.repository, move.target_head)
    content = "" if move.hop.target.strategy in WHOLE else _now(tools, move)
    move = replace(move, source=start.source, record=replace(move.record, content=content))
    if lost := is_lost(move, start):
        return Moved(start.kind, "", None, move.record, conflicts=(lost,))
    record, found, members = move.record, [], _members(move)
    for member in members:
        one = _merged_into(_Merge(tools, replace(move, record=record), start, member), into)
        into, record = one.tree or into, one.record
        found.append(one)
    conflicts = tuple(conflict for one in found for conflict in one.conflicts)
    drift = tuple(path for one in found for path in one.drift)
    paths = tuple(dict.fromkeys(one.place.path for one in members))
    return Moved(found[0].kind, "" if conflicts else into, found[0].since, record, drift, conflicts, paths)


def changes_content(tools: Tools, start: Start, commit: str) -> bool:
    """Say whether a commit changed what the source holds, and not only where that lies."""
    parents = tools.git.commits(start.source.repository, since=None, until=commit, limit=1)[0].parents
    now, before = (_lying(tools, start.source, one) for one in (commit, *parents[:1])) if parents else ("", "-")
    return now != before


def _now(tools: Tools, move: Move) -> str:
    """Return the tree that is promoted; the empty one where there is nothing."""
    return tools.git.directory(move.source.repository, move.record.source_sha, move.source.path) or EMPTY_TREE


def _lying(tools: Tools, place: Place, commit: str) -> str:
    """Return the tree of a place at a commit, or else of where it was before; the empty one where it was nowhere."""
    found = (tools.git.directory(place.repository, commit, one) for one in (place.path, *place.formerly))
    return next((one for one in found if one is not None), EMPTY_TREE)


@dataclass(frozen=True, slots=True)
class _Member:
    """An environment that takes what moves: the target, or a member of it."""

    environment: Environment
    place: Place


@dataclass(frozen=True, slots=True)
class _Merge:
    """One merge into one member."""

    tools: Tools
    move: Move
    start: Start
    member: _Member

    def before(self) -> str | None:
        """Return the target's tree as it was when the last promotion arrived, wherever it lay; None when not known."""
        move, git = self.move, self.tools.git
        if not move.arrived:
            return None
        end = End(rule_of(move), move.hop, self.member.environment, "target")
        lay = lay_at(self.tools, end, move.arrived)
        return git.directory(move.target.repository, move.arrived, _path(lay[-1], move)) if lay else None


def _members(move: Move) -> Sequence[_Member]:
    target = move.hop.target
    return [_Member(one, replace(move.target, path=_path(one, move))) for one in target.members or (target,)]


def _path(environment: Environment, move: Move) -> str:
    return "" if move.hop.target.strategy in WHOLE else environment.path


@dataclass(frozen=True, slots=True)
class Sides:
    """The source's content at any commit, and the target's, as trees, each in its own mirror.

    `known` are trees of the source of which it is known what they were, wherever the source lay.
    """

    tools: Tools
    source: Place
    target: Place
    ours: str
    protect: tuple[str, ...]
    known: Mapping[str, str] = field(default_factory=dict)

    def theirs(self, commit: str) -> str:
        """Return the tree of the source's content at a commit, in the source's mirror; the empty one without any."""
        return self.known.get(commit) or _lying(self.tools, self.source, commit)

    def brought(self, tree: str) -> str:
        """Bring a tree of the source into the target's mirror."""
        if self.source.repository == self.target.repository:
            return tree
        return self.tools.git.bring(self.target.repository, self.source.repository, tree)

    def merge(self, base: str, source: str) -> MergeOutcome:
        """Merge what `source` changed since `base`, both trees of the source, into the target's."""
        return self.tools.git.merge_trees(
            self.target.repository,
            base=self.brought(base),
            source=self.brought(source),
            target=self.ours,
            protect=self.protect,
            prefix=self.target.path,
        )

    def carried(self, before: str, after: str, into: str) -> str:
        """Return what a tree becomes by the change from `before` to `after`, '' with conflicts; all in the target's
        mirror."""
        git, place = self.tools.git, self.target
        protect = self.protect
        return git.merge_trees(
            place.repository, base=before, source=after, target=into, protect=protect, prefix=place.path
        ).tree

    def apart(self, tree: str) -> Sequence[str]:
        """Return the paths in which the target differs from a tree of the source, counted from the place's top."""
        return self.tools.git.changed_paths(self.target.repository, self.brought(tree), self.ours)

    def moved(self, before: str, after: str) -> Sequence[str]:
        """Return the paths in which two trees of the source differ."""
        return self.tools.git.changed_paths(self.source.repository, before, after)


def _merged_into(merge: _Merge, into: str) -> Moved:
    tools, move, start, place = merge.tools, merge.move, merge.start, merge.member.place
    git = tools.git
    ours = git.directory(place.repository, into, place.path)
    known = {start.since: _tree_then(tools, move, start)} if start.since else {}
    sides = Sides(tools, move.source, place, ours or EMPTY_TREE, move.configuration.protect, known)
    source = _now(tools, move)
    if move.record.whole or (ours is None and move.last is None):
        return _copied(sides, move, into)
    base, kind = start.since, start.kind
    if base is None and move.hop.target.strategy not in WHOLE:
        return _copied(sides, move, into)
    drift = _drift(sides, merge)
    since = agreed(sides, base, move.record.source_sha) if base else None
    outcome = sides.merge(sides.theirs(since) if since else EMPTY_TREE, source)
    if outcome.conflicts and since:
        outcome = _from_what_is_shared(sides, move, since) or outcome
    if outcome.conflicts:
        conflicts = tuple(
            Conflict(place.below(one.path), one.kind, one.source, one.target) for one in outcome.conflicts
        )
        return Moved(kind, "", since, move.record, drift, conflicts)
    if outcome.tree == ours and kind in FIRST and move.asked:  # nothing moved, and it is wanted all the same
        return _copied(sides, move, into)
    tree = git.graft(place.repository, into, place.path, outcome.tree)
    return Moved(kind, tree, since, move.record, drift)


def _tree_then(tools: Tools, move: Move, start: Start) -> str:
    """Return what the source held at the commit that a move is compared with, at the place that it had then."""
    if start.tree:
        return start.tree
    path = _path(start.then, move)
    return tools.git.directory(move.source.repository, start.since or "", path) or EMPTY_TREE


def _from_what_is_shared(sides: Sides, move: Move, since: str) -> MergeOutcome | None:
    """Merge again from what both sides have by now; None where that does not help."""
    now = move.record.source_sha
    tree = sides.carried(shared(sides, since, now), sides.brought(_now(sides.tools, move)), sides.ours)
    return MergeOutcome(tree) if tree else None


def _copied(sides: Sides, move: Move, into: str) -> Moved:
    """Lay the source's files over the target's: there is nothing to compare with, and its own files stay."""
    git, place = sides.tools.git, sides.target
    source = sides.brought(_now(sides.tools, move))
    laid = git.overlay(place.repository, source=source, target=sides.ours, protect=sides.protect, prefix=place.path)
    tree = git.graft(place.repository, into, place.path, laid)
    kind: Base = "none" if sides.ours == EMPTY_TREE else "copy"
    return Moved(kind, tree, move.record.source_sha, replace(move.record, whole=True))


def _drift(sides: Sides, merge: _Merge) -> tuple[str, ...]:
    """Return the files that the target changed on its own since the last promotion, counted from the top."""
    move, base, before = merge.move, merge.start.since, merge.before()
    if base is None or move.last is None:
        return ()
    if move.hop.target.strategy in WHOLE:
        found = sides.apart(sides.theirs(base))
    else:  # what differs from directory to directory is no drift
        found = sides.tools.git.changed_paths(sides.target.repository, before, sides.ours) if before else ()
    return tuple(sides.target.below(path) for path in _lacking(sides, move, before, found))


def _lacking(sides: Sides, move: Move, before: str | None, found: Sequence[str]) -> Sequence[str]:
    """Leave out what the source has got as well since then: bringing it back would change nothing there."""
    if not found or before is None:
        return found
    git, target = sides.tools.git, sides.target
    theirs = sides.brought(_now(sides.tools, move))
    changed = set(git.changed_paths(target.repository, before, sides.ours))
    back = git.merge_trees(
        target.repository, base=before, source=sides.ours, target=theirs, protect=sides.protect, prefix=target.path
    )
    if back.conflicts:
        return found
    lacking = set(git.changed_paths(target.repository, theirs, back.tree))
    return [path for path in found if path not in changed or path in lacking]
