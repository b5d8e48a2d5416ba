"""What do GitHub and git say of one hop of the pipeline, at fixed commits?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.flows.changes import ChangeReader
from bot.flows.content import Move, changes_versions, is_there, read_content
from bot.flows.facts import Ground, read_setting, read_snapshot
from bot.flows.records import HopPulls, Records
from bot.flows.rules import Rules
from bot.flows.tagged import TagReader
from bot.flows.tools import Tools
from bot.flows.troubles import told_trouble
from bot.intake.command_access import Allowed
from bot.intake.command_registry import spec_of
from bot.model.environment import Environment
from bot.model.promotion import Hop, Record, Request
from bot.model.repository import PullRequest, Repository
from bot.promotion.places import Place, source_of, target_of
from bot.promotion.plan import Arrival, Idle, Snapshot
from bot.promotion.remember import label, who_asked
from bot.report.words import listed

MOST_PASSED_BY = 20  # commits of files with versions that changed something else in them


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be promoted, what the open pull request moves, and who asked just now."""

    record: Record
    open_record: Record | None
    request: Request | None


class HopReader:
    """Reads the hops of one pipeline during one job. The mirrors must hold the pull requests' heads.

    `home` is the repository with the configuration.
    """

    def __init__(self, tools: Tools, home: Repository, rules: Rules) -> None:
        self._tools, self._home, self._rules = tools, home, rules
        self.changes = ChangeReader(tools, home, rules.configuration.environments)
        self.setting = read_setting(tools, home, rules)
        self._tags = TagReader(tools, self.setting, rules, self.changes)

    def read(self, pulls: HopPulls, request: Request | None = None) -> Snapshot | Idle:
        """Return the snapshot of one hop; `Idle` with the reason when there is nothing to move, or nowhere to."""
        hop = pulls.hop
        if hop.target.strategy == "tag":
            tagged = self._tags.read(hop, request)
            if isinstance(tagged, Idle) or tagged.same or tagged.request is not None:
                return tagged
            return self._recalled(pulls, tagged)
        if pulls.other is not None and pulls.open is None:
            return Idle(  # GitHub has one for two branches, and the gates of this one nobody would judge
                f"#{pulls.other.number}, which {pulls.other.author.login} opened from `{hop.branch}`, is in the way; "
                "close it, and Lockkeeper opens its own"
            )
        source, target = source_of(hop, self._home), target_of(hop, self._home)
        source_head, target_head = (self._tools.git.resolve(one.repository, one.ref) for one in (source, target))
        if source_head is None or target_head is None:
            missing, place = (hop.source, source) if source_head is None else (hop.target, target)
            return Idle(
                f"branch `{place.branch}` of {missing.name} does not exist; create it, or write the name it has "
                "now into the configuration"
            )
        open_record = Records(self._tools, target.repository, self._home).record(hop, pulls.open)
        record = self._wanted(source_head, open_record, request)
        if self._tools.git.resolve(source.repository, record.source_sha) is None:
            return Idle(
                f"commit {record.source_sha[:7]}, which was asked for, is gone from {hop.source.name}; comment "
                f"`/promote {hop.target.name}` to promote what it holds now"
            )
        wanted = self._content_commit(hop, source, record)
        if wanted is None:
            what = (
                f"directory `{source.path}`" if source.path else f"file {listed([f'`{one}`' for one in source.files])}"
            )
            return Idle(
                f"{hop.source.name} has no {what} on branch `{source.branch}`: there is nothing to "
                f"promote; an environment that is given up leaves the configuration, too"
            )
        asked = _Asked(wanted, open_record, request)
        snapshot = self._snapshot(pulls, asked, _Heads(source, target, source_head, target_head))
        return snapshot if request or pulls.open or snapshot.same else self._recalled(pulls, snapshot)

    def _recalled(self, pulls: HopPulls, snapshot: Snapshot) -> Snapshot:
        """Look whether somebody asked for this on a pull request before it was merged."""
        target = snapshot.hop.target.name
        labelled = [
            one for one in snapshot.changes if one.number and label(target) in self.changes.pull(one.reference).labels
        ]
        for one in labelled:
            repository = Repository.parse(one.repository) if one.repository else self._home
            bodies = [
                said.body
                for said in self._tools.github.comments(repository, one.number)
                if said.author.login == self._tools.github.bot_login
            ]
            asked = who_asked(one.number, target, bodies, self._tools.seal(repository))
            if asked and self._may_still(asked, snapshot.hop.target):
                again = self.read(pulls, Request(target, asked, snapshot.record.source_sha))
                assert isinstance(again, Snapshot)  # its branches were there a moment ago
                return replace(again, remembered=tuple(each.reference for each in labelled))
        return snapshot

    def _may_still(self, login: str, target: Environment) -> bool:
        """Say whether who asked before the merge may have it now: rights may have been taken away meanwhile."""
        return isinstance(self.setting.rights.allows(spec_of("promote"), login, target), Allowed)

    def _snapshot(self, pulls: HopPulls, asked: _Asked, heads: _Heads) -> Snapshot:
        hop, repository = pulls.hop, heads.target.repository
        records = Records(self._tools, repository, self._home)
        merged = pulls.merged[0] if pulls.merged else None
        last = records.record(*pulls.last) if pulls.last else None
        branch_sha = self._tools.git.resolve(repository, f"refs/heads/{hop.branch}") or ""
        move = Move(
            home=self._home,
            rules=self._rules.sha,
            configuration=self._rules.configuration,
            hop=hop,
            source=heads.source,
            target=heads.target,
            record=asked.record,
            last=last,
            target_head=heads.target_head,
            arrived=pulls.arrived or self._arrived(repository, pulls.last[1] if pulls.last else None),
            asked=bool(asked.request or asked.record.requested_by),
        )
        content = records.standing(
            read_content(self._tools, self.changes, move), branch_sha, proposed=pulls.open is not None
        )
        foreign = records.foreign(branch_sha, content.commit, heads.target_head)
        ground = Ground(
            setting=self.setting,
            hop=hop,
            source=heads.source,
            target=heads.target,
            source_head=heads.source_head,
            target_head=heads.target_head,
            content=content,
            branch_sha=branch_sha,
            foreign=foreign,
            pull=pulls.open,
        )
        seen = read_snapshot(self._tools, ground)
        return replace(
            seen,
            open_record=asked.open_record,
            declined=records.declined(pulls, content.record.source_sha, branch_sha),
            merged=merged,
            merged_record=records.record(hop, merged),
            arrivals=tuple(self._arrival(records, one) for one in pulls.merged),
            request=asked.request,
            told_trouble=told_trouble(self._tools, hop, heads.source.repository, seen.facts.source_sha),
        )

    def _wanted(self, source_head: str, open_record: Record | None, request: Request | None) -> Record:
        """Return what to promote: what was asked for, what is pinned, else what the source holds now."""
        whole = open_record.whole if open_record else False
        if request is not None:
            return Record(request.sha or source_head, request.requested_by, request.pinned, whole)
        if open_record is not None and open_record.pinned:
            return open_record
        return Record(source_head, open_record.requested_by if open_record else "", whole=whole)

    def _content_commit(self, hop: Hop, source: Place, record: Record) -> Record | None:
        """Return the record with the commit that made the source's content what it is; None where there is none.

        Other directories of the branch, and what else is in files with versions, may have gone on since: that moves
        nothing here.
        """
        if not source.scope:
            return record
        if not is_there(self._tools, source, record.source_sha):
            return None
        limit = MOST_PASSED_BY if source.files else 1
        until = record.source_sha
        found = self._tools.git.commits(source.repository, since=None, until=until, limit=limit, paths=source.scope)
        moving = (one.sha for one in found if not source.files or changes_versions(self._tools, hop, source, one.sha))
        newest = next(moving, found[0].sha if found else "")
        return replace(record, source_sha=newest) if newest else None

    def _arrival(self, records: Records, pull: PullRequest) -> Arrival:
        arrival = records.arrival(pull)
        return replace(arrival, includes=self.changes.known(arrival.includes))

    def _arrived(self, repository: Repository, merged: PullRequest | None) -> str:
        """Return the commit by which the last promotion came into the target, '' when it is not known here."""
        sha = merged.merge_commit if merged else None
        return (self._tools.git.resolve(repository, sha) or "") if sha else ""


@dataclass(frozen=True, slots=True)
class _Heads:
    """The places of a hop, and where their branches are."""

    source: Place
    target: Place
    source_head: str
    target_head: str
