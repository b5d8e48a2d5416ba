"""How does a world begin? People, organisations, teams, repositories, grants and Apps, made by name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.sandbox.acts import branches
from bot.sandbox.acts.events import fire_installation
from bot.sandbox.git import ZERO, BareRepository
from bot.sandbox.keys import Keys
from bot.sandbox.objects import Signature
from bot.sandbox.records import (
    Account,
    Activity,
    App,
    Installation,
    Organization,
    Protection,
    Repository,
    Role,
    Team,
    User,
)
from bot.sandbox.refusal import Refusal, custom
from bot.sandbox.state import InstallationToken, State

# least privilege for a bot that checks, comments, promotes and deploys
PERMISSIONS: Mapping[str, str] = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
    "issues": "write",
    "statuses": "read",
    "deployments": "write",
    "members": "read",
}
EVENTS: Sequence[str] = (
    "push",
    "create",
    "pull_request",
    "pull_request_review",
    "issue_comment",
    "check_run",
    "check_suite",
    "status",
    "deployment_status",
)
Files = Mapping[str, str | bytes | None]


class Seeding(State):
    """The making of a world. Each method takes the lock; names are those of GitHub."""

    # ---- accounts

    def add_user(self, login: str, *, name: str = "") -> User:
        """Make a person. Their `token` works in any client: as a bearer token, or as a password for git."""
        with self.lock:
            self._free(login)
            token = f"ghp_{secrets.token_hex(18)}"
            email = f"{login}@users.example"
            made = User(self.next_id(), login, "User", name or login, email, self.now(), token)
            self.accounts[login.lower()] = made
            self.tokens[token] = made
            return made

    def add_organization(self, login: str, *, owner: str = "") -> Organization:
        """Make an organisation. `owner` is a person's login; without one, `LOGIN-owner` is made and owns it."""
        with self.lock:
            self._free(login)
            boss = self.account(owner) if owner else self.add_user(f"{login}-owner")
            email = f"{login}@orgs.example"
            made = Organization(
                self.next_id(), login, "Organization", login, email, self.now(), owners=[boss], members=[boss]
            )
            self.accounts[login.lower()] = made
            return made

    def add_member(self, organization: str, login: str) -> None:
        """Make a person a member of an organisation."""
        with self.lock:
            house, who = self.organization(organization), self.account(login)
            if who not in house.members:
                house.members.append(who)

    def add_team(self, organization: str, slug: str, *, members: Sequence[str] = (), name: str = "") -> Team:
        """Make a team of people, who become members of the organisation. Grant it access with `grant`."""
        with self.lock:
            house = self.organization(organization)
            team = Team(self.next_id(), slug.lower(), name or slug, house, self.now())
            house.teams[team.slug] = team
            for login in members:
                self.add_member(organization, login)
                team.members.append(self.account(login))
            return team

    def _free(self, login: str) -> None:
        if login.lower() in self.accounts:
            raise ValueError(f"the login {login} is taken")

    def first_owner(self, repository: Repository) -> Account:
        """Return the person who may do everything with a repository: its owner, or the organisation's first."""
        owner = repository.owner
        return owner.owners[0] if isinstance(owner, Organization) else owner

    # ---- repositories

    def add_repository(
        self,
        full_name: str,
        *,
        files: Files | None = None,
        private: bool = False,
        default_branch: str = "main",
        description: str | None = None,
    ) -> Repository:
        """Make a repository `owner/name`; with `files`, one first commit on the default branch (no events)."""
        with self.lock:
            owner_login, _, name = full_name.partition("/")
            owner = self.account(owner_login)
            if full_name.lower() in self.repositories:
                raise custom("Repository", "name already exists on this account", "name")
            path = self.directory / "repositories" / owner.login / f"{name}.git"
            git, now = BareRepository.create(path, default_branch), self.now()
            made = Repository(
                self.next_id(),
                owner,
                name,
                private,
                default_branch,
                git,
                now,
                now,
                now,
                description=description,
            )
            self.repositories[full_name.lower()] = made
            if files:
                who = self.signature(self.first_owner(made))
                sha = git.commit_files(None, files, "Initial commit\n", (who, who))
                git.set_ref(f"refs/heads/{default_branch}", sha)
                first = (f"refs/heads/{default_branch}", ZERO, sha, "branch_creation", self.first_owner(made), now)
                made.activities.append(Activity(self.next_id(), *first))
            return made

    def add_fork(self, full_name: str, owner: str) -> Repository:
        """Make a fork of a repository for a person or organisation, with all its branches."""
        with self.lock:
            parent = self.repository(full_name)
            fork = self.add_repository(
                f"{self.account(owner).login}/{parent.name}",
                private=parent.private,
                default_branch=parent.default_branch,
            )
            fork.parent = parent
            for name, sha in parent.git.refs("refs/heads/").items():
                fork.git.fetch(parent.git, sha)
                fork.git.set_ref(name, sha)
            return fork

    def signature(self, who: Account) -> Signature:
        """Return who signs a commit, now."""
        return Signature(who.name or who.login, who.email, self.now())

    def grant(self, full_name: str, whom: str, role: Role) -> None:
        """Give a person (login) or a team of the owner (slug, or `org/slug`) a role on a repository."""
        with self.lock:
            repository = self.repository(full_name)
            owner, slug = repository.owner, whom.rpartition("/")[2].lower()
            if isinstance(owner, Organization) and slug in owner.teams:
                repository.team_grants[slug] = role
            else:
                repository.grants[self.account(whom).login.lower()] = role

    def protect(  # noqa: PLR0913  the rules GitHub names
        self,
        full_name: str,
        branch: str,
        *,
        required_checks: Sequence[str | tuple[str, int | None]] | None = None,
        required_reviews: int | None = None,
        strict: bool = False,
        enforce_admins: bool = False,
        dismiss_stale: bool = False,
    ) -> Protection:
        """Protect a branch. A required check is a name, or (name, App id) when only that App may report it."""
        pairs: list[tuple[str, int | None]] | None = None
        if required_checks is not None:
            pairs = [(check, None) if isinstance(check, str) else check for check in required_checks]
        with self.lock:
            rules = Protection(
                checks=pairs,
                strict=strict,
                reviews=required_reviews,
                enforce_admins=enforce_admins,
                dismiss_stale=dismiss_stale,
            )
            self.repository(full_name).protections[branch] = rules
            return rules

    def commit(  # noqa: PLR0913  a commit has this many parts
        self,
        full_name: str,
        branch: str,
        files: Files,
        message: str = "Change files",
        *,
        author: str = "",
        start: str = "",
    ) -> str:
        """Commit files to a branch (None removes a file), fire what a push fires, and return the commit's id.

        A missing branch is made from `start` (a branch or commit; the default branch unless given). `author` is a
        login, the owner unless given.
        """
        with self.lock:
            repository = self.repository(full_name)
            who = self.account(author) if author else self.first_owner(repository)
            parent = repository.git.branch(branch) or repository.git.resolve(start or repository.default_branch)
            signature = self.signature(who)
            sha = repository.git.commit_files(parent, files, message, (signature, signature))
            branches.move(self, repository, f"refs/heads/{branch}", sha, who)
            return sha

    # ---- Apps

    def create_app(  # noqa: PLR0913  what the App manifest names
        self,
        slug: str,
        webhook_url: str = "",
        webhook_secret: str = "",
        *,
        private_key_pem: str | None = None,
        owner: str = "",
        permissions: Mapping[str, str] | None = None,
        events: Sequence[str] | None = None,
    ) -> App:
        """Register a GitHub App; its bot `SLUG[bot]` and, unless given, its key and webhook secret are made."""
        keys = Keys.of_private(private_key_pem) if private_key_pem else Keys.generate()
        with self.lock:
            self._free(f"{slug}[bot]")
            number = self.next_id()
            login, email = f"{slug}[bot]", f"{number}+{slug}@bots.example"
            bot = Account(self.next_id(), login, "Bot", login, email, self.now())
            holder = self.account(owner) if owner else self._some_owner()
            app = App(
                id=number,
                slug=slug,
                name=slug,
                owner=holder,
                bot=bot,
                client_id=f"Iv23li{secrets.token_hex(7)}",
                client_secret=secrets.token_hex(20),
                private_key_pem=keys.private,
                public_key_pem=keys.public,
                webhook_url=webhook_url,
                webhook_secret=webhook_secret or secrets.token_hex(20),
                permissions=dict(PERMISSIONS if permissions is None else permissions),
                events=list(EVENTS if events is None else events),
                created_at=self.now(),
            )
            self.accounts[login.lower()] = bot
            self.apps[app.id] = app
            return app

    def _some_owner(self) -> Account:
        houses = [account for account in self.accounts.values() if account.kind != "Bot"]
        return (
            next((one for one in houses if one.kind == "Organization"), houses[0]) if houses else self.add_user("root")
        )

    def install_app(self, app: App, account: str, repositories: Sequence[str] | None = None) -> Installation:
        """Install an App on an account, on all its repositories or those named, and fire installation created."""
        with self.lock:
            target = self.account(account)
            chosen = None if repositories is None else [self.repository(name) for name in repositories]
            made = Installation(
                self.next_id(), app, target, dict(app.permissions), list(app.events), self.now(), chosen
            )
            self.installations[made.id] = made
            sender = target.owners[0] if isinstance(target, Organization) else target
            fire_installation(self, made, "created", sender)
            return made

    def uninstall_app(self, installation: Installation) -> None:
        """Take an installation away; its tokens end and the App hears installation deleted."""
        with self.lock:
            target = installation.account
            sender = target.owners[0] if isinstance(target, Organization) else target
            fire_installation(self, installation, "deleted", sender)
            del self.installations[installation.id]
            self.installation_tokens = {
                token: one for token, one in self.installation_tokens.items() if one.installation is not installation
            }

    def issue_token(
        self,
        installation: Installation,
        permissions: Mapping[str, str] | None = None,
        repositories: Sequence[Repository] | None = None,
    ) -> InstallationToken:
        """Make an installation token for one hour; 422 for more than the installation was granted."""
        with self.lock:
            wanted = dict(installation.permissions if permissions is None else permissions)
            levels = ("read", "write", "admin")
            for name, level in wanted.items():
                held = installation.permissions.get(name)
                if level not in levels or held is None or levels.index(level) > levels.index(held):
                    raise Refusal(422, "The permissions requested are not granted to this installation.")
            made = InstallationToken(
                f"ghs_{secrets.token_urlsafe(48)}",
                installation,
                {**wanted, "metadata": "read"},
                None if repositories is None else tuple(repositories),
                self.now() + timedelta(hours=1),
            )
            self.installation_tokens[made.token] = made
            return made
