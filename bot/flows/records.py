"""What did the promotion pull requests of one repository move, and what stands on their branch?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.flows.changes import is_ours, promotion_commit, read_commit, read_trailers
from bot.flows.content import Content
from bot.flows.tools import Tools
from bot.model.promotion import Hop, Record
from bot.model.repository import Commit, PullRequest, Repository
from bot.promotion.places import Place
from bot.promotion.plan import Arrival
from bot.promotion.trailers import parse_trailers, requalified
from bot.report.promotion import CLOSED_MARKER, check_name

HISTORY = 10  # merged promotions looked back at


@dataclass(frozen=True, slots=True)
class HopPulls:
    """The promotion pull requests of one hop, newest first.

    `undone` are merged ones whose content the target does not hold any more: it was rolled back, or its branch was set
    back. `rollback` is the merged pull request that did so; `arrived` the commit by which it came, where nothing came
    after it. `before` are those under an earlier name, where there are none under today's. `other` is an open one that
    somebody else opened for the same two branches.
    """

    hop: Hop
    all: tuple[PullRequest, ...]
    undone: tuple[PullRequest, ...] = ()
    rollback: PullRequest | None = None
    arrived: str = ""
    other: PullRequest | None = None
    before: HopPulls | None = None

    @property
    def open(self) -> PullRequest | None:
        return next((one for one in self.all if one.state == "open"), None)

    @property
    def merged(self) -> tuple[PullRequest, ...]:
        away = {one.number for one in self.undone}
        done = [one for one in self.all if one.merged and one.merged_at is not None and one.number not in away]
        return tuple(sorted(done, key=lambda one: str(one.merged_at), reverse=True)[:HISTORY])

    @property
    def last(self) -> tuple[Hop, PullRequest] | None:
        """The newest one merged that the target holds, and what its pair was called then."""
        if self.merged:
            return self.hop, self.merged[0]
        return self.before.last if self.before else None

    @property
    def declined(self) -> PullRequest | None:
        """The newest one closed unmerged, when nothing was merged after it."""
        newest = next((one for one in self.all if one.state == "closed"), None)
        return newest if newest and not newest.merged else None


def list_pulls(tools: Tools, hop: Hop, target: Place) -> HopPulls:
    """List our own promotion pull requests of a hop; those of other people on the same branch do not count.

    Where a promotion is a tag, there are none.
    """
    if hop.target.strategy == "tag":
        return HopPulls(hop, ())
    found = tools.github.pulls(target.repository, state="all", base=target.branch, head=hop.branch, limit=30)
    ours = tuple(one for one in found if one.author.login == tools.github.bot_login)
    return HopPulls(hop, ours, other=next((one for one in found if one.state == "open" and one not in ours), None))


class Records:
    """Reads what promotions into one repository left behind. The mirror must hold the pull requests' heads.

    `home` is the repository with the configuration.
    """

    def __init__(self, tools: Tools, repository: Repository, home: Repository) -> None:
        self._tools, self._repository, self._home = tools, repository, home

    def record(self, hop: Hop, pull: PullRequest | None) -> Record | None:
        """Return what a promotion pull request moved.

        Our check run on its head, else on our commit below it, is the word that counts, because only the App can
        write it. Without one (a crash between push and check run) the trailers serve, if their seal is ours.
        """
        if pull is None:
            return None
        if not pull.merged:
            return self._read_record(hop, pull)
        key = f"record:{self._repository.full_name}:{pull.head_sha}:{hop.name}"  # it is what it is for good
        if record := Record.decode(self._tools.notes.read(key)):
            return record
        if record := self._read_record(hop, pull):
            self._tools.notes.write(key, record.encode())
        return record

    def _read_record(self, hop: Hop, pull: PullRequest) -> Record | None:
        if record := self.noted(hop, pull.head_sha):
            return record
        commit = promotion_commit(self._tools, self._repository, pull)
        if commit is None:
            return None
        if commit.sha != pull.head_sha and (record := self.noted(hop, commit.sha)):
            return record
        return self.written(hop, commit)

    def written(self, hop: Hop, commit: Commit) -> Record | None:
        """Return what the trailers of a commit say that it moved, None where their seal is not ours."""
        trailers = parse_trailers(commit.message)
        if trailers is None or not trailers.is_genuine(hop, self._tools.seal(self._repository)):
            return None
        return trailers.record

    def standing(self, content: Content, branch_sha: str, *, proposed: bool) -> Content:
        """Keep the commit the branch is at where only words differ: a new title must not cost the approvals.

        Nor does it cost them where a target that is only a directory of its branch stayed as it was, while other
        directories went on; nor, where the pull request is open (`proposed`), where somebody asks for it once more:
        who asked first did.
        """
        there = read_commit(self._tools, self._repository, branch_sha) if branch_sha and content.commit else None
        ready = read_commit(self._tools, self._repository, content.commit) if there else None
        if there is None or ready is None or not is_ours(self._tools, there):
            return content
        old, new = parse_trailers(there.message), parse_trailers(ready.message)
        if old is None or new is None:
            return content
        wanted = replace(content.record, requested_by=old.record.requested_by) if proposed else content.record
        known = old.record if old.content else replace(old.record, content=wanted.content)  # not said before
        if (old.source, old.target, known) != (new.source, new.target, wanted):
            return content
        same = old.includes == new.includes and self._does_the_same(there, ready, content.paths)
        return replace(content, commit=there.sha, record=wanted) if same else content

    def foreign(self, branch_sha: str, commit: str, into: str) -> str:
        """Return the promotion branch's head if it holds work of somebody else, else ''.

        Merging the target, which is at `into`, into the branch, as GitHub's button "Update branch" does, adds nothing
        that the next promotion commit would not have. A merge of anything else does.
        """
        if not branch_sha or branch_sha == commit:
            return ""
        found = read_commit(self._tools, self._repository, branch_sha)
        if found is None or is_ours(self._tools, found):
            return ""
        if len(found.parents) == 2:
            first = read_commit(self._tools, self._repository, found.parents[0])
            if first is not None and is_ours(self._tools, first) and self._plain_merge(found, into):
                return ""
        return branch_sha

    def declined(self, pulls: HopPulls, source_sha: str, branch_sha: str) -> str:
        """Return the source commit that people declined, '' when they did not.

        Closing says nothing of what people want when we did it, nor when GitHub did because somebody deleted a
        promotion branch that held a commit of theirs, as we ask them to.
        """
        pull = None if pulls.open else pulls.declined
        record = self.record(pulls.hop, pull)
        if pull is None or record is None or record.source_sha != source_sha:
            return ""
        if not branch_sha and self.foreign(pull.head_sha, "", f"refs/heads/{pull.base_ref}"):
            return ""
        comments = self._tools.github.comments(self._repository, pull.number)
        ours = (one.body for one in comments if one.author.login == self._tools.github.bot_login)
        return "" if any(body.startswith(CLOSED_MARKER) for body in ours) else source_sha

    def arrival(self, pull: PullRequest) -> Arrival:
        """Return what a merged promotion pull request brought."""
        trailers = read_trailers(self._tools, self._repository, pull)
        includes = trailers.includes if trailers else ()
        return Arrival(pull, tuple(requalified(one, self._repository, self._home) for one in includes))

    def noted(self, hop: Hop, sha: str) -> Record | None:
        """Return what our check run with the gates of a hop's target says of a commit."""
        app_id, name = self._tools.github.app_id, check_name(hop.target)
        notes = (one for one in self._tools.github.checks(self._repository, sha, ours=True) if one.name == name)
        found = (Record.decode(one.external_id) for one in notes if one.app_id == app_id)
        return next((one for one in found if one), None)

    def _does_the_same(self, there: Commit, ready: Commit, paths: tuple[str, ...]) -> bool:
        """Say whether two commits make the same of the same content at all the paths; '' is everything.

        Whoever may push can copy our words: one that stands on something else than the target, or changes anything
        beside the paths, would bring that along.
        """
        git, repository = self._tools.git, self._repository
        if there.parents == ready.parents:
            return git.tree(repository, there.sha) == git.tree(repository, ready.sha)
        if "" in paths or len(there.parents) != 1 or len(ready.parents) != 1:
            return False
        pairs = ((there.sha, ready.sha), (there.parents[0], ready.parents[0]))
        if not all(self._at(this, path) == self._at(other, path) for path in paths for this, other in pairs):
            return False
        if not git.is_ancestor(repository, there.parents[0], ready.parents[0]):
            return False
        changed = git.changed_paths(repository, there.parents[0], there.sha)
        return all(any(one == path or one.startswith(f"{path}/") for path in paths) for one in changed)

    def _at(self, commit: str, path: str) -> str | bytes | None:
        """Return what tells the directory, or the file, at a path from another."""
        git, repository = self._tools.git, self._repository
        return git.directory(repository, commit, path) or git.read(repository, commit, path)

    def _plain_merge(self, commit: Commit, into: str) -> bool:
        """Say whether a commit is what git makes of its parents, and the second one lies in the target."""
        git, (ours, other) = self._tools.git, commit.parents
        tip = git.resolve(self._repository, into)
        if tip is None or not git.is_ancestor(self._repository, other, tip):
            return False
        outcome = git.merge_trees(self._repository, base=None, source=other, target=ours, protect=())
        return not outcome.conflicts and outcome.tree == git.tree(self._repository, commit.sha)


def fetch_heads(tools: Tools, repository: Repository, pulls: Sequence[PullRequest]) -> None:
    """Fetch the heads of pull requests that no branch holds any more."""
    missing = [one for one in pulls if tools.git.resolve(repository, one.head_sha) is None]
    if missing:
        tools.git.fetch(repository, [f"refs/pull/{one.number}/head" for one in missing])
