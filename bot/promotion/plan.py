"""Given what GitHub and git say of one hop, what has to be done?

`plan` is a function from one frozen `Snapshot` to one frozen `Plan`; `bot.flows.apply` carries it out. Planning
the same snapshot twice gives the same plan, and carrying a plan out twice changes nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.promotion import Change, Gate, Hop, Record, Request
from bot.model.repository import PullRequest
from bot.promotion import gates as rules
from bot.promotion.locks import Rollback
from bot.promotion.standing import RolledBack

Base = Literal["last promotion", "rewritten", "vanished", "merge base", "configured", "dated", "copy", "none"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file changed on both sides since the last promotion, with both texts ('' when deleted there).

    `lost` is what to do where it is no file, but that nobody can say what was promoted last; '' for every file.
    """

    path: str
    kind: str
    source: str
    target: str
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One merged promotion pull request, or a tag, and the references of the pull requests it carried (see `Change`).

    `commit` is where the tag stands, '' for one that Lockkeeper did not set.
    """

    pull: PullRequest | None
    includes: tuple[str, ...]
    tag: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One hop as read at one moment.

    `base` says where the three-way base came from: the last promotion (which a "rewritten" history of the source does
    not hold any more), the merge base, or nothing at all; "vanished" is a last promotion that is not to be had.
    `commit` is the promotion commit made ready in the mirror ('' with conflicts or nothing to move);
    `same` says the target already has the content. `drift` are paths the target changed on its own since the
    base. `open` is the open promotion pull request with `open_record`; `declined` is the source commit of the
    newest one somebody closed unmerged; `merged` the newest merged one with `merged_record`.
    """

    hop: Hop
    record: Record  # what would be promoted now
    source_head: str
    target_head: str
    base: Base
    same: bool
    commit: str
    conflicts: tuple[Conflict, ...]
    facts: rules.GateFacts
    changes: tuple[Change, ...]
    drift: tuple[str, ...] = ()
    open: PullRequest | None = None
    open_record: Record | None = None
    declined: str = ""
    merged: PullRequest | None = None
    merged_record: Record | None = None
    arrivals: tuple[Arrival, ...] = ()
    request: Request | None = None
    branch_sha: str = ""  # where the promotion branch is now, '' when it does not exist
    remembered: tuple[str, ...] = ()  # references of pull requests whose label asked for this before they were merged
    tag: str = ""  # what is to be set on the commit, where a promotion is a tag
    versions: tuple[str, ...] = ()  # what moves, in words, where versions do: "web: image tag 1.4 → 1.5"
    told_trouble: bool = False  # the source commit carries our word of an earlier conflict or refusal
    rolled_back: RolledBack | None = None  # the newest rollback of the target, where it took promotions away
    rollback: Rollback | None = None  # what is to go back, or went
    stopped: str = ""  # why nothing is to be proposed by itself, in words

    @property
    def update_needed(self) -> bool:
        """Say whether our branch, or the pull request's head as GitHub tells it, is not at `commit` yet."""
        return self.branch_sha != self.commit or self.open is None or self.open.head_sha != self.commit

    @property
    def unjudged(self) -> bool:
        """Say whether the pull request comes to `commit` only now, so that our checks cannot have looked at it."""
        return self.update_needed and not self.facts.foreign and not self.conflicts


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is proposed; `reason` says why, in words for `/status` and for replies."""

    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """The open pull request has nothing left to move."""

    pull: PullRequest
    reason: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Source and target changed the same files: told, nothing written."""

    conflicts: tuple[Conflict, ...]
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """A promotion pull request is open, or is to be opened, for `commit`."""

    commit: str
    gates: tuple[Gate, ...]
    merge: bool


@dataclass(frozen=True, slots=True)
class Release:
    """A tag is set on the commit once its gates are open: `open` says that they are."""

    tag: str
    commit: str
    gates: tuple[Gate, ...]
    open: bool


Decision = Idle | Close | Stuck | Propose | Release


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision for one hop, and the snapshot it was taken from."""

    snapshot: Snapshot
    decision: Decision


def plan(snapshot: Snapshot) -> Plan:
    """Decide one hop."""
    return Plan(snapshot, _decide(snapshot))


def _decide(snapshot: Snapshot) -> Decision:
    hop, open_pull = snapshot.hop, snapshot.open
    if snapshot.stopped and open_pull is None:
        return Idle(snapshot.stopped)
    if snapshot.same:
        reason = f"{hop.target.name} already has everything that {hop.source.name} holds"
        if hop.way == "rollback":
            reason = f"{hop.target.name} already holds that"
        if hop.way == "back":
            reason = f"{hop.target.name} has everything that was changed in {hop.source.name} directly"
        return Close(open_pull, reason) if open_pull else Idle(reason)
    wanted = open_pull is not None or snapshot.request is not None or hop.target.promote == "auto"
    if not wanted:
        return Idle(f"{hop.target.name} is promoted on request: comment `/promote {hop.target.name}`")
    if open_pull is None and snapshot.request is None and snapshot.declined == snapshot.record.source_sha:
        return Idle(
            f"the promotion of {snapshot.record.source_sha[:7]} was closed unmerged; it is proposed again when "
            f"{hop.source.name} moves on, or with `/promote {hop.target.name}`"
        )
    if snapshot.facts.foreign and open_pull is None:
        return Idle(
            f"branch `{hop.branch}` holds commit {snapshot.facts.foreign[:7]}, which Lockkeeper did not make; "
            "delete the branch to start"
        )
    if snapshot.conflicts:
        return Stuck(snapshot.conflicts, (rules.order(snapshot.facts),))  # no commit that the others could judge
    gates = rules.evaluate(snapshot.facts)
    if snapshot.tag:
        return Release(snapshot.tag, snapshot.commit, gates, rules.passed(gates))
    merge = hop.target.merge == "auto" and rules.passed(gates) and not snapshot.update_needed
    return Propose(snapshot.commit, gates, merge)
