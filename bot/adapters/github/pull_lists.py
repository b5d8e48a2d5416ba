"""Which pull requests does a repository have, and what do we learn with their list?

Where a client keeps what it has seen, lists are answered from one: the newest pull requests of the repository, in
whatever state. Where there are more, it is a crowd (`bot.adapters.github.crowd`), and what is not known of it
beforehand is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from github.PaginatedList import PaginatedList
from github.PullRequest import PullRequest as Found
from github.PullRequestReview import PullRequestReview
from github.Repository import Repository as FoundRepository

from bot.adapters.github import crowd, values
from bot.adapters.github.client import Client
from bot.adapters.github.crowd import About, about_of
from bot.adapters.github.crowds import Foreseen
from bot.adapters.github.errors import translated
from bot.adapters.github.seen import Question
from bot.model.repository import PullRequest, Repository

NEWEST = 100  # pull requests of a page


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pull requests are asked for; `head` is a branch of the same repository."""

    state: str = "all"
    base: str = ""
    head: str = ""

    def of(self, found: Iterable[PullRequest], repository: Repository) -> list[PullRequest]:
        """Return those that GitHub would list."""
        owner = repository.owner.lower()
        return [
            one
            for one in found
            if self.state in ("all", one.state)
            and self.base in ("", one.base_ref)
            and self.head in ("", one.head_ref)
            and (not self.head or (one.head_repository or "").partition("/")[0].lower() == owner)
        ]


def matching(client: Client, repository: Repository, wanted: Wanted, limit: int) -> list[PullRequest]:
    """Return pull requests, newest first, `limit` at most."""
    if not client.seen.keeps:
        return _read(client, repository, wanted, limit)
    found = whole(client, repository)
    if found is not None:
        return wanted.of(found, repository)[:limit]
    beforehand = crowd.known(client, repository, wanted.state, wanted.head, wanted.base)
    if beforehand is not None:
        return beforehand[:limit]
    question = ("pulls", repository, wanted, limit)
    return client.seen.once(question, lambda: _read(client, repository, wanted, limit))


def foresee(client: Client, repository: Repository, ways: Sequence[tuple[str, str]], sources: Sequence[str]) -> None:
    """Take what will be asked of pull requests: of those from a branch into another, and merged into `sources`.

    Where there is a crowd, that is all read at once.
    """
    if not client.seen.keeps or whole(client, repository) is not None:
        return
    wanted = Foreseen(tuple(ways), tuple(sources))
    client.crowds.foresee(repository, wanted)
    crowd.look(client, repository, wanted)


def open_pulls(client: Client, repository: Repository) -> list[PullRequest]:
    """Return the open pull requests; where there are more than a page of them, those last updated."""
    if not client.seen.keeps:
        return _last_updated(client, repository)
    found = whole(client, repository)
    if found is not None:
        return Wanted("open").of(found, repository)
    beforehand = crowd.stirring(client, repository)
    return _last_updated(client, repository) if beforehand is None else beforehand


def whole(client: Client, repository: Repository) -> list[PullRequest] | None:
    """Return all pull requests of the repository, None where one list does not hold them."""
    if repository in client.crowds:
        return None
    return client.seen.once(_newest_of(repository), lambda: _read_newest(client, repository))


def _read_newest(client: Client, repository: Repository) -> list[PullRequest] | None:
    found = list(islice(_listed(client, repository, Wanted()), NEWEST))
    if found:
        note_about(client, repository, found[0])
    if len(found) < NEWEST:
        return [values.listed_pull(one) for one in found]
    client.crowds.meet(repository)
    return None


def note_about(client: Client, repository: Repository, found: Found) -> None:
    """Take what a pull request told us of its repository with its own."""
    client.seen.note(about_of(repository), _told(found.base.repo))


def note_made(client: Client, repository: Repository, made: PullRequest) -> None:
    """Let lists know of a pull request that we opened just now; nobody has said anything on it."""
    _renew(client, repository, lambda pulls: [made, *pulls])
    crowd.note_made(client, repository, made)
    for kind in ("comments", "reviews"):
        client.seen.note((kind, repository, made.number), [])


def note_changed(client: Client, repository: Repository, changed: PullRequest) -> None:
    """Let lists know of new words in an open pull request of ours."""
    _renew(client, repository, lambda pulls: [changed if one.number == changed.number else one for one in pulls])
    crowd.note_changed(client, repository, changed)


def _renew(client: Client, repository: Repository, change: Callable[[list[PullRequest]], list[PullRequest]]) -> None:
    if client.seen.knows(_newest_of(repository)) and (known := whole(client, repository)) is not None:
        client.seen.note(_newest_of(repository), change(known))


def _newest_of(repository: Repository) -> Question:
    return "newest pulls", repository


def _read(client: Client, repository: Repository, wanted: Wanted, limit: int) -> list[PullRequest]:
    return [values.listed_pull(one) for one in islice(_listed(client, repository, wanted), limit)]


def _last_updated(client: Client, repository: Repository) -> list[PullRequest]:
    listed = client.repository(repository).get_pulls(state="open", sort="updated", direction="desc")
    return [values.listed_pull(one) for one in islice(listed, NEWEST)]


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


def _told(found: FoundRepository) -> About:
    return About(found.default_branch, found.id)


def _read_about(client: Client, repository: Repository) -> About:
    """Return what the repository is; every pull request tells it, too."""
    with translated(f"read {repository}"):
        if client.seen.keeps and not client.seen.knows(about_of(repository)):
            (crowd.look if repository in client.crowds else whole)(client, repository)
        return client.seen.once(about_of(repository), lambda: _told(client.repository(repository)))


def reviews_found(client: Client, repository: Repository, number: int) -> list[PullRequestReview]:
    """Return the reviews of a pull request as PyGithub holds them; within `translated`."""
    url = f"{client.repository(repository).url}/pulls/{number}/reviews"
    listed = PaginatedList(PullRequestReview, client.api.requester, url, {})
    return client.seen.once(("reviews", repository, number), lambda: list(listed))
