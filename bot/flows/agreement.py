"""Since which commit have source and target gone different ways?

A fix made in the target and then brought to the source by hand makes both agree without any promotion. What the
source does after that is a change from there: measured from the last promotion, both sides would seem to have
changed the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.tools import Tools
from bot.model.repository import Repository

MOST_COMMITS = 20  # of the source's own line, newest first


def agreed(  # noqa: PLR0913 - the sides of one merge, by name
    tools: Tools, repository: Repository, *, base: str, source: str, target: str, protect: Sequence[str]
) -> str:
    """Return the newest commit before `source`, on its line since `base`, that the target holds wholly, else `base`.

    A commit is held wholly when merging it into the target changes nothing. Only paths in which the target differs
    from the base can have come by another way, so most commits are passed over without merging.
    """
    git = tools.git
    apart = set(git.changed_paths(repository, base, target))
    if not apart:
        return base
    commits = {one.sha: one for one in git.commits(repository, since=base, until=source)}
    here, tree = commits.get(source), git.tree(repository, target)
    for _ in range(MOST_COMMITS):
        here = commits.get(here.parents[0]) if here and here.parents else None
        if here is None:
            return base
        changed = set(git.changed_paths(repository, base, here.sha))
        if not changed or not (protect or changed <= apart):
            continue
        outcome = git.merge_trees(repository, base=base, source=here.sha, target=target, protect=protect)
        if not outcome.conflicts and outcome.tree == tree:
            return here.sha
    return base
