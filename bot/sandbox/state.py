"""Who and what exists in the stand-in right now, and who may do what? Everything behind one re-entrant lock."""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.deliveries import Deliveries
from bot.sandbox.records import (
    ROLES,
    Account,
    App,
    Installation,
    Organization,
    Pull,
    Repository,
    Role,
    Team,
    User,
)
from bot.sandbox.refusal import Refusal, not_found

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Links:
    """Where the stand-in is reached: `root` for pages and git, `api` for REST (as on GitHub Enterprise Server)."""

    root: str

    @property
    def api(self) -> str:
        return f"{self.root}/api/v3"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls. A person (account), an App (app, by JWT), an installation (all three), or nobody."""

    account: Account | None = None
    app: App | None = None
    installation: Installation | None = None

    @property
    def someone(self) -> Account:
        """Return the account that acts; a refusal (401) when nobody does."""
        if self.account is None:
            raise Refusal(401, "Requires authentication")
        return self.account


@dataclass(frozen=True, slots=True)
class InstallationToken:
    """An installation access token; `repositories` None means all that the installation reaches."""

    token: str
    installation: Installation
    permissions: dict[str, str]
    repositories: tuple[Repository, ...] | None
    expires_at: datetime


def moment(time: datetime | None) -> str | None:
    """Return a time as the API writes it."""
    return None if time is None else stamp(time)


def stamp(time: datetime) -> str:
    """Return a time as the API writes it, for times that are there."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_id(kind: str, number: int) -> str:
    """Return an opaque global id for GraphQL."""
    packed = base64.urlsafe_b64encode(number.to_bytes(6, "big")).decode().rstrip("=")
    return f"{kind}_kwDO{packed}"


class State:
    """The remembered world. Hold `lock` while reading or changing it."""

    def __init__(
        self,
        directory: Path,
        links: Links,
        deliveries: Deliveries,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.directory, self.links, self.deliveries = directory, links, deliveries
        self.lock = threading.RLock()
        self.now = clock or (lambda: datetime.now(UTC))
        self.accounts: dict[str, Account] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, User] = {}
        self.installation_tokens: dict[str, InstallationToken] = {}
        self.manifest_codes: dict[str, tuple[App, datetime]] = {}
        self.mergeable_waits = 1  # reads of a pull request that see `mergeable: null` after its head or base moved
        self._ids = itertools.count(1001)

    def next_id(self) -> int:
        """Return the next id; ids count up over all kinds."""
        return next(self._ids)

    # ---- lookups; each raises a 404 refusal when there is nothing

    def account(self, login: str) -> Account:
        """Return the account of that login."""
        found = self.accounts.get(login.lower())
        if found is None:
            raise not_found()
        return found

    def organization(self, login: str) -> Organization:
        """Return the organisation of that login."""
        found = self.accounts.get(login.lower())
        if not isinstance(found, Organization):
            raise not_found()
        return found

    def team(self, organization: Organization, slug: str) -> Team:
        """Return the team of that slug."""
        found = organization.teams.get(slug.lower())
        if found is None:
            raise not_found()
        return found

    def repository(self, full_name: str) -> Repository:
        """Return the repository `owner/name`."""
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def pull(self, repository: Repository, number: int) -> Pull:
        """Return a pull request by number."""
        issue = repository.issues.get(number)
        if issue is None or issue.pull is None:
            raise not_found()
        return issue.pull

    def repositories_of(self, installation: Installation) -> list[Repository]:
        """Return the repositories an installation reaches, oldest first."""
        return [repository for repository in self.repositories.values() if installation.covers(repository)]

    def installations_of(self, repository: Repository) -> list[Installation]:
        """Return the installations that reach a repository."""
        return [installation for installation in self.installations.values() if installation.covers(repository)]

    # ---- permissions

    def role(self, repository: Repository, account: Account | None) -> Role:
        """Return the highest role: by ownership, organisation, grant, team, or because everyone may read."""
        roles: list[Role] = ["none" if repository.private else "read"]
        owner = repository.owner
        if account is not None:
            login = account.login.lower()
            if account is owner:
                roles.append("admin")
            roles.append(repository.grants.get(login, "none"))
            if isinstance(owner, Organization):
                if account in owner.owners:
                    roles.append("admin")
                if account in owner.members:
                    roles.append(owner.default_permission)
                roles += [role for slug, role in repository.team_grants.items() if account in owner.teams[slug].members]
        return max(roles, key=ROLES.index)

    def has_role(self, repository: Repository, account: Account | None, role: Role) -> bool:
        """Say whether the account holds at least that role."""
        return ROLES.index(self.role(repository, account)) >= ROLES.index(role)

    def team_role(self, repository: Repository, team: Team) -> Role:
        """Return the role a team was granted."""
        return repository.team_grants.get(team.slug, "none")

    def is_collaborator(self, repository: Repository, account: Account) -> bool:
        """Say whether the account was given access, beyond what everyone has."""
        owner = repository.owner
        if account is owner or account.login.lower() in repository.grants:
            return True
        if not isinstance(owner, Organization):
            return False
        teams: Sequence[Team] = [owner.teams[slug] for slug in repository.team_grants]
        by_membership = account in owner.members and owner.default_permission != "none"
        return by_membership or account in owner.owners or any(account in team.members for team in teams)
