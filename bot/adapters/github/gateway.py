"""How do the flows reach GitHub? This is `bot.ports.GitHub` over PyGithub, one instance for one job."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from bot.adapters.github import accounts, checks, conversation, deployments, pull_lists, pulls, pushes, tracing, values
from bot.adapters.github.client import Client
from bot.adapters.github.errors import translated
from bot.adapters.github.teams import Teams
from bot.errors import LockkeeperError, NotFoundError, RefusedError, TransientError
from bot.model.environment import People
from bot.model.repository import (
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
from bot.ports import CheckReport, GitHub, Reaction

_C = TypeVar("_C", bound=type)
_WRITES = ("ensure_", "ask_", "merge")


def _renewing(gateway: _C) -> _C:
    """Let every public method that GitHub answers with 401 renew the client and go once more.

    A call with a token that GitHub does not take has done nothing; and every method may be called twice. What
    fails then is TransientError: the App may be about to be installed again, and no command shall be lost.
    """
    for name, method in list(vars(gateway).items()):
        if callable(method) and not name.startswith("_"):
            setattr(gateway, name, _renewed(_doubting(method) if name.startswith(_WRITES) else method))
    return gateway


def _doubting(write: Callable[..., Any]) -> Callable[..., Any]:  # of any write, as below
    """Let a write that fails, and may have been done all the same, end all belief in what was seen; so does a merge."""

    @functools.wraps(write)
    def call(self: RepositoryGitHub, *args: Any, **named: Any) -> Any:  # as above
        try:
            answer = write(self, *args, **named)
        except LockkeeperError:
            self._client.seen.forget()
            raise
        if write.__name__ == "merge":
            self._client.seen.forget()
        return answer

    return call


def _renewed(method: Callable[..., Any]) -> Callable[..., Any]:  # of any method: its type is the class's affair
    @functools.wraps(method)
    def call(self: RepositoryGitHub, *args: Any, **named: Any) -> Any:  # as above
        try:
            return method(self, *args, **named)
        except RefusedError as error:
            if error.status != 401:
                raise
            first = error
        try:
            self._renew()
        except LockkeeperError as error:
            raise TransientError(f"{first}; no new token was to be had: {error}") from error
        try:
            return method(self, *args, **named)
        except RefusedError as error:
            if error.status != 401:
                raise
            raise TransientError(f"{error}, also with a new token") from error

    return call


@_renewing
class RepositoryGitHub:
    """Every method leads to the module that answers it, where it is described; `bot.ports` is the contract.

    Not for sharing between threads: PyGithub's client is not made for that.
    """

    def __init__(self, client: Client, renewed: Callable[[], Client] | None = None) -> None:
        """Take a client, and how to get another when GitHub no longer takes its token."""
        self._client, self._another = client, renewed
        self._teams = Teams()

    def _renew(self) -> None:
        if self._another is not None:
            self._client = self._another()

    @property
    def app_id(self) -> int:
        return self._client.app_id

    @property
    def bot_login(self) -> str:
        return self._client.bot_login

    def refresh(self, repository: Repository) -> None:  # noqa: ARG002 - one client is one repository's
        """Read anew whatever was read before: time has passed."""
        self._client.seen.forget()

    def default_branch(self, repository: Repository) -> str:
        return pull_lists.default_branch(self._client, repository)

    def repository_id(self, repository: Repository) -> int:
        return pull_lists.repository_id(self._client, repository)

    def branch_sha(self, repository: Repository, branch: str) -> str | None:
        return pulls.branch_sha(self._client, repository, branch)

    def pull(self, repository: Repository, number: int) -> PullRequest:
        return pulls.pull(self._client, repository, number)

    def pulls(
        self,
        repository: Repository,
        *,
        state: Literal["open", "closed", "all"],
        base: str = "",
        head: str = "",
        limit: int = 100,
    ) -> Sequence[PullRequest]:
        return pulls.pulls(self._client, repository, state=state, base=base, head=head, limit=limit)

    def reviews(self, repository: Repository, number: int) -> Sequence[Review]:
        return pulls.reviews(self._client, repository, number)

    def foresee(self, repository: Repository, ways: Sequence[tuple[str, str]], sources: Sequence[str]) -> None:
        with translated(f"list the pull requests of {repository}"):
            pull_lists.foresee(self._client, repository, ways, sources)

    def foresee_comments(self, repository: Repository, numbers: Sequence[int]) -> None:
        conversation.foresee(self._client, repository, numbers)

    def open_pulls(self, repository: Repository) -> Sequence[PullRequest]:
        with translated(f"list the open pull requests of {repository}"):
            return pull_lists.open_pulls(self._client, repository)

    def pulls_by_number(self, repository: Repository, numbers: Sequence[int]) -> Mapping[int, PullRequest]:
        return tracing.pulls_by_number(self._client, repository, numbers)

    def pulls_by_commit(self, repository: Repository, base: str, shas: Sequence[str]) -> Mapping[str, PullRequest]:
        return tracing.pulls_by_commit(self._client, repository, base, shas)

    def commit(self, repository: Repository, sha: str) -> Commit:
        with translated(f"read the commit {sha[:12]} of {repository}"):
            found = self._client.repository(repository).get_commit(sha, commit_files_per_page=1)
            return values.commit(found.complete())

    def checks(self, repository: Repository, sha: str, *, ours: bool = False) -> Sequence[CheckState]:
        return checks.checks(self._client, repository, sha, ours=ours)

    def comments(self, repository: Repository, number: int) -> Sequence[Comment]:
        with translated(f"read the comments of #{number} in {repository}"):
            return [values.comment(one) for one in conversation.comments(self._client, repository, number)]

    def comment(self, repository: Repository, comment_id: int) -> Comment | None:
        try:
            with translated(f"read comment {comment_id} of {repository}"):
                return values.comment(self._client.comment(repository, comment_id).complete())
        except NotFoundError:
            return None

    def permission(self, repository: Repository, login: str) -> Permission:
        return accounts.permission(self._client, repository, login)

    def is_member(self, repository: Repository, people: People, login: str) -> bool:
        return accounts.is_member(self._client, self._teams, repository, people, login)

    def unknown_teams(self, repository: Repository, teams: Sequence[str]) -> Sequence[str]:
        return [one for one in teams if not self._teams.knows(self._client, repository.owner, one)]

    def members(self, repository: Repository, team: str) -> frozenset[str]:
        return self._teams.members(self._client, repository.owner, team)

    def deployments(self, repository: Repository, environment: str, sha: str = "") -> Sequence[Deployment]:
        return deployments.deployments(self._client, repository, environment, sha)

    def deployment_state(self, repository: Repository, deployment: Deployment) -> Deployment:
        return deployments.deployment_state(self._client, repository, deployment)

    def pushes(self, repository: Repository, branch: str) -> Sequence[Push]:
        return pushes.pushes(self._client, repository, branch)

    def ensure_check(self, repository: Repository, report: CheckReport) -> bool:
        return checks.ensure_check(self._client, repository, report)

    def ensure_comment(self, repository: Repository, number: int, marker: str, body: str) -> bool:
        return conversation.ensure_comment(self._client, repository, number, marker, body)

    def ensure_reaction(self, repository: Repository, comment_id: int, reaction: Reaction) -> bool:
        return conversation.ensure_reaction(self._client, repository, comment_id, reaction)

    def ensure_label(self, repository: Repository, number: int, label: str, *, colour: str, description: str) -> bool:
        return conversation.ensure_label(
            self._client, repository, number, label, colour=colour, description=description
        )

    def ensure_no_label(self, repository: Repository, number: int, label: str) -> bool:
        return conversation.ensure_no_label(self._client, repository, number, label)

    def ask_reviewers(self, repository: Repository, number: int, people: People) -> People:
        return accounts.ask_reviewers(self._client, repository, number, people)

    def ensure_assignees(self, repository: Repository, number: int, logins: Sequence[str]) -> Sequence[str]:
        return accounts.ensure_assignees(self._client, repository, number, logins)

    def ensure_pull(self, repository: Repository, *, head: str, base: str, title: str, body: str) -> PullRequest:
        return pulls.ensure_pull(self._client, repository, head=head, base=base, title=title, body=body)

    def ensure_closed(self, repository: Repository, number: int) -> bool:
        return pulls.ensure_closed(self._client, repository, number)

    def ensure_deployment(
        self, repository: Repository, *, environment: str, sha: str, source_sha: str, description: str
    ) -> Deployment:
        return deployments.ensure_deployment(
            self._client,
            repository,
            environment=environment,
            sha=sha,
            source_sha=source_sha,
            description=description,
        )

    def merge(
        self,
        repository: Repository,
        number: int,
        *,
        sha: str,
        method: Literal["merge", "squash", "rebase"],
        message: str = "",
    ) -> str:
        return pulls.merge(self._client, repository, number, sha=sha, method=method, message=message)


def as_port(github: RepositoryGitHub) -> GitHub:
    """Return the gateway as the port the flows know; mypy checks here that it keeps its contract."""
    return github
