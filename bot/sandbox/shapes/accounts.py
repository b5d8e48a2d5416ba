"""How are people, organisations, teams, Apps and installations written in JSON?"""

from __future__ import annotations

from urllib.parse import quote

from bot.sandbox.records import Account, App, Installation, Organization, Repository, Role, Team
from bot.sandbox.state import InstallationToken, Json, Links, State, node_id, stamp


def account(links: Links, who: Account) -> Json:
    """Return the `simple-user` of a person, organisation or bot."""
    url = f"{links.api}/users/{quote(who.login)}"
    page = f"{links.root}/apps/{who.login.removesuffix('[bot]')}" if who.kind == "Bot" else f"{links.root}/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id(who.kind[0], who.id),
        "avatar_url": f"{links.root}/avatars/u/{who.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": page,
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": who.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def optional_account(links: Links, who: Account | None) -> Json | None:
    """Return the account, or null."""
    return None if who is None else account(links, who)


def user(state: State, who: Account, *, private: bool = False) -> Json:
    """Return a `public-user`, or the `private-user` one sees of oneself."""
    owned = [repository for repository in state.repositories.values() if repository.owner is who]
    body: Json = {
        **account(state.links, who),
        "name": who.name or None,
        "company": None,
        "blog": "",
        "location": None,
        "email": who.email or None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not repository.private for repository in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": stamp(who.created_at),
        "updated_at": stamp(who.created_at),
    }
    if private:
        hidden = sum(repository.private for repository in owned)
        body |= {
            "user_view_type": "private",
            "private_gists": 0,
            "total_private_repos": hidden,
            "owned_private_repos": hidden,
            "disk_usage": 0,
            "collaborators": 0,
            "two_factor_authentication": True,
        }
    return body


def organization_simple(links: Links, who: Organization) -> Json:
    """Return an `organization-simple`, as deliveries carry it."""
    url = f"{links.api}/orgs/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("O", who.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{links.root}/avatars/u/{who.id}?v=4",
        "description": "",
    }


def organization(state: State, who: Organization) -> Json:
    """Return an `organization-full`."""
    owned = [repository for repository in state.repositories.values() if repository.owner is who]
    return {
        **organization_simple(state.links, who),
        "name": who.name,
        "company": "",
        "blog": f"{state.links.root}/{who.login}",
        "location": "",
        "email": who.email,
        "twitter_username": None,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": sum(not repository.private for repository in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{state.links.root}/{who.login}",
        "type": "Organization",
        "created_at": stamp(who.created_at),
        "updated_at": stamp(who.created_at),
        "archived_at": None,
    }


def team_simple(links: Links, team: Team, role: Role = "read") -> Json:
    """Return a `team-simple`; `permission` is in the old words pull, triage, push, maintain, admin."""
    url = f"{links.api}/organizations/{team.organization.id}/team/{team.id}"
    return {
        "name": team.name,
        "id": team.id,
        "node_id": node_id("T", team.id),
        "slug": team.slug,
        "description": team.description or "",
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "url": url,
        "html_url": f"{links.root}/orgs/{team.organization.login}/teams/{team.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": team.organization.id,
        "permission": {"read": "pull", "write": "push"}.get(role, role),
    }


def team(links: Links, one: Team, role: Role = "read") -> Json:
    """Return a `team` as lists of teams hold it."""
    return {**team_simple(links, one, role), "parent": None}


def hook_team(links: Links, one: Team, role: Role = "read") -> Json:
    """Return a team as most deliveries hold it."""
    newer = ("notification_setting", "type", "organization_id")
    return {name: value for name, value in team(links, one, role).items() if name not in newer}


def team_full(state: State, one: Team) -> Json:
    """Return a `team-full`."""
    repositories = sum(one.slug in r.team_grants for r in state.repositories.values() if r.owner is one.organization)
    return {
        **team(state.links, one),
        "members_count": len(one.members),
        "repos_count": repositories,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "organization": organization(state, one.organization),
    }


def permissions(role: Role) -> Json:
    """Return the five flags a role amounts to."""
    order = ("none", "read", "triage", "write", "maintain", "admin")
    level = order.index(role)
    return {
        "admin": level >= 5,
        "maintain": level >= 4,
        "push": level >= 3,
        "triage": level >= 2,
        "pull": level >= 1,
    }


def collaborator(state: State, repository: Repository, who: Account) -> Json:
    """Return a `collaborator` of a repository."""
    role = state.role(repository, who)
    return {**account(state.links, who), "permissions": permissions(role), "role_name": role}


def collaborator_permission(state: State, repository: Repository, who: Account) -> Json:
    """Return a `repository-collaborator-permission`; maintain and triage read as write and read in `permission`."""
    role = state.role(repository, who)
    old = {"maintain": "write", "triage": "read"}.get(role, role)
    user_ = {**account(state.links, who), "permissions": permissions(role), "role_name": role}
    return {"permission": old, "role_name": role, "user": user_}


def app(links: Links, one: App) -> Json:
    """Return an `integration`."""
    return {
        "id": one.id,
        "client_id": one.client_id,
        "slug": one.slug,
        "node_id": node_id("A", one.id),
        "owner": account(links, one.owner),
        "name": one.name,
        "description": "",
        "external_url": one.external_url,
        "html_url": f"{links.root}/apps/{one.slug}",
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "permissions": dict(one.permissions),
        "events": list(one.events),
    }


def optional_app(links: Links, one: App | None) -> Json | None:
    """Return the App, or null."""
    return None if one is None else app(links, one)


def hook_app(links: Links, one: App | None) -> Json | None:
    """Return the App as deliveries hold it, without its client id; or null."""
    return None if one is None else {name: value for name, value in app(links, one).items() if name != "client_id"}


def installation(links: Links, one: Installation) -> Json:
    """Return an `installation`."""
    url = f"{links.api}/app/installations/{one.id}"
    return {
        "id": one.id,
        "client_id": one.app.client_id,
        "account": account(links, one.account),
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{links.api}/installation/repositories",
        "html_url": f"{links.root}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.kind,
        "permissions": dict(one.permissions),
        "events": list(one.events),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


def installation_token(one: InstallationToken) -> Json:
    """Return an `installation-token` without its list of repositories."""
    selected = one.repositories is not None or one.installation.repositories is not None
    return {
        "token": one.token,
        "expires_at": stamp(one.expires_at),
        "permissions": dict(one.permissions),
        "repository_selection": "selected" if selected else "all",
    }
