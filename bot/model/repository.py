"""Which repository, pull request, commit, review or check run do we talk about?

These are our words for GitHub's objects, translated once at the edges (`bot.intake`, `bot.adapters.github`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
Permission = Literal["admin", "maintain", "write", "triage", "read", "none"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale"]

PERMISSION_ORDER: tuple[Permission, ...] = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """A repository on GitHub, named `owner/name`."""

    owner: str
    name: str

    @classmethod
    def parse(cls, full_name: str) -> Repository:
        """Return the repository `owner/name` names; ValueError when the text has another shape."""
        owner, slash, name = full_name.partition("/")
        if not (slash and owner and name) or "/" in name:
            raise ValueError(f"a repository is written owner/name, not {full_name!r}")
        return cls(owner, name)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def __str__(self) -> str:
        return self.full_name


@dataclass(frozen=True, slots=True)
class Actor:
    """A GitHub account: login, and whether it is a bot."""

    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as read at one moment. Times are timezone-aware UTC."""

    number: int
    title: str
    body: str
    author: Actor
    url: str
    state: Literal["open", "closed"]
    draft: bool
    merged: bool
    merged_at: datetime | None
    merged_by: str | None
    merge_commit: str | None
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repository: str | None  # "owner/name", None when the fork is gone
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    requested_users: tuple[str, ...] = ()
    requested_teams: tuple[str, ...] = ()
    updated_at: datetime | None = None

    def from_fork(self, repository: Repository) -> bool:
        """Say whether the head lies in another repository than the base."""
        return (self.head_repository or "").lower() != repository.full_name.lower()


@dataclass(frozen=True, slots=True)
class Review:
    """One submitted review, bound to the commit the reviewer saw."""

    author: Actor
    state: ReviewState
    sha: str
    submitted_at: datetime | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class CheckState:
    """A check run or commit status on one commit, in one shape.

    `app_id` is None for commit statuses, which anyone with write access may set. `started` and `at` (when it came to
    its conclusion, or was last set) are GitHub's times; a check run's may be set by its App.
    """

    name: str
    status: Literal["queued", "in_progress", "completed"]
    conclusion: Conclusion | None
    app_id: int | None
    external_id: str = ""
    id: int = 0
    url: str = ""
    started: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: message, author login where GitHub knows one, parents, and author time."""

    sha: str
    message: str
    author: str
    parents: tuple[str, ...] = ()
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A branch came to a commit, by whatever way, at a time that GitHub's clock showed; `after` is '' when it went."""

    after: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """An issue comment."""

    id: int
    author: Actor
    body: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A GitHub Deployment; `state` is that of its newest status ('' before the first).

    `since` is when it came into that state: a state that is told again has not begun again. `site` is where the
    environment can be seen.
    """

    id: int
    environment: str
    sha: str
    state: str
    payload_source: str = ""
    url: str = ""
    creator: str = ""
    since: datetime | None = None
    site: str = ""
