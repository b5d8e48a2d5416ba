"""Since which commit have source and target gone different ways?

A fix made in the target and then brought to the source by hand makes both agree without any promotion. What the
source does after that is a change from there: measured from the last promotion, both sides would seem to have
changed the same lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import Protocol

from bot.flows.tools import Tools
from bot.ports import MergeOutcome
from bot.promotion.places import Place

MOST_COMMITS = 20  # of the source's own line, newest first


class Meeting(Protocol):
    """The two sides of a promotion, as `bot.flows.content.trees` has them."""

    @property
    def tools(self) -> Tools: ...
    @property
    def source(self) -> Place: ...
    @property
    def ours(self) -> str: ...
    @property
    def protect(self) -> tuple[str, ...]: ...
    def theirs(self, commit: str) -> str: ...
    def merge(self, base: str, source: str) -> MergeOutcome: ...
    def apart(self, tree: str) -> Sequence[str]: ...
    def moved(self, before: str, after: str) -> Sequence[str]: ...
    def brought(self, tree: str) -> str: ...
    def carried(self, before: str, after: str, into: str) -> str: ...


def agreed(sides: Meeting, base: str, source: str) -> str:
    """Return the newest commit before `source`, on its line since `base`, that the target holds wholly, else `base`.

    A commit is held wholly when merging it into the target changes nothing. Only paths in which the target differs
    from the base can have come by another way, so most commits are passed over without merging.
    """
    before = sides.theirs(base)
    apart = set(sides.apart(before))
    if not apart:
        return base
    for commit in islice(_line(sides, base, source), MOST_COMMITS):
        tree = sides.theirs(commit)
        changed = set(sides.moved(before, tree))
        if not changed or not (sides.protect or changed <= apart):
            continue
        outcome = sides.merge(before, tree)
        if not outcome.conflicts and outcome.tree == sides.ours:
            return commit
    return base


def shared(sides: Meeting, base: str, source: str) -> str:
    """Return the source's tree at `base` with what both sides have changed alike since then, in the target's mirror.

    A commit of the source's line that the target holds, although it lacks others, came there by its own way: a hotfix
    that was brought back. What the source makes of those lines after that is a change from there.
    """
    before = sides.theirs(base)
    common, apart = sides.brought(before), set(sides.apart(before))
    line = [*islice(_line(sides, base, source), MOST_COMMITS)]
    for earlier, commit in pairwise([base, *reversed(line)]):
        was, tree = (sides.theirs(one) for one in (earlier, commit))
        if not apart & set(sides.moved(was, tree)):
            continue
        was, tree = sides.brought(was), sides.brought(tree)
        if sides.carried(was, tree, sides.ours) == sides.ours:
            common = sides.carried(was, tree, common) or common
    return common


def _line(sides: Meeting, base: str, source: str) -> Iterable[str]:
    """Yield the commits before `source` on the source's own line, down to the base, that changed its content."""
    git, place = sides.tools.git, sides.source
    found = git.commits(place.repository, since=base, until=source, paths=place.scope)
    if place.scope:
        yield from (one.sha for one in found if one.sha != source)
        return
    commits = {one.sha: one for one in found}
    here = commits.get(source)
    while here and here.parents and (here := commits.get(here.parents[0])):
        yield here.sha
