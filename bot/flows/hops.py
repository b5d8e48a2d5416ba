"""What do GitHub and git say of one hop of the pipeline, at fixed commits?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.flows.agreement import agreed
from bot.flows.approvals import read_approvals
from bot.flows.changes import ChangeReader, is_ours, promotion_commit, read_commit, read_trailers
from bot.flows.tools import Tools
from bot.intake.tasks import pull_key
from bot.model.environment import Configuration
from bot.model.promotion import Change, Hop, Record, Request
from bot.model.repository import CheckState, Commit, PullRequest, Repository
from bot.promotion.gates import GateFacts
from bot.promotion.plan import Arrival, Base, Conflict, Idle, Snapshot
from bot.promotion.remember import label, who_asked
from bot.promotion.trailers import parse_trailers, sealed
from bot.report.promotion import CLOSED_MARKER, check_name, commit_message, trouble_name

HISTORY = 10  # merged promotions looked back at


@dataclass(frozen=True, slots=True)
class HopPulls:
    """The promotion pull requests of one hop, newest first."""

    hop: Hop
    all: tuple[PullRequest, ...]

    @property
    def open(self) -> PullRequest | None:
        return next((one for one in self.all if one.state == "open"), None)

    @property
    def merged(self) -> tuple[PullRequest, ...]:
        done = [one for one in self.all if one.merged and one.merged_at is not None]
        return tuple(sorted(done, key=lambda one: str(one.merged_at), reverse=True)[:HISTORY])

    @property
    def declined(self) -> PullRequest | None:
        """The newest one closed unmerged, when nothing was merged after it."""
        newest = next((one for one in self.all if one.state == "closed"), None)
        return newest if newest and not newest.merged else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be promoted, what the open pull request moves, and who asked just now."""

    record: Record
    open_record: Record | None
    request: Request | None


@dataclass(frozen=True, slots=True)
class _Content:
    """What the merge of source and target came to."""

    kind: Base
    drift: tuple[str, ...]
    same: bool = False
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    commit: str = ""


def list_pulls(tools: Tools, repository: Repository, hop: Hop) -> HopPulls:
    """List our own promotion pull requests of a hop; those of other people on the same branch do not count."""
    found = tools.github.pulls(repository, state="all", base=hop.target.branch, head=hop.branch, limit=30)
    return HopPulls(hop, tuple(one for one in found if one.author.login == tools.github.bot_login))


class HopReader:
    """Reads the hops of one repository during one job. The mirror must hold the pull requests' heads."""

    def __init__(self, tools: Tools, repository: Repository, configuration: Configuration) -> None:
        self._tools, self._repository, self._configuration = tools, repository, configuration
        self.changes = ChangeReader(tools, repository)

    def read(self, pulls: HopPulls, request: Request | None = None) -> Snapshot | Idle:
        """Return the snapshot of one hop; `Idle` with the reason when a branch is missing."""
        git, hop = self._tools.git, pulls.hop
        heads = {
            one.name: git.resolve(self._repository, f"refs/heads/{one.branch}") for one in (hop.source, hop.target)
        }
        source_head, target_head = heads[hop.source.name], heads[hop.target.name]
        if source_head is None or target_head is None:
            missing = hop.source if source_head is None else hop.target
            return Idle(f"branch `{missing.branch}` of {missing.name} does not exist; create it to start")
        open_record = self._record(hop, pulls.open) if pulls.open else None
        asked = _Asked(self._wanted(source_head, open_record, request), open_record, request)
        snapshot = self._snapshot(pulls, asked, source_head, target_head)
        return snapshot if request or pulls.open or snapshot.same else self._recalled(pulls, snapshot)

    def _recalled(self, pulls: HopPulls, snapshot: Snapshot) -> Snapshot:
        """Look whether somebody asked for this on a pull request before it was merged."""
        target = snapshot.hop.target.name
        numbers = [
            one.number
            for one in snapshot.changes
            if one.number and label(target) in self.changes.pull(one.number).labels
        ]
        for number in numbers:
            bodies = [
                one.body
                for one in self._tools.github.comments(self._repository, number)
                if one.author.login == self._tools.github.bot_login
            ]
            where = pull_key(self._repository.full_name, number)
            if asked := who_asked(where, target, bodies, self._tools.seal):
                again = self.read(pulls, Request(target, asked, snapshot.record.source_sha))
                assert isinstance(again, Snapshot)  # its branches were there a moment ago
                return replace(again, remembered=tuple(numbers))
        return snapshot

    def _snapshot(self, pulls: HopPulls, asked: _Asked, source_head: str, target_head: str) -> Snapshot:
        record, hop = asked.record, pulls.hop
        merged = pulls.merged[0] if pulls.merged else None
        merged_record = self._record(hop, merged) if merged else None
        branch_sha = self._tools.git.resolve(self._repository, f"refs/heads/{hop.branch}") or ""
        content = self._standing(record, self._content(hop, record, merged_record, target_head), branch_sha)
        facts = self._facts(hop, record, content, source_head, branch_sha)
        return Snapshot(
            hop=hop,
            record=record,
            source_head=source_head,
            target_head=target_head,
            base=content.kind,
            same=content.same,
            commit=content.commit,
            conflicts=content.conflicts,
            facts=self._with_verdicts(facts, pulls.open, branch_sha),
            changes=content.changes,
            drift=content.drift,
            open=pulls.open,
            open_record=asked.open_record,
            declined=self._declined(pulls, record.source_sha, branch_sha),
            merged=merged,
            merged_record=merged_record,
            arrivals=tuple(self._arrival(one) for one in pulls.merged),
            request=asked.request,
            branch_sha=branch_sha,
            told_trouble=_told_trouble(facts),
        )

    def _content(self, hop: Hop, record: Record, last: Record | None, target_head: str) -> _Content:
        """Merge what moves into the target, in the mirror only, and make the promotion commit ready."""
        git, repository = self._tools.git, self._repository
        base, kind = self._base(last, record.source_sha, target_head)
        protect = self._configuration.protect
        if base:
            sides = {"base": base, "source": record.source_sha, "target": target_head}
            base = agreed(self._tools, repository, protect=protect, **sides)
        outcome = git.merge_trees(repository, base=base, source=record.source_sha, target=target_head, protect=protect)
        drift = tuple(git.changed_paths(repository, base, target_head)) if base and last else ()
        if not outcome.conflicts and outcome.tree == git.tree(repository, target_head):
            return _Content(kind, drift, same=True)
        changes = self.changes.between(hop.source.branch, base, record.source_sha)
        if outcome.conflicts:
            conflicts = tuple(Conflict(one.path, one.kind, one.source, one.target) for one in outcome.conflicts)
            return _Content(kind, drift, changes=changes, conflicts=conflicts)
        source = read_commit(self._tools, repository, record.source_sha)
        assert source is not None and source.time is not None  # it was just merged
        commit = git.write_commit(
            repository,
            tree=outcome.tree,
            parents=[target_head],
            message=commit_message(hop, record, changes, self._tools.seal(sealed(hop, record))),
            time=source.time,
        )
        return _Content(kind, drift, changes=changes, commit=commit)

    def _standing(self, record: Record, content: _Content, branch_sha: str) -> _Content:
        """Keep the commit the branch is at where only words differ: a new title must not cost the approvals."""
        there = read_commit(self._tools, self._repository, branch_sha) if branch_sha and content.commit else None
        ready = read_commit(self._tools, self._repository, content.commit) if there else None
        if there is None or ready is None or not is_ours(self._tools, there) or there.parents != ready.parents:
            return content
        old, new = parse_trailers(there.message), parse_trailers(ready.message)
        git = self._tools.git
        if old is None or new is None or (old.source, old.target, old.record) != (new.source, new.target, record):
            return content
        same = git.tree(self._repository, there.sha) == git.tree(self._repository, ready.sha)
        return replace(content, commit=there.sha) if same and old.includes == new.includes else content

    def _facts(self, hop: Hop, record: Record, content: _Content, source_head: str, branch_sha: str) -> GateFacts:
        foreign = self._foreign(branch_sha, content.commit)
        return GateFacts(
            hop=hop,
            head_sha=branch_sha if foreign else content.commit,
            source_sha=record.source_sha,
            source_holds=self._tools.git.is_ancestor(self._repository, record.source_sha, source_head),
            source_checks=tuple(self._tools.github.checks(self._repository, record.source_sha)),
            head_checks=(),
            approvals=(),
            changes=content.changes,
            requested_by=record.requested_by,
            app_id=self._tools.github.app_id,
            conflicts=tuple(one.path for one in content.conflicts),
            foreign=foreign,
        )

    def _wanted(self, source_head: str, open_record: Record | None, request: Request | None) -> Record:
        """Return what to promote: what was asked for, what is pinned, else what the source holds now."""
        if request is not None:
            return Record(request.sha or source_head, request.requested_by, request.pinned)
        if open_record is not None and open_record.pinned:
            return open_record
        return Record(source_head, open_record.requested_by if open_record else "")

    def _record(self, hop: Hop, pull: PullRequest) -> Record | None:
        """Return what a promotion pull request moved.

        Our check run on its head, else on our commit below it, is the word that counts, because only the App can
        write it. Without one (a crash between push and check run) the trailers serve, if their seal is ours.
        """
        if record := self._noted(hop, pull.head_sha):
            return record
        commit = promotion_commit(self._tools, self._repository, pull)
        if commit is None:
            return None
        if commit.sha != pull.head_sha and (record := self._noted(hop, commit.sha)):
            return record
        trailers = parse_trailers(commit.message)
        return trailers.record if trailers and trailers.is_genuine(hop, self._tools.seal) else None

    def _noted(self, hop: Hop, sha: str) -> Record | None:
        app_id, name = self._tools.github.app_id, check_name(hop.target)
        notes = (one for one in self._tools.github.checks(self._repository, sha) if one.name == name)
        found = (Record.decode(one.external_id) for one in notes if one.app_id == app_id)
        return next((one for one in found if one), None)

    def _base(self, last: Record | None, source: str, target: str) -> tuple[str | None, Base]:
        git = self._tools.git
        if last is not None and git.resolve(self._repository, last.source_sha) is not None:
            return last.source_sha, "last promotion"
        found = git.merge_base(self._repository, source, target)
        return found, "merge base" if found else "none"

    def _foreign(self, branch_sha: str, commit: str) -> str:
        """Return the promotion branch's head if it holds work of somebody else, else ''.

        Merging the target into the branch, as GitHub's button "Update branch" does, adds nothing that the next
        promotion commit would not have.
        """
        if not branch_sha or branch_sha == commit:
            return ""
        found = read_commit(self._tools, self._repository, branch_sha)
        if found is None or is_ours(self._tools, found):
            return ""
        if len(found.parents) == 2:
            first = read_commit(self._tools, self._repository, found.parents[0])
            if first is not None and is_ours(self._tools, first) and self._plain_merge(found):
                return ""
        return branch_sha

    def _plain_merge(self, commit: Commit) -> bool:
        git, (ours, other) = self._tools.git, commit.parents
        outcome = git.merge_trees(self._repository, base=None, source=other, target=ours, protect=())
        return not outcome.conflicts and outcome.tree == git.tree(self._repository, commit.sha)

    def _with_verdicts(self, facts: GateFacts, pull: PullRequest | None, branch_sha: str) -> GateFacts:
        if pull is None:
            return facts
        head_checks: tuple[CheckState, ...] = ()
        if facts.head_sha in (
            pull.head_sha,
            branch_sha,
        ):  # else it is in our mirror only, and GitHub knows nothing of it
            head_checks = tuple(self._tools.github.checks(self._repository, facts.head_sha))
        approvals = read_approvals(self._tools, self._repository, pull.number, facts.hop.target.approvers)
        return replace(facts, head_checks=head_checks, approvals=approvals)

    def _declined(self, pulls: HopPulls, source_sha: str, branch_sha: str) -> str:
        """Return the source commit that people declined, '' when they did not.

        Closing says nothing of what people want when we did it, nor when GitHub did because somebody deleted a
        promotion branch that held a commit of theirs, as we ask them to.
        """
        pull = None if pulls.open else pulls.declined
        record = self._record(pulls.hop, pull) if pull else None
        if pull is None or record is None or record.source_sha != source_sha:
            return ""
        if not branch_sha and self._foreign(pull.head_sha, ""):
            return ""
        comments = self._tools.github.comments(self._repository, pull.number)
        ours = (one.body for one in comments if one.author.login == self._tools.github.bot_login)
        return "" if any(body.startswith(CLOSED_MARKER) for body in ours) else source_sha

    def _arrival(self, pull: PullRequest) -> Arrival:
        trailers = read_trailers(self._tools, self._repository, pull)
        return Arrival(pull, trailers.includes if trailers else ())


def _told_trouble(facts: GateFacts) -> bool:
    name = trouble_name(facts.hop)
    return any(
        one.name == name and one.app_id == facts.app_id and one.conclusion == "action_required"
        for one in facts.source_checks
    )
