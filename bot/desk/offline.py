"""What can be said of pull requests by a clone alone?

Merges and squashes tell the numbers of pull requests in their messages, and promotion commits what they moved. Anybody
who may push can write the like, so what is read here is good for a look, and nothing is ever done by it.
"""

# ruff: noqa: ARG002 - what only GitHub knows is empty, whatever is asked

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from bot.errors import NotFoundError, RefusedError
from bot.model.environment import Configuration, People
from bot.model.promotion import Hop
from bot.model.repository import (
    Actor,
    CheckState,
    Comment,
    Commit,
    Deployment,
    Permission,
    PullRequest,
    Push,
    Repository,
    Review,
)
from bot.ports import Git
from bot.promotion.pipeline import every_way, pairs
from bot.promotion.places import target_of
from bot.promotion.trailers import Trailers, parse_trailers
from bot.report.promotion import check_name

BOT = "lockkeeper[bot]"
MOST = 300  # commits of a branch that are looked at
_MERGED = re.compile(r"Merge pull request #([1-9]\d{0,9}) from (\S+)\s*(.*)", re.S)
_CARRIED = re.compile(r"^\* (#[1-9]\d{0,9}) (.+)$", re.M)
_SQUASHED = re.compile(r"(.+) \(#([1-9]\d{0,9})\)$")


class OfflineGitHub:
    """Answers the reads of `bot.ports.GitHub` from a clone; what only GitHub knows is empty. It writes nothing."""

    app_id = 0

    def __init__(self, git: Git, home: Repository, configuration: Configuration, default_branch: str) -> None:
        self._git, self._home, self._configuration, self._default = git, home, configuration, default_branch
        self._read: dict[str, tuple[PullRequest, ...]] = {}
        self._promoted: dict[str, Trailers] = {}  # by the commit that holds them
        self._titles: dict[str, str] = {}  # of pull requests, as promotions tell them
        self._bot = ""

    @property
    def bot_login(self) -> str:
        for hop in pairs(self._configuration):
            self._pulls(hop.target.branch)
        return self._bot or BOT

    def default_branch(self, repository: Repository) -> str:
        return self._default

    def repository_id(self, repository: Repository) -> int:
        return 0

    def branch_sha(self, repository: Repository, branch: str) -> str | None:
        return self._git.resolve(repository, f"refs/heads/{branch}")

    def pull(self, repository: Repository, number: int) -> PullRequest:
        known = (one for pulls in self._read.values() for one in pulls if one.number == number)
        return next(known, None) or self._request(
            Commit("", "", ""), number, self._titles.get(f"#{number}", ""), "", ""
        )

    def pulls(
        self,
        repository: Repository,
        *,
        state: Literal["open", "closed", "all"],
        base: str = "",
        head: str = "",
        limit: int = 100,
    ) -> Sequence[PullRequest]:
        """Return those whose merges are here, newest first, and with `head` the one that its branch would have."""
        if repository != self._home:
            return ()
        branches = [base] if base else list(dict.fromkeys(one.branch for one in self._configuration.environments))
        found = [one for branch in branches for one in self._pulls(branch)]
        if state == "open" or (state == "all" and head):
            closed = [] if state == "open" else found
            found = [*self._open(base, head), *closed] if base and head else closed
        return [one for one in found if head in ("", one.head_ref)][:limit]

    def foresee(self, repository: Repository, ways: Sequence[tuple[str, str]], sources: Sequence[str]) -> None:
        """Do nothing: what is in a clone is there to read."""

    def foresee_comments(self, repository: Repository, numbers: Sequence[int]) -> None:
        """Do nothing: a clone knows of none."""

    def open_pulls(self, repository: Repository) -> Sequence[PullRequest]:
        return self.pulls(repository, state="open")

    def pulls_by_number(self, repository: Repository, numbers: Sequence[int]) -> Mapping[int, PullRequest]:
        return {number: self.pull(repository, number) for number in numbers}

    def pulls_by_commit(self, repository: Repository, base: str, shas: Sequence[str]) -> Mapping[str, PullRequest]:
        self.pulls(repository, state="closed", base=base)
        known = (one for pulls in self._read.values() for one in pulls if one.base_ref == base)
        return {one.merge_commit: one for one in known if one.merge_commit and one.merge_commit in shas}

    def checks(self, repository: Repository, sha: str, *, ours: bool = False) -> Sequence[CheckState]:
        """Return what our check run would say of a promotion commit, by its own words."""
        trailers = self._promoted.get(sha)
        hop = self._hop(trailers) if trailers else None
        if trailers is None or hop is None:
            return ()
        record = trailers.record.encode()
        return (CheckState(check_name(hop.target), "completed", "success", self.app_id, external_id=record),)

    def commit(self, repository: Repository, sha: str) -> Commit:
        found = self._git.commits(repository, since=None, until=sha, limit=1)
        if not found:
            raise NotFoundError(f"this clone has no commit {sha}")
        return found[0]

    def reviews(self, repository: Repository, number: int) -> Sequence[Review]:
        return ()

    def comments(self, repository: Repository, number: int) -> Sequence[Comment]:
        return ()

    def comment(self, repository: Repository, comment_id: int) -> Comment | None:
        return None

    def permission(self, repository: Repository, login: str) -> Permission:
        return "none"

    def is_member(self, repository: Repository, people: People, login: str) -> bool:
        return False

    def unknown_teams(self, repository: Repository, teams: Sequence[str]) -> Sequence[str]:
        return ()

    def members(self, repository: Repository, team: str) -> frozenset[str]:
        return frozenset()

    def deployments(self, repository: Repository, environment: str, sha: str = "") -> Sequence[Deployment]:
        return ()

    def deployment_state(self, repository: Repository, deployment: Deployment) -> Deployment:
        return deployment

    def pushes(self, repository: Repository, branch: str) -> Sequence[Push]:
        return ()

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise RefusedError("nothing is written here", status=403)

        if name.startswith(("ensure_", "merge", "ask_")):
            return refuse
        raise AttributeError(name)

    def _pulls(self, branch: str) -> tuple[PullRequest, ...]:
        """Return the pull requests that came into a branch, newest first."""
        if branch not in self._read:
            self._read[branch] = ()  # while it is being read
            head = self._git.resolve(self._home, f"refs/heads/{branch}") if branch else None
            commits = self._git.commits(self._home, since=None, until=head, limit=MOST) if head else ()
            self._read[branch] = tuple(self._found(branch, head or "", {one.sha: one for one in commits}))
        return self._read[branch]

    def _found(self, branch: str, head: str, commits: Mapping[str, Commit]) -> Iterator[PullRequest]:
        here = head
        while here in commits:
            commit = commits[here]
            here = commit.parents[0] if commit.parents else ""
            second = commits.get(commit.parents[1]) if len(commit.parents) == 2 else None
            title, number, source = _told(commit.message)
            for one in filter(None, (second, commit)):
                trailers = parse_trailers(one.message)
                hop = self._hop(trailers, source, one) if trailers else None
                if trailers is not None and hop is not None and hop.target.branch == branch:
                    self._promoted[one.sha] = trailers
                    self._titles |= dict(_CARRIED.findall(one.message))
                    self._bot = self._bot or one.author
                    if one is commit and f"#{number}" in trailers.includes:  # the title names what it carries
                        number = 0
                    yield self._request(replaced(commit, one, self._bot), number, title, branch, hop.branch, one.sha)
                    break
            else:
                if number:
                    yield self._request(commit, number, title, branch, source, second.sha if second else "")

    def _open(self, base: str, head: str) -> Iterator[PullRequest]:
        """Yield the pull request of a promotion branch that is here and not merged."""
        sha = self._git.resolve(self._home, f"refs/heads/{head}")
        into = self._git.resolve(self._home, f"refs/heads/{base}")
        if sha is None or into is None or self._git.is_ancestor(self._home, sha, into):
            return
        commit = self.commit(self._home, sha)
        trailers = parse_trailers(commit.message)
        if any(self._promoted.get(one.head_sha) == trailers for one in self._pulls(base)):
            return  # a squash or a rebase brought it, and nobody deleted the branch
        if trailers is not None:
            self._promoted[sha] = trailers
            author = Actor(self.bot_login, True)
            yield PullRequest(
                0, commit.message.partition("\n")[0], "", author, "", "open", False, False, None, None, None,
                base, into, head, sha, self._home.full_name,
            )  # fmt: skip

    def _hop(self, trailers: Trailers, branch: str = "", commit: Commit | None = None) -> Hop | None:
        """Return the hop that a promotion commit tells of: that of its branch, else that whose files it changed."""
        ends = (trailers.source, trailers.target)
        hops = [one for one in every_way(self._configuration) if (one.source.name, one.target.name) == ends]
        if len(hops) > 1 and commit is not None and commit.parents:
            touched = {*self._git.changed_paths(self._home, commit.parents[0], commit.sha)}
            hops.sort(key=lambda one: (one.branch != branch, touched.isdisjoint(target_of(one, self._home).files)))
        return next(iter(hops), None)

    def _request(  # noqa: PLR0913, PLR0917 - what a commit tells of a pull request, each once
        self, commit: Commit, number: int, title: str, base: str, head: str, sha: str = ""
    ) -> PullRequest:
        return PullRequest(
            number=number,
            title=title,
            body="",
            author=Actor(commit.author, commit.author.endswith("[bot]")),
            url="",
            state="closed",
            draft=False,
            merged=bool(commit.sha),
            merged_at=commit.time,
            merged_by=None,
            merge_commit=commit.sha or None,
            base_ref=base,
            base_sha=commit.parents[0] if commit.parents else "",
            head_ref=head,
            head_sha=sha or commit.sha,
            head_repository=self._home.full_name,
        )


def replaced(merge: Commit, promotion: Commit, author: str) -> Commit:
    """Return the merge as the work of whoever made the promotion commit."""
    return Commit(merge.sha, promotion.message, author, merge.parents, merge.time)


def _told(message: str) -> tuple[str, int, str]:
    """Return what a commit's message tells of a pull request: title, number and branch; 0 and '' where nothing."""
    if merged := _MERGED.match(message):
        title = merged[3].strip().partition("\n")[0]
        return title or merged[2], int(merged[1]), merged[2].partition("/")[2]
    first = message.partition("\n")[0]
    if squashed := _SQUASHED.fullmatch(first):
        return squashed[1], int(squashed[2]), ""
    return first, 0, ""
