"""What does the target's tree become when what changed in the source since a known base is merged into it?

Strategies `branch`, `directory` and `repository` are this one merge of three trees: the source's content at a base, at
the commit promoted, and the target's own. They differ in where that content lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.flows.content.agreement import agreed, shared
from bot.flows.content.configured import configured_content
from bot.flows.content.move import Move, Moved, followed
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.tree import EMPTY_TREE
from bot.ports import MergeOutcome
from bot.promotion.places import WHOLE, Place
from bot.promotion.plan import Base, Conflict


def merged(tools: Tools, move: Move) -> Moved:
    """Merge into the place of each member of the target; the tree holds all of them, or nothing is to be written."""
    into = tools.git.tree(move.target.repository, move.target_head)
    record, found, members = move.record, [], _members(move)
    for member in members:
        one = _merged_into(tools, replace(move, record=record), member, into)
        into, record = one.tree or into, one.record
        found.append(one)
    conflicts = tuple(conflict for one in found for conflict in one.conflicts)
    drift = tuple(path for one in found for path in one.drift)
    paths = tuple(dict.fromkeys(one.path for one in members))
    return Moved(found[0].kind, "" if conflicts else into, found[0].since, record, drift, conflicts, paths)


def _members(move: Move) -> Sequence[Place]:
    target = move.hop.target
    return [replace(move.target, path=_path(one)) for one in target.members or (target,)]


def _path(environment: Environment) -> str:
    return "" if environment.strategy in WHOLE else environment.path


@dataclass(frozen=True, slots=True)
class Sides:
    """The source's content at any commit, and the target's, as trees, each in its own mirror."""

    tools: Tools
    source: Place
    target: Place
    ours: str
    protect: tuple[str, ...]

    def theirs(self, commit: str) -> str:
        """Return the tree of the source's content at a commit, in the source's mirror; the empty one without any."""
        return self.tools.git.directory(self.source.repository, commit, self.source.path) or EMPTY_TREE

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


def _merged_into(tools: Tools, move: Move, place: Place, into: str) -> Moved:
    git = tools.git
    ours = git.directory(place.repository, into, place.path)
    sides = Sides(tools, move.source, place, ours or EMPTY_TREE, move.configuration.protect)
    source = sides.theirs(move.record.source_sha)
    if move.record.whole or (ours is None and move.last is None):
        return _copied(sides, move, into)
    base, kind = _base(tools, move)
    if base is None and move.hop.target.strategy not in WHOLE:
        return _copied(sides, move, into)
    drift = _drift(sides, move, base)
    since = agreed(sides, base, move.record.source_sha) if base else None
    outcome = sides.merge(sides.theirs(since) if since else EMPTY_TREE, source)
    if outcome.conflicts and since:
        outcome = _from_what_is_shared(sides, move, since) or outcome
    if outcome.conflicts:
        conflicts = tuple(
            Conflict(place.below(one.path), one.kind, one.source, one.target) for one in outcome.conflicts
        )
        return Moved(kind, "", since, move.record, drift, conflicts)
    if outcome.tree == ours and kind == "configured" and move.asked:  # nothing moved, and it is wanted all the same
        return _copied(sides, move, into)
    tree = git.graft(place.repository, into, place.path, outcome.tree)
    return Moved(kind, tree, since, move.record, drift)


def _from_what_is_shared(sides: Sides, move: Move, since: str) -> MergeOutcome | None:
    """Merge again from what both sides have by now; None where that does not help."""
    now = move.record.source_sha
    tree = sides.carried(shared(sides, since, now), sides.brought(sides.theirs(now)), sides.ours)
    return MergeOutcome(tree) if tree else None


def _copied(sides: Sides, move: Move, into: str) -> Moved:
    """Lay the source's files over the target's: there is nothing to compare with, and its own files stay."""
    git, place = sides.tools.git, sides.target
    source = sides.brought(sides.theirs(move.record.source_sha))
    laid = git.overlay(place.repository, source=source, target=sides.ours, protect=sides.protect, prefix=place.path)
    tree = git.graft(place.repository, into, place.path, laid)
    kind: Base = "none" if sides.ours == EMPTY_TREE else "copy"
    return Moved(kind, tree, move.record.source_sha, replace(move.record, whole=True))


def _base(tools: Tools, move: Move) -> tuple[str | None, Base]:
    """Return the source commit that the target took last, or that stands for it, and how it was found."""
    git, source, place = tools.git, move.record.source_sha, move.source
    last = git.resolve(place.repository, move.last.source_sha) if move.last else None
    if last is not None and git.directory(place.repository, last, place.path) is not None:  # else it lay elsewhere then
        return last, followed(tools, move, last)
    gone = move.last is not None and last is None
    if move.hop.target.strategy in WHOLE:
        found = git.merge_base(move.target.repository, source, move.target_head)
        return found, "none" if not found else "vanished" if gone else "merge base"
    found = configured_content(tools, move)
    return found, "none" if not found else "vanished" if gone else "configured"


def _drift(sides: Sides, move: Move, base: str | None) -> tuple[str, ...]:
    """Return the files that the target changed on its own since the last promotion, counted from the top."""
    if base is None or move.last is None:
        return ()
    if move.hop.target.strategy in WHOLE:
        found = sides.apart(sides.theirs(base))
    elif move.arrived:  # what differs from directory to directory is no drift
        git, target = sides.tools.git, sides.target
        before = git.directory(target.repository, move.arrived, target.path)
        found = git.changed_paths(target.repository, before, sides.ours) if before else ()
    else:
        found = ()
    return tuple(sides.target.below(path) for path in _lacking(sides, move, found))


def _lacking(sides: Sides, move: Move, found: Sequence[str]) -> Sequence[str]:
    """Leave out what the source has got as well since then: bringing it back would change nothing there."""
    if not found or not move.arrived:
        return found
    git, target = sides.tools.git, sides.target
    before = git.directory(target.repository, move.arrived, target.path)
    if before is None:
        return found
    theirs = sides.brought(sides.theirs(move.record.source_sha))
    changed = set(git.changed_paths(target.repository, before, sides.ours))
    back = git.merge_trees(
        target.repository, base=before, source=sides.ours, target=theirs, protect=sides.protect, prefix=target.path
    )
    if back.conflicts:
        return found
    lacking = set(git.changed_paths(target.repository, theirs, back.tree))
    return [path for path in found if path not in changed or path in lacking]
