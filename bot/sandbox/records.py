"""What does the stand-in remember? Accounts, repositories, pull requests and all that hangs on them.

Plain mutable records. Only `bot.sandbox.acts` changes them, under the lock of the world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.sandbox.git import BareRepository

Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
ROLES: tuple[Role, ...] = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(eq=False)
class Account:
    """A person, an organisation or the bot of an App."""

    id: int
    login: str
    kind: Literal["User", "Organization", "Bot"]
    name: str
    email: str
    created_at: datetime


@dataclass(eq=False)
class User(Account):
    """A person; `token` is their personal access token."""

    token: str = ""


@dataclass(eq=False)
class Team:
    """A team of an organisation; `members` and `pending` hold people by account."""

    id: int
    slug: str
    name: str
    organization: Organization
    created_at: datetime
    members: list[Account] = field(default_factory=list)
    pending: list[Account] = field(default_factory=list)
    description: str | None = None


@dataclass(eq=False)
class Organization(Account):
    """An organisation: owners, members (owners are members too), teams by slug."""

    owners: list[Account] = field(default_factory=list)
    members: list[Account] = field(default_factory=list)
    teams: dict[str, Team] = field(default_factory=dict)
    default_permission: Role = "read"


@dataclass(eq=False)
class App:
    """A GitHub App. `private_key_pem` signs its JWTs; `webhook_secret` signs its deliveries."""

    id: int
    slug: str
    name: str
    owner: Account
    bot: Account
    client_id: str
    client_secret: str
    private_key_pem: str
    public_key_pem: str
    webhook_url: str
    webhook_secret: str
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    external_url: str = "https://example.com/lockkeeper"


@dataclass(eq=False)
class Installation:
    """An App on an account. `repositories` None means all of them."""

    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    repositories: list[Repository] | None = None

    def covers(self, repository: Repository) -> bool:
        """Say whether the installation reaches that repository."""
        if repository.owner is not self.account:
            return False
        return self.repositories is None or repository in self.repositories


@dataclass(eq=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str
    description: str | None
    default: bool = False


@dataclass(eq=False)
class Reaction:
    """An emoji of one person on a comment or an issue."""

    id: int
    user: Account
    content: str
    created_at: datetime


@dataclass(eq=False)
class Comment:
    """A comment on an issue or pull request."""

    id: int
    issue: Issue
    user: Account
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class Issue:
    """An issue, or the issue side of a pull request (then `pull` is set)."""

    id: int
    number: int
    repository: Repository
    user: Account
    title: str
    body: str | None
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: Account | None = None
    locked: bool = False
    labels: list[Label] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(eq=False)
class ReviewComment:
    """A comment on a line of the diff."""

    id: int
    review_id: int | None
    user: Account
    path: str
    line: int
    side: str
    body: str
    commit_id: str
    created_at: datetime
    in_reply_to: int | None = None


@dataclass(eq=False)
class Review:
    """A review; `state` in the words of the API."""

    id: int
    user: Account
    body: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    commit_id: str
    submitted_at: datetime | None
    updated_at: datetime


@dataclass(eq=False)
class Pull:
    """The pull request side of an issue. `base_sha` is the tip of the base when the head was last pushed."""

    id: int
    issue: Issue
    base_ref: str
    base_sha: str
    head_repository: Repository | None
    head_owner: Account
    head_ref: str
    head_sha: str
    draft: bool = False
    maintainer_can_modify: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    requested_users: list[Account] = field(default_factory=list)
    requested_teams: list[Team] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    asked: tuple[str, str] = ("", "")  # the (base tip, head) whose mergeability was asked for …
    waits: int = 0  # … and how many more reads see it as not computed yet

    @property
    def number(self) -> int:
        return self.issue.number

    @property
    def repository(self) -> Repository:
        return self.issue.repository


@dataclass(eq=False)
class CheckSuite:
    """The check runs of one App on one commit."""

    id: int
    app: App | None
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime
    runs: list[CheckRun] = field(default_factory=list)


@dataclass(eq=False)
class CheckRun:
    """One check run; `annotations` as they came in, `first_id` the external id that it was made with."""

    id: int
    suite: CheckSuite
    name: str
    started_at: datetime | None
    status: str = "queued"
    conclusion: str | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str = ""
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)
    first_id: str = ""


@dataclass(eq=False)
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: Account
    created_at: datetime


@dataclass(eq=False)
class DeploymentStatus:
    """A status of a deployment."""

    id: int
    state: str
    creator: Account
    description: str
    environment: str
    log_url: str
    environment_url: str
    created_at: datetime
    app: App | None = None


@dataclass(eq=False)
class Deployment:
    """A deployment of a commit to an environment."""

    id: int
    sha: str
    ref: str
    task: str
    payload: object
    environment: str
    description: str | None
    creator: Account
    created_at: datetime
    updated_at: datetime
    transient_environment: bool = False
    production_environment: bool = False
    app: App | None = None
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass(eq=False)
class Protection:
    """The protection of one branch. A required check names the App that must report it, or None for anyone."""

    checks: list[tuple[str, int | None]] | None = None
    strict: bool = False
    reviews: int | None = None
    dismiss_stale: bool = False
    code_owners: bool = False
    last_push_approval: bool = False
    enforce_admins: bool = False
    linear_history: bool = False
    allow_force_pushes: bool = False
    allow_deletions: bool = False
    conversation_resolution: bool = False


@dataclass(eq=False)
class Activity:
    """One move of a branch; `before` and `after` are 40 zeros where it came or went."""

    id: int
    ref: str
    before: str
    after: str
    kind: str
    actor: Account
    at: datetime


@dataclass(eq=False)
class Repository:
    """A repository: its git, its grants, and everything filed under it."""

    id: int
    owner: Account
    name: str
    private: bool
    default_branch: str
    git: BareRepository
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    description: str | None = None
    parent: Repository | None = None
    archived: bool = False
    allow_merge_commit: bool = True
    allow_squash_merge: bool = True
    allow_rebase_merge: bool = True
    delete_branch_on_merge: bool = False
    grants: dict[str, Role] = field(default_factory=dict)  # lower-case login → role
    team_grants: dict[str, Role] = field(default_factory=dict)  # team slug → role
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)  # lower-case name → label
    suites: list[CheckSuite] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    protections: dict[str, Protection] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[Pull]:
        """All pull requests, oldest first."""
        return [issue.pull for issue in self.issues.values() if issue.pull is not None]
