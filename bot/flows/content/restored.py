"""What does the target's tree become when its place is what it was at an earlier commit?

Only the environment's own place goes back: its branch, its directories, or its versions. What else is in the
repository stays, and so does what `protect` keeps out of promotions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.flows.changes import ChangeReader, changes_as_told
from bot.flows.content.move import Content, Move, Moved
from bot.flows.content.start import read_start
from bot.flows.content.versions import moved as moved_versions
from bot.flows.tools import Tools
from bot.model.tree import EMPTY_TREE
from bot.promotion.config import PATH
from bot.promotion.locks import Rollback
from bot.promotion.places import WHOLE
from bot.promotion.plan import Conflict
from bot.promotion.trailers import sealed
from bot.report.rollback import commit_message


def read_restored(tools: Tools, changes: ChangeReader, move: Move, said: Rollback) -> Content:
    """Put the place back in the mirror only, and make the commit ready. `move` leads from the target to itself.

    The changes are those that go back, newest first. Conflicts name what was not there then, and nothing is written.
    """
    git, place = tools.git, move.target
    by_values = move.hop.target.strategy == "values"
    moved = moved_versions(tools, move, read_start(tools, move)) if by_values else _trees(tools, move)
    if moved.conflicts:
        return Content(moved.kind, moved.record, conflicts=moved.conflicts)
    if moved.tree == git.tree(place.repository, move.target_head):
        return Content(moved.kind, moved.record, same=True)
    gone = changes.between(place, move.record.source_sha, move.target_head)
    told = changes_as_told(gone, move.home, place.repository)
    seal = tools.seal(place.repository)(sealed(move.hop, moved.record))
    commit = git.write_commit(
        place.repository,
        tree=moved.tree,
        parents=[move.target_head],
        message=commit_message(move.hop, said, told, seal),
        time=said.since,
    )
    return Content(moved.kind, moved.record, changes=gone, commit=commit, paths=moved.paths, versions=moved.versions)


def _trees(tools: Tools, move: Move) -> Moved:
    git, place, then = tools.git, move.target, move.record.source_sha
    into = git.tree(place.repository, move.target_head)
    missing: list[Conflict] = []
    for path in (paths := _paths(move)):
        before = git.directory(place.repository, then, path)
        ours = git.directory(place.repository, into, path) or EMPTY_TREE
        if before is None:
            words = f"there was no such directory at {then[:7]}, so nothing could be put back"
            missing.append(Conflict(path, words, "", ""))
            continue
        restored = git.merge_trees(
            place.repository, base=ours, source=before, target=ours, protect=_kept(tools, move), prefix=path
        )
        into = git.graft(place.repository, into, path, restored.tree)
    return Moved("last promotion", "" if missing else into, then, move.record, (), tuple(missing), tuple(paths))


def _kept(tools: Tools, move: Move) -> Sequence[str]:
    """Return the patterns of what stays: also the rules that hold now, which are no part of an environment."""
    if move.target.repository != move.home or tools.github.default_branch(move.home) != move.target.branch:
        return move.configuration.protect
    return (*move.configuration.protect, f"/{PATH}")


def _paths(move: Move) -> Sequence[str]:
    target = move.hop.target
    members = target.members or (replace(target, path=move.target.path),)
    return tuple(dict.fromkeys("" if one.strategy in WHOLE else one.path for one in members))
