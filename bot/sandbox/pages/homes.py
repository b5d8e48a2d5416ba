"""Who and what is here? The list of everything, people, organisations, teams, Apps, and their pictures."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response
from markupsafe import Markup

from bot.sandbox.pages.visit import PERSON, Answer, Section, Visit
from bot.sandbox.records import Organization, User
from bot.sandbox.refusal import Refusal, not_found

section = Section()
# backgrounds for white letters, each with a contrast of 4.5 or more
COLOURS = ("#3a6ea5", "#7a5195", "#a4508b", "#b0413e", "#8a5a1f", "#4d7326", "#1f7a6d", "#2f6f8f", "#5d5fa8", "#6b6b2e")


@section.get("/")
def show_home(visit: Visit) -> Answer:
    """List repositories, people, organisations and Apps."""
    world = visit.world
    return visit.page(
        "home.html",
        repositories=list(world.repositories.values()),
        organizations=[who for who in world.accounts.values() if isinstance(who, Organization)],
        apps=list(world.apps.values()),
        waiting={
            one.full_name: sum(pull.issue.state == "open" for pull in one.pulls) for one in world.repositories.values()
        },
    )


@section.get("/<owner>")
def show_account(visit: Visit) -> Answer:
    """Show a person or an organisation."""
    world = visit.world
    who = world.account(visit.word("owner"))
    organizations = [one for one in world.accounts.values() if isinstance(one, Organization)]
    return visit.page(
        "account.html",
        account=who,
        organization=who if isinstance(who, Organization) else None,
        repositories=[one for one in world.repositories.values() if one.owner is who],
        teams=[team for one in organizations for team in one.teams.values() if who in team.members],
        houses=[one for one in organizations if who in one.members],
        installations=[one for one in world.installations.values() if one.account is who],
        roles={
            one.full_name: world.role(one, who)
            for one in world.repositories.values()
            if isinstance(who, User) and world.role(one, who) != "none"
        },
    )


@section.get("/orgs/<organization>/teams/<team>")
def show_team(visit: Visit) -> Answer:
    """Show a team: members, and what it may do where."""
    team = visit.world.team(visit.organization(), visit.word("team"))
    return visit.page(
        "team.html",
        team=team,
        grants=[
            (one, one.team_grants[team.slug])
            for one in visit.world.repositories.values()
            if one.owner is team.organization and team.slug in one.team_grants
        ],
    )


@section.get("/avatars/u/<int:number>")
def show_picture(visit: Visit) -> Answer:
    """Draw the picture of an account: its letter on its colour; corners are round for people only."""
    for who in visit.world.accounts.values():
        if who.id == visit.number("number"):
            round_ = 20 if isinstance(who, User) else 8
            picture = Markup(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">'
                '<rect width="40" height="40" rx="{}" fill="{}"/><text x="20" y="27" text-anchor="middle" '
                'font-family="sans-serif" font-size="19" font-weight="600" fill="#fff">{}</text></svg>'
            ).format(round_, COLOURS[who.id % len(COLOURS)], who.login[:1].upper())
            return Response(str(picture), content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})
    raise not_found()


@section.post("/_sandbox/person")
def choose_person(visit: Visit) -> Answer:
    """Remember as whom one acts."""
    who = visit.world.account(visit.field("login"))
    if not isinstance(who, User):
        raise Refusal(422, f"{who.login} is not a person.")
    answer = visit.go(_inside(visit.field("back")))
    answer.set_cookie(PERSON, who.login, httponly=True, samesite="Lax")
    return answer


def _inside(path: str) -> str:
    """Return a path of ours; anything that would lead elsewhere becomes the first page."""
    parts = urlsplit(path)
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if inside and path.isprintable() else "/"
