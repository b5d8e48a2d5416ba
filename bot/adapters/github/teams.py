"""Who belongs to a team? Each team is listed once in a job, however many people are asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.adapters.github.client import Client, quoted

PAGE = 100
MOST_PAGES = 5
_SLUG = re.compile(r"[\w.-]{1,255}")


@dataclass(slots=True)
class _Roll:
    """The members of a team as far as they were read, in lower case; `whole` says that there are no more.

    `unknown` says that GitHub knows no such team: it was renamed or deleted, or there never was one.
    """

    logins: set[str] = field(default_factory=set)
    pages: int = 0
    whole: bool = False
    unknown: bool = False


class Teams:
    """The teams that one job has asked about. Invitations that wait do not make a member."""

    def __init__(self) -> None:
        self._rolls: dict[tuple[str, str], _Roll] = {}
        self._answers: dict[tuple[str, str, str], bool] = {}

    def holds(self, client: Client, owner: str, team: str, login: str) -> bool:
        """Say whether an account is an active member. What cannot be a slug (it comes from a file) is not asked for.

        One page of the team's list serves everybody; of a larger team, whoever is not on it is asked about alone.
        """
        if not _SLUG.fullmatch(team):
            return False
        roll = self._read(client, owner, team, 1)
        if login.lower() in roll.logins or roll.whole:
            return login.lower() in roll.logins
        key = (owner.lower(), team.lower(), login.lower())
        if key not in self._answers:
            path = f"/orgs/{quoted(owner)}/teams/{quoted(team)}/memberships/{quoted(login)}"
            found = client.get(path, f"read whether {login} is in the team {owner}/{team}")
            self._answers[key] = found is not None and found.get("state") == "active"
        return self._answers[key]

    def knows(self, client: Client, owner: str, team: str) -> bool:
        """Say whether there is such a team: of one that was renamed or deleted, nobody can tell who is in it."""
        return bool(_SLUG.fullmatch(team)) and not self._read(client, owner, team, 1).unknown

    def members(self, client: Client, owner: str, team: str) -> frozenset[str]:
        """Return the members in lower case, of a very large team the first 500; nobody where there is no such team."""
        return frozenset(self._read(client, owner, team, MOST_PAGES).logins) if _SLUG.fullmatch(team) else frozenset()

    def _read(self, client: Client, owner: str, team: str, pages: int) -> _Roll:
        roll = self._rolls.setdefault((owner.lower(), team.lower()), _Roll())
        while roll.pages < pages and not roll.whole:
            path = f"/orgs/{quoted(owner)}/teams/{quoted(team)}/members?per_page={PAGE}&page={roll.pages + 1}"
            found = client.listed(path, f"list the members of the team {owner}/{team}")
            roll.unknown = found is None and not roll.pages
            roll.logins |= {str(one["login"]).lower() for one in found or ()}
            roll.pages += 1
            roll.whole = len(found or ()) < PAGE
        return roll
