"""From which commit of the source on does a promotion count, and where did the source lie then?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.flows.content.configured import began, held_first, rule_of
from bot.flows.content.lineage import End, environments_before, lay_at
from bot.flows.content.move import Move, followed
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.promotion.places import WHOLE, Place, repository_of, source_of
from bot.promotion.plan import Base, Conflict

FIRST: frozenset[Base] = frozenset(("configured", "dated"))  # nothing was promoted before


@dataclass(frozen=True, slots=True)
class Start:
    """What a move is compared with.

    `since` is the source commit that the target took last, or that stands for it; None where there is none. `lay` are
    the places of the source, newest first, the last one that at `since`; `tree` the content it is known to have had
    then, '' where its place tells. `lost` is why nobody can say what the target took last, '' mostly.
    """

    kind: Base
    since: str | None
    lay: Sequence[Environment]
    source: Place
    tree: str = ""
    lost: str = ""

    @property
    def then(self) -> Environment:
        """The source environment as it was at `since`."""
        return self.lay[-1]


def read_start(tools: Tools, move: Move) -> Start:
    """Find what a move is compared with. The mirrors must be fetched."""
    git, place = tools.git, move.source
    if move.hop.way == "rollback":
        return _start(move, "last promotion", None)
    last = git.resolve(place.repository, move.last.source_sha) if move.last else None
    if last is not None and move.last is not None:
        lay = lay_at(tools, End(rule_of(move), move.hop, move.hop.source), last, move.last.content)
        if lay is None:
            words = "the configuration names no place since then that was there"
            return replace(_start(move, "none", None), lost=words)
        return _start(move, followed(tools, move, last), last, lay, move.last.content)
    if move.hop.target.strategy in WHOLE:
        found = git.merge_base(move.target.repository, move.record.source_sha, move.target_head)
        return _start(move, "none" if not found else "vanished" if move.last else "merge base", found)
    if move.last is not None and _lay_elsewhere(tools, move):
        return replace(_start(move, "none", None), lost="that was in another repository, and is not to be had here")
    pair = began(tools, move)
    first = held_first(tools, move, pair) if pair else None
    if pair is None or first is None:
        return _start(move, "none", None)
    commit, then, dated = first
    kind: Base = "vanished" if move.last else "dated" if dated else "configured"
    return _start(move, kind, commit, [*pair.lay[: pair.lay.index(then)], then])


def _start(move: Move, kind: Base, since: str | None, lay: Sequence[Environment] = (), tree: str = "") -> Start:
    lay = lay or (move.hop.source,)
    before = [source_of(replace(move.hop, source=one), move.home) for one in lay[1:]]
    formerly = [path for one in before for path in one.scope or ("",)]
    source = replace(
        move.source, formerly=tuple(one for one in dict.fromkeys(formerly) if one not in move.source.scope)
    )
    return Start(kind, since, lay, source, tree)


def is_lost(move: Move, start: Start) -> Conflict | None:
    """Return why a move must not be made, where nobody can say what it is to be compared with; None where it may.

    Who asks for the promotion gets everything laid over the target, and sees it whole.
    """
    if not start.lost or move.asked or move.last is None:
        return None
    source, target, short = move.hop.source.name, move.hop.target.name, move.last.source_sha[:7]
    return Conflict(
        move.source.path or ", ".join(move.source.files),
        f"nobody can say what {source} held at {short}, which was promoted last: {start.lost}",
        "",
        "",
        lost=f"comment `/promote {target}` to have everything that {source} holds laid over {target}, by a pull "
        "request that shows it whole; or name the place where it lay in the configuration again, and move it anew",
    )


def _lay_elsewhere(tools: Tools, move: Move) -> bool:
    """Say whether the source was in another repository before: what was promoted from there is not to be had here."""
    seen = environments_before(tools, rule_of(move), move.hop.source)
    return any(repository_of(one, move.home) != move.source.repository for _, one in seen)
