"""Which pull requests does a repository have, and what do we learn with their list?

Where a client keeps what it has seen, lists are answered from one: the newest pull requests of the repository, in
whatever state. Only what that one cannot tell, because there are more, is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from github.PaginatedList import PaginatedList
from github.PullRequest import PullRequest as Found
from github.PullRequestReview import PullRequestReview
from github.Repository import Repository as FoundRepository

from bot.adapters.github.client import Client
from bot.adapters.github.errors import translated
from bot.adapters.github.seen import Question
from bot.model.repository import Repository

NEWEST = 100  # pull requests of a page


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pull requests are asked for; `head` is a branch of the same repository."""

    state: str = "all"
    base: str = ""
    head: str = ""

    def of(self, found: Iterable[Found], repository: Repository) -> list[Found]:
        """Return those that GitHub would list."""
        label = f"{repository.owner}:{self.head}".lower()
        return [
            one
            for one in found
            if self.state in ("all", one.state)
            and self.base in ("", one.base.ref)
            and (not self.head or (one.head.label or "").lower() == label)
        ]


def matching(client: Client, repository: Repository, wanted: Wanted, limit: int) -> list[Found]:
    """Return pull requests, newest first, `limit` at most."""
    if not client.seen.keeps:
        return list(islice(_listed(client, repository, wanted), limit))
    newest = _newest(client, repository)
    found = wanted.of(newest, repository)
    if len(newest) < NEWEST or len(found) >= limit:  # it is whole, or holds enough
        return found[:limit]
    if wanted.state == "open":
        every = client.seen.once(_open_of(repository), lambda: list(_listed(client, repository, Wanted("open"))))
        return wanted.of(every, repository)[:limit]
    question = ("pulls", repository, wanted, limit)
    return client.seen.once(question, lambda: list(islice(_listed(client, repository, wanted), limit)))


def _newest(client: Client, repository: Repository) -> list[Found]:
    """Return the newest pull requests in whatever state, as many as come at once."""

    def read() -> list[Found]:
        found = list(islice(_listed(client, repository, Wanted()), NEWEST))
        if found:
            note_about(client, repository, found[0])
        return found

    return client.seen.once(_newest_of(repository), read)


def note_about(client: Client, repository: Repository, found: Found) -> None:
    """Take what a pull request told us of its repository with its own."""
    client.seen.note(_about(repository), _told(found.base.repo))


def note_made(client: Client, repository: Repository, made: Found) -> None:
    """Let lists know of a pull request that we opened just now; nobody has said anything on it."""
    for question in (_newest_of(repository), _open_of(repository)):
        if client.seen.knows(question):
            known = client.seen.once(question, list[Found])
            client.seen.note(question, [made, *known][: max(NEWEST, len(known))])
    for kind in ("comments", "reviews"):
        client.seen.note((kind, repository, made.number), [])


def _newest_of(repository: Repository) -> Question:
    return "newest pulls", repository


def _open_of(repository: Repository) -> Question:
    return "open pulls", repository


def _about(repository: Repository) -> Question:
    return "repository", repository


def _listed(client: Client, repository: Repository, wanted: Wanted) -> Iterable[Found]:
    filters = {"state": wanted.state, "sort": "created", "direction": "desc"}
    if wanted.base:
        filters["base"] = wanted.base
    if wanted.head:
        filters["head"] = f"{repository.owner}:{wanted.head}"
    return client.repository(repository).get_pulls(**filters)


def default_branch(client: Client, repository: Repository) -> str:
    """Return the repository's default branch."""
    return _read_about(client, repository).default_branch


def repository_id(client: Client, repository: Repository) -> int:
    """Return GitHub's number of the repository, which stays when it is renamed or transferred."""
    return _read_about(client, repository).id


@dataclass(frozen=True, slots=True)
class _About:
    default_branch: str
    id: int


def _told(found: FoundRepository) -> _About:
    return _About(found.default_branch, found.id)


def _read_about(client: Client, repository: Repository) -> _About:
    """Return what the repository is; every pull request tells it, too."""
    with translated(f"read {repository}"):
        if client.seen.keeps and not client.seen.knows(_about(repository)):
            _newest(client, repository)
        return client.seen.once(_about(repository), lambda: _told(client.repository(repository)))


def reviews_found(client: Client, repository: Repository, number: int) -> list[PullRequestReview]:
    """Return the reviews of a pull request as PyGithub holds them; within `translated`."""
    url = f"{client.repository(repository).url}/pulls/{number}/reviews"
    listed = PaginatedList(PullRequestReview, client.api.requester, url, {})
    return client.seen.once(("reviews", repository, number), lambda: list(listed))
