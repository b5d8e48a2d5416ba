"""What of the promotions that were merged does a target still hold?

Rollbacks are looked for only where one is on record, so that repositories without any pay nothing for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.flows.changes import promotion_commit
from bot.flows.records import HopPulls, Records, fetch_heads, list_pulls
from bot.flows.tools import Tools
from bot.model.promotion import Hop
from bot.model.repository import PullRequest, Repository
from bot.promotion.locks import Kept
from bot.promotion.places import Place
from bot.promotion.standing import Came, WentBack, in_force, standing
from bot.promotion.trailers import parse_trailers

MOST_COMMITS = 250  # of a branch that was rewritten, looked through for a promotion


class History:
    """The past of the targets of one pipeline, for one job. `home` is the repository with the configuration."""

    def __init__(self, tools: Tools, home: Repository, kept: Kept) -> None:
        self._tools, self._home, self._kept = tools, home, kept
        self._listed: dict[str, HopPulls] = {}
        self._fetched: set[Repository] = set()

    def rollbacks(self, hop: Hop, target: Place) -> HopPulls:
        """Return the rollback pull requests of a hop's target, newest first; their heads are in the mirror then."""
        back = replace(hop, source=hop.target, application="", way="rollback")
        if back.branch not in self._listed:
            found = list_pulls(self._tools, back, target)
            fetch_heads(self._tools, target.repository, found.all)
            self._listed[back.branch] = found
        return self._listed[back.branch]

    def standing(self, pulls: HopPulls, target: Place) -> HopPulls:
        """Return the promotion pull requests of a hop with those told apart whose content the target does not hold."""
        merged = [one for one in pulls.all if one.merged and one.merge_commit]
        if not merged:
            return pulls
        self._see(target.repository, [one.merge_commit or "" for one in merged[:1]])
        head = self._tools.git.resolve(target.repository, target.ref)
        if head is None:
            return pulls
        backs = self._went_back(pulls.hop, target)
        holds = _Line(self._tools, target.repository, {one.merge_commit or "": one for one in merged})
        came = [Came(one.number, one.merge_commit or "") for one in merged]
        if not backs and holds(came[0].commit, head):
            return pulls
        stand = {one.number for one in standing(came, [one for one, _ in backs], head, holds)}
        undone = tuple(one for one in merged if one.number not in stand)
        back = in_force([one for one, _ in backs], head, holds)
        if back is None:
            return replace(pulls, undone=undone)
        later = any(not holds(one.commit, back.commit) for one in came if one.number in stand)
        return replace(
            pulls,
            undone=undone,
            rollback=next(pull for one, pull in backs if one == back),
            arrived="" if later else back.commit,
        )

    def _went_back(self, hop: Hop, target: Place) -> Sequence[tuple[WentBack, PullRequest]]:
        if self._kept.rollback(hop.target.name) is None:
            return ()
        pulls = self.rollbacks(hop, target)
        merged = sorted((one for one in pulls.all if one.merged), key=lambda one: str(one.merged_at), reverse=True)
        self._see(target.repository, [one.merge_commit or "" for one in merged[:1]])
        found = []
        records = Records(self._tools, target.repository, self._home)
        for one in merged:
            commit = promotion_commit(self._tools, target.repository, one)
            record = records.written(pulls.hop, commit) if commit else None
            if record and one.merge_commit and self._tools.git.resolve(target.repository, one.merge_commit):
                found.append((WentBack(one.number, one.merge_commit, record.source_sha), one))
        return found

    def _see(self, repository: Repository, commits: Sequence[str]) -> None:
        """Fetch again where GitHub tells of merges that the mirror does not hold yet; once for each mirror."""
        git = self._tools.git
        if repository not in self._fetched and any(git.resolve(repository, one) is None for one in commits):
            self._fetched.add(repository)
            git.fetch(repository)


class _Line:
    """Says whether a commit lies in the history of another, or did before that history was rewritten.

    `pulls` are the promotion pull requests by the commits that they came by.
    """

    def __init__(self, tools: Tools, repository: Repository, pulls: Mapping[str, PullRequest]) -> None:
        self._tools, self._repository, self._pulls = tools, repository, pulls

    def __call__(self, one: str, other: str) -> bool:
        git = self._tools.git
        found, head = (git.resolve(self._repository, each) for each in (one, other))
        if head is None:
            return False
        if found is not None and git.is_ancestor(self._repository, found, head):
            return True
        return self._came_otherwise(one, found, head)

    def _came_otherwise(self, one: str, found: str | None, head: str) -> bool:
        """Say whether a promotion is in a history that was rewritten since: by its seal, or because nothing is shared.

        A branch that was only set back lacks what it held before.
        """
        pull = self._pulls.get(one)
        if pull is None:
            return False
        git = self._tools.git
        shared = git.merge_base(self._repository, found, head) if found else None
        if shared is None:
            return True
        if shared == head:
            return False
        commit = promotion_commit(self._tools, self._repository, pull)
        trailers = parse_trailers(commit.message) if commit else None
        if trailers is None or not trailers.seal:
            return False
        later = git.commits(self._repository, since=shared, until=head, limit=MOST_COMMITS)
        return any(f"Lockkeeper-Seal: {trailers.seal}" in each.message for each in later)
