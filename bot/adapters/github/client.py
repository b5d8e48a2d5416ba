"""What does one job hold in its hands to talk to GitHub?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import github
import github.Issue
import github.IssueComment
import github.PullRequest
import github.Repository

from bot.adapters.github.crowds import Crowds
from bot.adapters.github.errors import translated
from bot.adapters.github.seen import Seen
from bot.errors import NotFoundError
from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Client:
    """PyGithub's client for one installation, who we are there, and what this job has seen already.

    `crowds` are what the process has seen: its clients share them.
    """

    api: github.Github = field(repr=False)
    app_id: int
    bot_login: str
    seen: Seen = field(default_factory=Seen, repr=False, compare=False)
    crowds: Crowds = field(default_factory=Crowds, repr=False, compare=False)

    def repository(self, repository: Repository) -> github.Repository.Repository:
        """Return PyGithub's repository; this alone asks GitHub nothing, nor do the two below."""
        return self.api.get_repo(f"{quoted(repository.owner)}/{quoted(repository.name)}")

    def pull(self, repository: Repository, number: int) -> github.PullRequest.PullRequest:
        return self.repository(repository).get_pull(number)

    def issue(self, repository: Repository, number: int) -> github.Issue.Issue:
        return self.repository(repository).get_issue(number)

    def comment(self, repository: Repository, comment_id: int) -> github.IssueComment.IssueComment:
        """Return a comment by its id alone, which PyGithub has no call for."""
        url = f"{self.repository(repository).url}/issues/comments/{comment_id}"
        return github.IssueComment.IssueComment(self.api.requester, url=url)

    def get(self, path: str, doing: str) -> Mapping[str, Any] | None:
        """Read one JSON object that PyGithub has no exact call for; None when it is not there."""
        try:
            with translated(doing):
                _, data = self.api.requester.requestJsonAndCheck("GET", path)
        except NotFoundError:
            return None
        return data if isinstance(data, dict) else {}

    def listed(self, path: str, doing: str) -> Sequence[Mapping[str, Any]] | None:
        """Read one page of a JSON list; None when there is no such list."""
        try:
            with translated(doing):
                _, data = self.api.requester.requestJsonAndCheck("GET", path)
        except NotFoundError:
            return None
        return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else ()

    def send(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Send one request that PyGithub words otherwise than GitHub's description; within `translated`."""
        self.api.requester.requestJsonAndCheck(verb, path, input=body)

    def is_ours(self, login: str) -> bool:
        return login.lower() == self.bot_login.lower()


def distinct(names: Iterable[str]) -> list[str]:
    """Return names once each, in order and as first written; to GitHub, case makes no other name."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return list(found.values())


def quoted(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")
