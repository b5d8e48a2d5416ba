"""Who may do what in a repository, who belongs to whom, and who is asked to look at a pull request?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import structlog
from github.PullRequest import PullRequest

from bot.adapters.github.client import Client, distinct, quoted
from bot.adapters.github.errors import translated
from bot.errors import RefusedError
from bot.model.environment import People
from bot.model.repository import Permission, Repository

MAX_REVIEWERS = 15  # docs.github.com: requested of one pull request
MAX_ASSIGNEES = 10
_ROLES: Mapping[str, Permission] = {role: role for role in get_args(Permission)}
_FLAGS: tuple[tuple[str, Permission], ...] = (
    ("admin", "admin"),
    ("maintain", "maintain"),
    ("push", "write"),
    ("triage", "triage"),
    ("pull", "read"),
)
_SLUG = re.compile(r"[\w.-]{1,255}")
_log = structlog.get_logger(__name__)


def permission(client: Client, repository: Repository, login: str) -> Permission:
    """Return what an account may do in a repository, "none" for strangers. Errors rise: they never mean yes.

    An organisation's own role counts as the standard role that GitHub's `permissions` flags show.
    """
    path = f"{client.repository(repository).url}/collaborators/{quoted(login)}/permission"
    found = client.get(path, f"read what {login} may do in {repository}")
    if found is None:
        return "none"
    if role := _ROLES.get(str(found.get("role_name"))):
        return role
    flags: Mapping[str, Any] = (found.get("user") or {}).get("permissions") or {}
    for flag, granted in _FLAGS:
        if flags.get(flag) is True:
            return granted
    return _ROLES.get(str(found.get("permission")), "none")


def is_member(client: Client, repository: Repository, people: People, login: str) -> bool:
    """Say whether an account is named, or active in a named team of the repository's organisation."""
    if login.lower() in (user.lower() for user in people.users):
        return True
    return any(_in_team(client, repository, team, login) for team in people.teams)


def ensure_reviewers(client: Client, repository: Repository, number: int, people: People) -> Sequence[str]:
    """Ask for reviews of an open pull request; return who was newly asked: logins, and teams as `owner/slug`.

    Nobody is asked twice, nor after having reviewed (a team: after an active member has), nor the author, nor
    more than 15 in all. People whom GitHub will not let us ask are passed over and logged.
    """
    with translated(f"read the reviewers of #{number} in {repository}"):
        pull = client.pull(repository, number)
        if pull.state != "open":
            return []
        requested = {user.login.lower() for user in pull.requested_reviewers}
        requested_teams = {team.slug.lower() for team in pull.requested_teams}
        author = pull.user.login if pull.user else ""
        reviewers = {one.user.login for one in pull.get_reviews() if one.user and one.user.login != author}
    spoken = {login.lower() for login in (*requested, *reviewers, author)}
    users = [one for one in distinct(people.users) if one.lower() not in spoken]
    teams = [
        team
        for team in distinct(people.teams)
        if team.lower() not in requested_teams
        and not any(_in_team(client, repository, team, login) for login in sorted(reviewers))
    ]
    room = max(0, MAX_REVIEWERS - len(requested) - len(requested_teams))
    users = users[:room]
    return _request(pull, repository, users, teams[: room - len(users)])


def ensure_assignees(client: Client, repository: Repository, number: int, logins: Sequence[str]) -> Sequence[str]:
    """Assign people who can be assigned; return who was newly assigned."""
    with translated(f"assign people to #{number} in {repository}"):
        pull = client.pull(repository, number)
        already = {user.login.lower() for user in pull.assignees}
        missing = [one for one in distinct(logins) if one.lower() not in already]
        home = client.repository(repository).url
        possible = [login for login in missing if _assignable(client, home, login)]
        for login in missing:
            if login not in possible:
                _log.warning("assignee_refused", repo=str(repository), pull=number, login=login)
        chosen = possible[: max(0, MAX_ASSIGNEES - len(already))]
        if not chosen:
            return []
        issue = client.issue(repository, number)
        issue.add_to_assignees(*chosen)
        now = {user.login.lower() for user in issue.assignees}
    return [login for login in chosen if login.lower() in now]


def _in_team(client: Client, repository: Repository, team: str, login: str) -> bool:
    """Say whether an account is an active member of a team; PyGithub wants the team fetched first.

    What cannot be a slug (it comes from a configuration file) is not asked for.
    """
    if not _SLUG.fullmatch(team):
        return False
    path = f"/orgs/{quoted(repository.owner)}/teams/{quoted(team)}/memberships/{quoted(login)}"
    found = client.get(path, f"read whether {login} is in the team {repository.owner}/{team}")
    return found is not None and found.get("state") == "active"


def _assignable(client: Client, home: str, login: str) -> bool:
    """Ask whether GitHub would assign this account; it ignores the others without a word."""
    return client.get(f"{home}/assignees/{quoted(login)}", f"read whether {login} can be assigned") is not None


def _request(pull: PullRequest, repository: Repository, users: Sequence[str], teams: Sequence[str]) -> Sequence[str]:
    """Ask all at once; when GitHub refuses one of them (422), ask one by one to find out whom."""
    named = [*users, *(f"{repository.owner}/{team}" for team in teams)]
    if not named:
        return []
    try:
        with translated(f"ask {', '.join(named)} to review #{pull.number} in {repository}"):
            chosen: dict[str, Any] = {"reviewers": list(users)} if users else {}
            pull.create_review_request(**chosen, **({"team_reviewers": list(teams)} if teams else {}))
    except RefusedError as error:
        if error.status != 422:
            raise
        if len(named) == 1:
            _log.warning(
                "reviewer_refused",
                repo=str(repository),
                pull=pull.number,
                login=named[0],
                reason=error.reason,
            )
            return []
        single = [((user,), ()) for user in users] + [((), (team,)) for team in teams]
        return [name for one in single for name in _request(pull, repository, *one)]
    return named
