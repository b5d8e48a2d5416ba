"""Who may do what in a repository, who belongs to whom, and who is asked to look at a pull request?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import structlog

from bot.adapters.github.client import Client, distinct, quoted
from bot.adapters.github.errors import translated
from bot.adapters.github.teams import Teams
from bot.errors import NotFoundError, RefusedError
from bot.model.environment import People
from bot.model.repository import Permission, Repository

MAX_ASSIGNEES = 10
_ROLES: Mapping[str, Permission] = {role: role for role in get_args(Permission)}
_FLAGS: tuple[tuple[str, Permission], ...] = (
    ("admin", "admin"),
    ("maintain", "maintain"),
    ("push", "write"),
    ("triage", "triage"),
    ("pull", "read"),
)
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


def is_member(client: Client, teams: Teams, repository: Repository, people: People, login: str) -> bool:
    """Say whether an account is named, or active in a named team of the repository's organisation."""
    if login.lower() in (user.lower() for user in people.users):
        return True
    return any(teams.holds(client, repository.owner, team, login) for team in people.teams)


def ask_reviewers(client: Client, repository: Repository, number: int, people: People) -> People:
    """Ask for reviews of a pull request; return who is asked now, the others GitHub refuses: they are logged.

    Whoever is asked already is not asked again; whoever has reviewed is.
    """
    users, teams = distinct(people.users), distinct(people.teams)
    if not users and not teams:
        return People()
    doing = f"read who is asked to review #{number} in {repository}"
    path = f"{client.repository(repository).url}/pulls/{number}/requested_reviewers"
    found = client.get(path, doing)
    if found is None:
        raise NotFoundError(f"cannot {doing}: it is not there")
    there = {str(one["login"]).lower() for one in found.get("users", ())}
    teams_there = {str(one["slug"]).lower() for one in found.get("teams", ())}
    asked = _request(
        client,
        path,
        [one for one in users if one.lower() not in there],
        [one for one in teams if one.lower() not in teams_there],
    )
    return People(
        tuple(one for one in users if one.lower() in there or one in asked.users),
        tuple(one for one in teams if one.lower() in teams_there or one in asked.teams),
    )


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


def _assignable(client: Client, home: str, login: str) -> bool:
    """Ask whether GitHub would assign this account; it ignores the others without a word."""
    return client.get(f"{home}/assignees/{quoted(login)}", f"read whether {login} can be assigned") is not None


def _request(client: Client, path: str, users: Sequence[str], teams: Sequence[str]) -> People:
    """Ask all at once; when GitHub refuses one of them (422), ask one by one to find out whom."""
    names = [*users, *teams]
    if not names:
        return People()
    try:
        with translated(f"ask {', '.join(names)} for a review"):
            client.send("POST", path, {"reviewers": [*users], "team_reviewers": [*teams]})
    except RefusedError as error:
        if error.status != 422:
            raise
        if len(names) == 1:
            _log.warning("reviewer_refused", path=path, login=names[0], reason=error.reason)
            return People()
        single = [_request(client, path, [one], []) for one in users]
        single += [_request(client, path, [], [one]) for one in teams]
        return People(
            tuple(name for one in single for name in one.users), tuple(name for one in single for name in one.teams)
        )
    return People(tuple(users), tuple(teams))
