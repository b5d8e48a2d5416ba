"""Users, organisations and teams (docs: REST API, users, orgs, teams)."""

from __future__ import annotations

from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import Account, Organization, Team
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.shapes import accounts
from bot.sandbox.state import Json

area = Area()


@area.route("GET", "/user", signed_in=True)
def get_me(call: Call) -> Reply:
    """Get the authenticated user; an installation is none."""
    if call.actor.installation is not None:
        raise Refusal(403, "Resource not accessible by integration")
    return Reply(200, accounts.user(call.world, call.actor.someone, private=True))


@area.route("GET", "/users/<username>")
def get_user(call: Call) -> Reply:
    """Get a user."""
    return Reply(200, accounts.user(call.world, call.world.account(call.word("username"))))


@area.route("GET", "/orgs/<org>")
def get_organization(call: Call) -> Reply:
    """Get an organisation."""
    return Reply(200, accounts.organization(call.world, call.world.organization(call.word("org"))))


def _inside(call: Call) -> Organization:
    """Return the organisation for callers that may see its people; 404 for strangers, as on GitHub."""
    house = call.world.organization(call.word("org"))
    _see(call, house)
    return house


def _see(call: Call, house: Organization) -> None:
    actor = call.actor
    if actor.installation is not None:
        if actor.installation.account is not house:
            raise Refusal(403, "Resource not accessible by integration")
    elif actor.account not in house.members:
        raise not_found()


@area.route("GET", "/orgs/<org>/members", "members:read")
def list_members(call: Call) -> Reply:
    """List members."""
    house = _inside(call)
    role = call.query("role", "all")
    people = [who for who in house.members if role == "all" or (who in house.owners) == (role == "admin")]
    return call.page(people, lambda who: accounts.account(call.world.links, who))


@area.route("GET", "/orgs/<org>/members/<username>", "members:read")
def is_member(call: Call) -> Reply:
    """Check membership: 204 or 404."""
    if call.world.account(call.word("username")) not in _inside(call).members:
        raise not_found()
    return Reply(204)


@area.route("GET", "/orgs/<org>/memberships/<username>", "members:read")
def get_membership(call: Call) -> Reply:
    """Get an organisation membership."""
    house, who = _inside(call), call.world.account(call.word("username"))
    if who not in house.members:
        raise not_found()
    links = call.world.links
    body: Json = {
        "url": f"{links.api}/orgs/{house.login}/memberships/{who.login}",
        "state": "active",
        "role": "admin" if who in house.owners else "member",
        "organization_url": f"{links.api}/orgs/{house.login}",
        "organization": accounts.organization_simple(links, house),
        "user": accounts.account(links, who),
    }
    return Reply(200, body)


# where GitHub's own answers say a team lives; beside it the address its documentation describes
BY_ID = "/organizations/<int:org_id>/team/<int:team_id>"
BY_NAME = "/orgs/<org>/teams/<team_slug>"


def _team(call: Call) -> Team:
    if "team_slug" in call.arguments:
        return call.world.team(_inside(call), call.word("team_slug"))
    for house in call.world.accounts.values():
        for team in house.teams.values() if isinstance(house, Organization) else ():
            if (team.id, team.organization.id) == (call.number("team_id"), call.number("org_id")):
                _see(call, team.organization)
                return team
    raise not_found()


@area.route("GET", "/orgs/<org>/teams", "members:read")
def list_teams(call: Call) -> Reply:
    """List teams."""
    return call.page(list(_inside(call).teams.values()), lambda team: accounts.team(call.world.links, team))


@area.route("GET", BY_ID, "members:read")
@area.route("GET", BY_NAME, "members:read")
def get_team(call: Call) -> Reply:
    """Get a team by name."""
    return Reply(200, accounts.team_full(call.world, _team(call)))


@area.route("GET", f"{BY_ID}/members", "members:read")
@area.route("GET", f"{BY_NAME}/members", "members:read")
def list_team_members(call: Call) -> Reply:
    """List team members; invitations that wait do not count."""
    return call.page(_team(call).members, lambda who: accounts.account(call.world.links, who))


@area.route("GET", f"{BY_ID}/memberships/<username>", "members:read")
@area.route("GET", f"{BY_NAME}/memberships/<username>", "members:read")
def get_team_membership(call: Call) -> Reply:
    """Get a team membership: active, pending, or 404."""
    return _membership(call, _team(call))


def _membership(call: Call, team: Team) -> Reply:
    who: Account = call.world.account(call.word("username"))
    if who not in team.members and who not in team.pending:
        raise not_found()
    url = f"{call.world.links.api}/organizations/{team.organization.id}/team/{team.id}/memberships/{who.login}"
    role = "maintainer" if who in team.organization.owners else "member"
    return Reply(200, {"state": "active" if who in team.members else "pending", "role": role, "url": url})
