"""How does one job reach several repositories, each with the token of the installation that covers it?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from bot.adapters.github.gateway import RepositoryGitHub
from bot.model.repository import Repository
from bot.ports import GitHub


class _Routed:
    """Passes every call on to the client of the repository it is about, which is made when it is first needed."""

    def __init__(self, home: Repository, client: Callable[[Repository], RepositoryGitHub]) -> None:
        self._client = client
        self._home = client(home)
        self._clients = {home: self._home}

    @property
    def app_id(self) -> int:
        return self._home.app_id

    @property
    def bot_login(self) -> str:
        return self._home.bot_login

    def __getattr__(self, name: str) -> Any:
        def routed(repository: Repository, *arguments: Any, **options: Any) -> Any:
            if repository not in self._clients:
                self._clients[repository] = self._client(repository)
            return getattr(self._clients[repository], name)(repository, *arguments, **options)

        return routed


def routed(home: Repository, client: Callable[[Repository], RepositoryGitHub]) -> GitHub:
    """Return the port for one job on `home` and the repositories that its pipeline leads through.

    NotFoundError where the App is not installed on `home`; for the others it rises when they are asked for.
    """
    return cast(GitHub, _Routed(home, client))
