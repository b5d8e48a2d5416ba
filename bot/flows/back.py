"""What was changed in a target only, and is to be brought back to its source?

A hotfix is kept by the three-way merge, and still its source lacks it: the next environment made from there would, too.
Where a target may not have changes of its own (`on_drift: block`) the way back opens by itself; else somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.flows.changes import ChangeReader
from bot.flows.content import Move, is_there, read_content
from bot.flows.facts import Ground, Setting, read_snapshot
from bot.flows.records import HopPulls, Records, fetch_heads, list_pulls
from bot.flows.rules import Rules
from bot.flows.tools import Tools
from bot.model.promotion import Hop, Record, Request
from bot.promotion.places import Place, source_of, target_of
from bot.promotion.plan import Idle, Snapshot


@dataclass(frozen=True, slots=True)
class Onward:
    """The promotion that a way back goes against: its pull requests, and how it was read."""

    pulls: HopPulls
    seen: Snapshot | Idle

    @property
    def came(self) -> str:
        """Return the commit by which something was promoted last, or rolled back; '' without any."""
        last = self.pulls.last
        return self.pulls.arrived or (last[1].merge_commit if last else None) or ""

    @property
    def is_blocked(self) -> bool:
        """Say whether changes of the target's own stop it."""
        target = self.pulls.hop.target
        blocks = any(one.on_drift == "block" for one in target.members or (target,))
        return blocks and isinstance(self.seen, Snapshot) and bool(self.seen.drift)


class BackReader:
    """Reads ways back for one job. The mirrors must be fetched."""

    def __init__(self, tools: Tools, setting: Setting, rules: Rules, changes: ChangeReader) -> None:
        self._tools, self._setting, self._rules, self._changes = tools, setting, rules, changes
        self._home = setting.home

    def read(self, hop: Hop, onward: Onward, request: Request | None) -> Snapshot | Idle | None:
        """Return how a way back stands; None where nobody asks for it, and `Idle` where there is nothing to bring.

        What GitHub knows of it is asked only where its branch is there, or it is wanted.
        """
        git = self._tools.git
        source, target = source_of(hop, self._home), target_of(hop, self._home)
        branch_sha = git.resolve(target.repository, f"refs/heads/{hop.branch}") or ""
        if not (branch_sha or request or onward.is_blocked):
            return None
        pulls = list_pulls(self._tools, hop, target)
        fetch_heads(self._tools, target.repository, pulls.all)
        if not (pulls.open or request or onward.is_blocked):
            return None
        source_head, target_head = (git.resolve(one.repository, one.ref) for one in (source, target))
        base = git.resolve(source.repository, onward.came) if onward.came else None
        if source_head is None or target_head is None or not is_there(self._tools, source, source_head):
            return None
        if base is None:
            return Idle(
                f"nothing was promoted to {hop.source.name} yet, so what is its own and what is a change is not to be "
                "told apart"
            )
        records = Records(self._tools, target.repository, self._home)
        open_record = records.record(hop, pulls.open)
        by = request.requested_by if request else open_record.requested_by if open_record else ""
        move = Move(
            home=self._home,
            rules=self._rules.sha,
            configuration=self._rules.configuration,
            hop=hop,
            source=source,
            target=target,
            record=Record(self._changed(source, source_head), by),
            last=Record(base),
            target_head=target_head,
            asked=bool(by),
        )
        return self._snapshot(pulls, move, _Seen(source_head, branch_sha, open_record, request))

    def _snapshot(self, pulls: HopPulls, move: Move, seen: _Seen) -> Snapshot:
        hop = move.hop
        records = Records(self._tools, move.target.repository, self._home)
        content = records.standing(
            read_content(self._tools, self._changes, move), seen.branch_sha, proposed=pulls.open is not None
        )
        content = replace(content, drift=())  # what the source has of its own is nobody's concern here
        foreign = records.foreign(seen.branch_sha, content.commit, move.target_head)
        ground = Ground(
            setting=self._setting,
            hop=hop,
            source=move.source,
            target=move.target,
            source_head=seen.source_head,
            target_head=move.target_head,
            content=content,
            branch_sha=seen.branch_sha,
            foreign=foreign,
            pull=pulls.open,
        )
        return replace(
            read_snapshot(self._tools, ground),
            open_record=seen.open_record,
            declined=records.declined(pulls, content.record.source_sha, seen.branch_sha),
            request=seen.request,
        )

    def _changed(self, source: Place, head: str) -> str:
        """Return the commit that made the place what it is; other directories of the branch may have gone on since."""
        if not source.scope:
            return head
        found = self._tools.git.commits(source.repository, since=None, until=head, limit=1, paths=source.scope)
        return found[0].sha if found else head


@dataclass(frozen=True, slots=True)
class _Seen:
    """What else was seen of a way back."""

    source_head: str
    branch_sha: str
    open_record: Record | None
    request: Request | None
