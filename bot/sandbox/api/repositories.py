"""Repositories, collaborators and assignees (docs: REST API, repos, collaborators, assignees)."""

from __future__ import annotations

from bot.sandbox.acts import issues
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import ROLES, Account, Organization, Repository, Role
from bot.sandbox.refusal import Refusal, custom, invalid, not_found
from bot.sandbox.shapes import accounts, repositories

area = Area()
OLD_WORDS: dict[str, Role] = {"pull": "read", "push": "write"}


@area.route("GET", "/repos/<owner>/<repo>")
def get_repository(call: Call) -> Reply:
    """Get a repository."""
    return Reply(200, repositories.full(call.world, call.repository, call.actor.account))


@area.route("PATCH", "/repos/<owner>/<repo>", "administration:write", role="admin")
def update_repository(call: Call) -> Reply:
    """Change settings of a repository."""
    one, body = call.repository, call.body
    one.description = body.optional("description") if "description" in body else one.description
    one.private = body.flag("private", one.private)
    one.archived = body.flag("archived", one.archived)
    for name in ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge", "delete_branch_on_merge"):
        setattr(one, name, body.flag(name, bool(getattr(one, name))))
    branch = body.text("default_branch", one.default_branch)
    if one.git.branch(branch) is None:
        raise invalid("Repository", "default_branch")
    one.default_branch = branch
    one.git.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return get_repository(call)


def _create(call: Call, owner: Account) -> Reply:
    name, world = call.body.text("name"), call.world
    full_name = f"{owner.login}/{name}"
    if full_name.lower() in world.repositories:
        error = custom("Repository", "name already exists on this account", "name")
        raise Refusal(422, "Repository creation failed.", error.errors)
    files = {"README.md": f"# {name}\n"} if call.body.flag("auto_init") else None
    made = world.add_repository(
        full_name,
        files=files,
        private=call.body.flag("private"),
        description=call.body.optional("description"),
    )
    body = repositories.full(world, made, call.actor.account)
    return Reply(201, body, {"Location": repositories.repository_url(world.links, made)})


@area.route("POST", "/orgs/<org>/repos", "administration:write", signed_in=True)
def create_organization_repository(call: Call) -> Reply:
    """Create a repository in an organisation."""
    house = call.world.organization(call.word("org"))
    if call.actor.installation is None and call.actor.account not in house.members:
        raise Refusal(403, "You need admin access to the organization before adding a repository to it.")
    return _create(call, house)


@area.route("POST", "/user/repos", signed_in=True)
def create_user_repository(call: Call) -> Reply:
    """Create a repository for oneself."""
    return _create(call, call.actor.someone)


def _seen(call: Call, owner: Account | None) -> Reply:
    world, viewer = call.world, call.actor.account
    found = [
        one
        for one in world.repositories.values()
        if (one.owner is owner if owner is not None else world.has_role(one, viewer, "write"))
        and (world.has_role(one, viewer, "read") or (call.actor.installation and call.actor.installation.covers(one)))
    ]

    def shape(one: Repository) -> object:
        return repositories.listed(world, one, viewer)

    return call.page(found, shape)


@area.route("GET", "/orgs/<org>/repos")
def list_organization_repositories(call: Call) -> Reply:
    """List repositories of an organisation."""
    return _seen(call, call.world.organization(call.word("org")))


@area.route("GET", "/users/<username>/repos")
def list_user_repositories(call: Call) -> Reply:
    """List repositories of a person."""
    return _seen(call, call.world.account(call.word("username")))


@area.route("GET", "/user/repos", signed_in=True)
def list_my_repositories(call: Call) -> Reply:
    """List repositories one can write to."""
    return _seen(call, None)


@area.route("POST", "/repos/<owner>/<repo>/forks", signed_in=True)
def create_fork(call: Call) -> Reply:
    """Create a fork for oneself or an organisation."""
    owner = call.body.optional("organization") or call.actor.someone.login
    made = call.world.add_fork(call.repository.full_name, owner)
    return Reply(202, repositories.full(call.world, made, call.actor.account))


# ---- who has access


def _collaborators(call: Call) -> list[Account]:
    world, one = call.world, call.repository
    return [
        who
        for who in world.accounts.values()
        if who.kind == "User" and world.is_collaborator(one, who) and world.has_role(one, who, "read")
    ]


@area.route("GET", "/repos/<owner>/<repo>/collaborators", "metadata:read", role="write", signed_in=True)
def list_collaborators(call: Call) -> Reply:
    """List people with access."""
    people, wanted = _collaborators(call), call.query("permission")
    role = OLD_WORDS.get(wanted, wanted)
    if role in ROLES:
        least = role
        people = [who for who in people if ROLES.index(call.world.role(call.repository, who)) >= ROLES.index(least)]
    return call.page(people, lambda who: accounts.collaborator(call.world, call.repository, who))


@area.route("GET", "/repos/<owner>/<repo>/collaborators/<username>", "metadata:read", role="write")
def is_collaborator(call: Call) -> Reply:
    """Check access: 204 or 404."""
    if call.world.account(call.word("username")) not in _collaborators(call):
        raise not_found()
    return Reply(204)


@area.route("PUT", "/repos/<owner>/<repo>/collaborators/<username>", "administration:write", role="admin")
def add_collaborator(call: Call) -> Reply:
    """Give a person a role; here without an invitation to accept."""
    given = call.body.text("permission", "push")
    role = OLD_WORDS.get(given, given)
    if role not in ROLES:
        raise invalid("Repository", "permission")
    call.world.grant(call.repository.full_name, call.word("username"), ROLES[ROLES.index(role)])
    return Reply(204)


@area.route("DELETE", "/repos/<owner>/<repo>/collaborators/<username>", "administration:write", role="admin")
def remove_collaborator(call: Call) -> Reply:
    """Take a person's role back."""
    call.repository.grants.pop(call.word("username").lower(), None)
    return Reply(204)


@area.route("GET", "/repos/<owner>/<repo>/collaborators/<username>/permission", "metadata:read", role="write")
def get_permission(call: Call) -> Reply:
    """Get what a person may do with the repository."""
    who = call.world.account(call.word("username"))
    return Reply(200, accounts.collaborator_permission(call.world, call.repository, who))


@area.route("GET", "/repos/<owner>/<repo>/assignees", "issues:read", "pull_requests:read")
def list_assignees(call: Call) -> Reply:
    """List people who may be assigned."""
    people = [who for who in _collaborators(call) if issues.assignable(call.world, call.repository, who)]
    return call.page(people, lambda who: accounts.account(call.world.links, who))


@area.route("GET", "/repos/<owner>/<repo>/assignees/<assignee>", "issues:read", "pull_requests:read")
def may_be_assigned(call: Call) -> Reply:
    """Check whether a person may be assigned: 204 or 404."""
    who = call.world.accounts.get(call.word("assignee").lower())
    if who is None or not issues.assignable(call.world, call.repository, who):
        raise not_found()
    return Reply(204)


@area.route("GET", "/repos/<owner>/<repo>/teams", "administration:read", role="admin")
def list_teams(call: Call) -> Reply:
    """List teams with access."""
    one = call.repository
    teams = [one.owner.teams[slug] for slug in one.team_grants] if isinstance(one.owner, Organization) else []
    return call.page(teams, lambda team: accounts.team(call.world.links, team, one.team_grants[team.slug]))
