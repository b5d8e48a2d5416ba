"""Which changes does a stretch of a source branch hold, traced back to the pull requests people wrote?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.tools import Tools
from bot.model.promotion import Change
from bot.model.repository import Commit, PullRequest, Repository
from bot.promotion.places import Place
from bot.promotion.trailers import Trailers, parse_trailers

MAX_COMMITS = 250  # as many as GitHub lists for a pull request
MAX_LOOKUPS = 20  # commits whose pull request has to be asked for one by one
PROMOTE = "promote/"


def read_trailers(tools: Tools, repository: Repository, pull: PullRequest) -> Trailers | None:
    """Return the trailers of a promotion pull request's own commit, None when it has none."""
    commit = promotion_commit(tools, repository, pull)
    return parse_trailers(commit.message) if commit else None


def promotion_commit(tools: Tools, repository: Repository, pull: PullRequest) -> Commit | None:
    """Return our newest commit on a promotion pull request: its head, unless people went on from there.

    They do so by a push, or by GitHub's button "Update branch". What the base branch has is not looked at: an
    earlier promotion that was squashed into it reads like ours.
    """
    head = read_commit(tools, repository, pull.head_sha)
    if head is None or is_ours(tools, head):
        return head
    if tools.git.resolve(repository, pull.base_sha) is None:
        return None
    found = tools.git.commits(repository, since=pull.base_sha, until=pull.head_sha, limit=MAX_COMMITS)
    return next((one for one in _first_parents(found, pull.head_sha) if is_ours(tools, one)), None)


def is_ours(tools: Tools, commit: Commit) -> bool:
    """Say whether a commit reads like a promotion commit of ours; whoever may push can write the like."""
    return commit.author == tools.github.bot_login and parse_trailers(commit.message) is not None


def read_commit(tools: Tools, repository: Repository, sha: str) -> Commit | None:
    """Return one commit from the mirror, or None."""
    if tools.git.resolve(repository, sha) is None:
        return None
    found = tools.git.commits(repository, since=None, until=sha, limit=1)
    return found[0] if found else None


class ChangeReader:
    """Reads changes of one repository during one job; remembers the pull requests it has seen."""

    def __init__(self, tools: Tools, repository: Repository) -> None:
        self._tools, self._repository = tools, repository
        self._pulls: dict[int, PullRequest] = {}
        self._listed = False
        self._merged: dict[str, dict[str, PullRequest]] = {}

    def pull(self, number: int) -> PullRequest:
        """Return a pull request, read at most once; the newest closed ones are read all together."""
        if number not in self._pulls and not self._listed:
            self._listed = True
            for one in self._tools.github.pulls(self._repository, state="closed", limit=100):
                self._pulls.setdefault(one.number, one)
        if number not in self._pulls:
            self._pulls[number] = self._tools.github.pull(self._repository, number)
        return self._pulls[number]

    def by_numbers(self, numbers: Sequence[int]) -> tuple[Change, ...]:
        """Return the changes that promotion trailers name."""
        return tuple(_change(self.pull(number)) for number in dict.fromkeys(numbers))

    def between(self, source: Place, since: str | None, until: str) -> tuple[Change, ...]:
        """Return the changes that `until` has and `since` has not, newest first, each once.

        Only the first-parent line counts, and on it what changed the source's directory: what a merge commit brought
        belongs to its pull request. A promotion pull request stands for the changes it carried.
        """
        git, repository, branch = self._tools.git, source.repository, source.branch
        commits = git.commits(repository, since=since, until=until, limit=MAX_COMMITS, path=source.path)
        merged = self._merged_into(branch)
        changes: dict[str, Change] = {}
        lookups = 0
        for commit in commits if source.path else _first_parents(commits, until):
            pull = merged.get(commit.sha)
            if pull is None and lookups < MAX_LOOKUPS:
                lookups += 1
                pull = self._asked(branch, commit.sha)
            for change in self._originals(pull) if pull else (_pushed(commit),):
                changes.setdefault(f"#{change.number}" if change.number else change.sha, change)
        return tuple(changes.values())

    def _merged_into(self, branch: str) -> dict[str, PullRequest]:
        if branch not in self._merged:
            closed = self._tools.github.pulls(self._repository, state="closed", base=branch, limit=100)
            self._merged[branch] = {one.merge_commit: one for one in closed if one.merged and one.merge_commit}
            for one in self._merged[branch].values():
                self._pulls.setdefault(one.number, one)
        return self._merged[branch]

    def _asked(self, branch: str, sha: str) -> PullRequest | None:
        pulls = self._tools.github.pulls_of_commit(self._repository, sha)
        found = next((one for one in pulls if one.merged and one.base_ref == branch), None)
        return self._pulls.setdefault(found.number, found) if found else None

    def _originals(self, pull: PullRequest) -> tuple[Change, ...]:
        if pull.head_ref.startswith(PROMOTE) and pull.author.login == self._tools.github.bot_login:
            trailers = read_trailers(self._tools, self._repository, pull)
            if trailers and trailers.includes:
                return self.by_numbers(trailers.includes)
        return (_change(pull),)


def _first_parents(commits: Sequence[Commit], until: str) -> list[Commit]:
    by_sha = {commit.sha: commit for commit in commits}
    line, sha = [], until
    while commit := by_sha.get(sha):
        line.append(commit)
        sha = commit.parents[0] if commit.parents else ""
    return line


def _change(pull: PullRequest) -> Change:
    return Change(
        number=pull.number,
        title=pull.title,
        author=pull.author.login,
        url=pull.url,
        sha=pull.merge_commit or pull.head_sha,
        merged_at=pull.merged_at,
        base=pull.base_ref,
    )


def _pushed(commit: Commit) -> Change:
    title = commit.message.partition("\n")[0]
    return Change(number=0, title=title, author=commit.author, url="", sha=commit.sha, merged_at=commit.time)
