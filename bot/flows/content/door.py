"""What moves, and how does it look in the target? One door for every strategy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.flows.changes import ChangeReader, changes_as_told, read_commit
from bot.flows.content import trees, versions
from bot.flows.content.move import Content, Move, Moved
from bot.flows.content.start import Start, read_start
from bot.flows.tools import Tools
from bot.promotion.trailers import sealed
from bot.report.promotion import commit_message


def read_content(tools: Tools, changes: ChangeReader, move: Move) -> Content:
    """Merge what moves into the target, in the mirror only, and make the promotion commit ready.

    The mirrors of both repositories must be fetched.
    """
    start = read_start(tools, move)
    moved = _moved(tools, move, start)
    git, target = tools.git, move.target.repository
    if not moved.conflicts and moved.tree == git.tree(target, move.target_head):
        return Content(moved.kind, moved.record, moved.drift, same=True)
    carried = changes.between(start.source, moved.since, move.record.source_sha, wanted=_wanted(tools, move, start))
    if moved.conflicts:
        return Content(moved.kind, moved.record, moved.drift, changes=carried, conflicts=moved.conflicts)
    told = changes_as_told(carried, move.home, target)
    source = read_commit(tools, move.source.repository, move.record.source_sha)
    assert source is not None and source.time is not None  # it was just merged
    seal = tools.seal(target)(sealed(move.hop, moved.record))
    commit = git.write_commit(
        target,
        tree=moved.tree,
        parents=[move.target_head],
        message=commit_message(move.hop, moved.record, told, seal, moved.versions),
        time=source.time,
    )
    return Content(
        moved.kind,
        moved.record,
        moved.drift,
        changes=carried,
        commit=commit,
        paths=moved.paths,
        versions=moved.versions,
    )


def _wanted(tools: Tools, move: Move, start: Start) -> Callable[[str], bool]:
    """Return what says of a commit of the source's files whether it is about what moves."""
    if move.hop.target.strategy == "values":
        return lambda commit: versions.changes_versions(tools, move.hop, move.source, commit, start.lay[1:])
    return partial(trees.changes_content, tools, start) if start.source.formerly else lambda _: True


def _moved(tools: Tools, move: Move, start: Start) -> Moved:
    if move.hop.target.strategy == "values":
        return versions.moved(tools, move, start)
    return trees.merged(tools, move, start)
