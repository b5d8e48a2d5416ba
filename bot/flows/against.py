"""What goes against the stream in one pipeline now: which rollbacks, and what do they stop?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from bot.errors import UserError
from bot.flows.back import BackReader, Onward
from bot.flows.backwards import Backwards, Withdrawn
from bot.flows.changes import ChangeReader, promotion_commit
from bot.flows.content import Content, Move, Rule, read_restored
from bot.flows.facts import Ground, Setting, read_snapshot
from bot.flows.history import History
from bot.flows.records import HopPulls, Records
from bot.flows.renamed import promoted_before
from bot.flows.rules import Rules
from bot.flows.tagged import genuine_trailers
from bot.flows.tools import Tools
from bot.model.promotion import Hop, Record, Request
from bot.model.repository import PullRequest
from bot.promotion.gates import GateFacts
from bot.promotion.locks import Rollback
from bot.promotion.pipeline import ways_back
from bot.promotion.places import Place, target_of
from bot.promotion.plan import Idle, Plan, Snapshot, plan
from bot.promotion.standing import RolledBack, is_for
from bot.promotion.versions import Release, is_rollback, releases, tag_of, version_back
from bot.report import rollback as words

T = TypeVar("T")


class Against:
    """Reads rollbacks and ways back for one job. The mirrors must be fetched."""

    def __init__(self, tools: Tools, setting: Setting, rules: Rules, changes: ChangeReader) -> None:
        self._tools, self._setting, self._rules, self._changes = tools, setting, rules, changes
        self._home, self.kept = setting.home, setting.kept
        self._history = History(tools, setting.home, self.kept)
        self._backs = BackReader(tools, setting, rules, changes)
        self._onward: dict[tuple[str, str, str], Onward] = {}
        self._reached: set[str] = set()
        self._arrived: set[str] = set()
        self.troubles: list[UserError] = []  # ways that cannot be read; they stand still, and others go on
        self.ways = {hop.branch: hop for hop in ways_back(rules.configuration)}

    def standing(self, pulls: HopPulls, target: Place) -> HopPulls:
        """See `History.standing`. Only a target that was asked about is rolled back: the others do not agree to it."""
        self._reached.add(pulls.hop.target.name)
        found = pulls if pulls.hop.target.strategy == "tag" else self._history.standing(pulls, target)
        self._arrived.add(found.arrived)
        rule = Rule(self._home, self._rules.sha, self._rules.configuration)
        return replace(found, before=promoted_before(self._tools, rule, found, target, self._history.standing))

    def told(self, pulls: HopPulls, seen: Snapshot | Idle) -> Snapshot | Idle:
        """Add to what was read of a promotion what a rollback of its target means for it."""
        for one in pulls.hop.target.members or (pulls.hop.target,):
            self._onward[pulls.hop.source.name, one.name, pulls.hop.application] = Onward(pulls, seen)
        if isinstance(seen, Idle):
            return seen
        said = self.kept.rollback(seen.hop.target.name)
        back = pulls.rollback
        if back is not None and pulls.undone:
            records = Records(self._tools, target_of(seen.hop, self._home).repository, self._home)
            carried = dict.fromkeys(ref for one in pulls.undone for ref in records.arrival(one).includes)
            if carried or pulls.arrived:
                seen = replace(seen, rolled_back=RolledBack(back.number, back.merged_at, tuple(carried)))
        if said is None:
            return seen
        if seen.tag and (passed_by := self._passed_by(seen)):
            return replace(seen, stopped=passed_by)
        held = self.kept.find("hold", seen.hop.target.name)
        if held is None or not said.is_hold(held):
            return seen
        return replace(seen, stopped=words.held(seen.hop, said, back))

    def plans(self, requests: Sequence[Request] = ()) -> Backwards:
        """Return what is to be done with every rollback that is on record, and with ways back that are wanted."""
        found: list[tuple[Hop, Plan | Idle]] = []
        gone: list[Withdrawn] = []
        for hop in self.ways.values():
            said = self.kept.rollback(hop.target.name) if hop.way == "rollback" else None
            if said is None or hop.target.name not in self._reached:
                continue
            seen = self._read(hop, partial(self.read, hop, said))
            if isinstance(seen, Withdrawn):
                gone.append(seen)
            else:
                found.append((hop, seen if isinstance(seen, Idle) else plan(seen)))
        found += self._ways_back(requests)
        return Backwards(tuple(found), tuple(gone), self.kept)

    def _ways_back(self, requests: Sequence[Request]) -> Iterator[tuple[Hop, Plan | Idle]]:
        for hop in self.ways.values():
            onward = self._onward.get((hop.target.name, hop.source.name, hop.application))
            if hop.way != "back" or onward is None:
                continue
            asked = next((one for one in requests if one.source and one.means(hop)), None)
            seen = self._read(hop, partial(self._backs.read, hop, onward, asked))
            if seen is not None:
                yield hop, seen if isinstance(seen, Idle) else plan(seen)

    def _read(self, hop: Hop, read: Callable[[], T]) -> T | Idle:
        """Read one way. What somebody has to mend holds up this one only."""
        try:
            return read()
        except UserError as error:
            self.troubles.append(error)
            return Idle(f"it cannot be told what {hop.target.name} would get back: {error}")

    def read(self, hop: Hop, said: Rollback) -> Snapshot | Idle | Withdrawn:
        """Return how a rollback stands that somebody wants, or wanted."""
        target = target_of(hop, self._home)
        if hop.target.strategy == "tag":
            return self._tag(hop, said, target)
        head = self._tools.git.resolve(target.repository, target.ref)
        if head is None:
            return Idle(
                f"branch `{target.branch}` of {hop.target.name} does not exist; create it, or write the name it has "
                "now into the configuration"
            )
        pulls = replace(self._history.rollbacks(hop, target), hop=hop)
        if pulls.open is None:
            own = next((one for one in pulls.all if self._is_for(hop, target, one, said)), None)
            if own is not None and own.merged:
                return self._done(hop, said, own, head)
            if own is not None:
                return Withdrawn(hop, said, own)
        return self._snapshot(pulls, said, target, head)

    def _snapshot(self, pulls: HopPulls, said: Rollback, target: Place, head: str) -> Snapshot:
        hop, git = pulls.hop, self._tools.git
        records = Records(self._tools, target.repository, self._home)
        branch_sha = git.resolve(target.repository, f"refs/heads/{hop.branch}") or ""
        move = Move(
            home=self._home,
            rules=self._rules.sha,
            configuration=self._rules.configuration,
            hop=hop,
            source=target,
            target=target,
            record=Record(said.sha, said.by, pinned=True),
            last=None,
            target_head=head,
        )
        content = read_restored(self._tools, self._changes, move, said)
        if pulls.open is not None and self._is_for(hop, target, pulls.open, said):
            content = records.standing(content, branch_sha, proposed=False)
        ground = Ground(
            setting=self._setting_of(said),
            hop=hop,
            source=target,
            target=target,
            source_head=head,
            target_head=head,
            content=content,
            branch_sha=branch_sha,
            foreign=records.foreign(branch_sha, content.commit, head),
            pull=pulls.open,
        )
        return self._read_snapshot(ground, said, open_record=records.record(hop, pulls.open))

    def _setting_of(self, said: Rollback) -> Setting:
        """Return the setting without holds, which stop promotions, and without what was said before the rollback."""
        kept = replace(
            self.kept,
            locks=tuple(one for one in self.kept.locks if one.kind != "hold" or one.pull),
            said=tuple(one for one in self.kept.said if one.since >= said.since),
        )
        return replace(self._setting, kept=kept)

    def _read_snapshot(self, ground: Ground, said: Rollback, open_record: Record | None = None) -> Snapshot:
        """Read a rollback. Who wrote what goes back may approve that it does: its changes are nobody's there."""
        changes = ground.content.changes
        alone = replace(ground, content=replace(ground.content, changes=()))
        request = Request(ground.hop.target.name, said.by, said.sha, pinned=True)
        seen = replace(read_snapshot(self._tools, alone), changes=changes, drift=(), open_record=open_record)
        return replace(seen, request=request, rollback=said)

    def _done(self, hop: Hop, said: Rollback, pull: PullRequest, head: str) -> Snapshot:
        """Return a rollback that is over; it is the environment's newest deployment until something else comes."""
        record = Record(said.sha, said.by, pinned=True)
        return Snapshot(
            hop=hop,
            record=record,
            source_head=head,
            target_head=head,
            base="last promotion",
            same=True,
            commit="",
            conflicts=(),
            facts=_no_facts(hop, said, self._tools.github.app_id),
            changes=(),
            merged=pull if pull.merge_commit in self._arrived else None,
            merged_record=record,
            stopped=words.done(hop, said, pull),
            rollback=said,
        )

    def _is_for(self, hop: Hop, target: Place, pull: PullRequest, said: Rollback) -> bool:
        """Say whether a pull request was made for just this rollback, and not for an earlier one."""
        commit = promotion_commit(self._tools, target.repository, pull)
        if commit is None or not is_for(commit.message, said):
            return False
        record = Records(self._tools, target.repository, self._home).written(hop, commit)
        return record is not None and record.source_sha == said.sha

    # ---- tags

    def _tag(self, hop: Hop, said: Rollback, target: Place) -> Snapshot | Idle:
        taken = self.taken(hop, target)
        done = next((one for one in taken if self._tag_is_for(hop, target, one, said)), None)
        if done is not None:
            return Idle(words.tag_done(hop, said, done.tag))
        if not taken:
            return Idle(f"{hop.target.name} has no tag `{hop.target.tag}`")
        newest = taken[0]
        changes = self._changes.between(Place(target.repository, target.branch), said.sha, newest.commit)
        record = Record(said.sha, said.by, pinned=True)
        same = newest.commit == said.sha
        content = Content("last promotion", record, same=same, changes=changes, commit=said.sha)
        ground = Ground(self._setting_of(said), hop, target, target, said.sha, newest.commit, content)
        return replace(self._read_snapshot(ground, said), tag=tag_of(hop.target.tag, version_back(newest.version)))

    def taken(self, hop: Hop, target: Place) -> tuple[Release, ...]:
        """Return the tags of a target, the newest version first."""
        patterns = [one.tag for one in self._rules.configuration.environments if one.tag]
        return releases(self._tools.git.tags(target.repository), hop.target.tag, patterns)

    def _tag_is_for(self, hop: Hop, target: Place, one: Release, said: Rollback) -> bool:
        if not is_rollback(one.version) or one.commit != said.sha:
            return False
        if not is_for(self._tools.git.tag_message(target.repository, one.tag), said):
            return False
        return genuine_trailers(self._tools, hop, target.repository, one) is not None

    def _passed_by(self, seen: Snapshot) -> str:
        """Return why the newest version of the source is not promoted, where a rollback's tag is newer."""
        taken = self.taken(seen.hop, target_of(seen.hop, self._home))
        if not seen.same or not taken or not is_rollback(taken[0].version):
            return ""
        here = next((one.tag for one in taken if one.commit == seen.commit), "")
        if taken[0].commit == seen.commit:
            return ""
        return words.tag_passed_by(seen.hop, taken[0].tag, seen.record.source_sha[:7], here)


def _no_facts(hop: Hop, said: Rollback, app_id: int) -> GateFacts:
    return GateFacts(hop, "", said.sha, True, (), (), (), (), said.by, app_id)
