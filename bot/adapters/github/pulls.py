"""How are pull requests read, opened, moved on, closed and merged?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from github.GithubObject import NotSet
from github.PullRequest import PullRequest as Found

from bot.adapters.github import values
from bot.adapters.github.client import Client, quoted
from bot.adapters.github.conversation import same_text
from bot.adapters.github.errors import found_or_made, translated
from bot.adapters.github.pull_lists import Wanted, matching, note_about, note_changed, note_made, reviews_found
from bot.errors import RefusedError, TransientError
from bot.model.repository import PullRequest, Repository, Review


def pull(client: Client, repository: Repository, number: int) -> PullRequest:
    """Return a pull request as it is now."""
    with translated(f"read pull request #{number} of {repository}"):
        found = client.seen.once(("pull", repository, number), lambda: client.pull(repository, number))
        note_about(client, repository, found)
        return _with_merger(found)


def pulls(  # noqa: PLR0913 - the port's own filters, all by name
    client: Client,
    repository: Repository,
    *,
    state: Literal["open", "closed", "all"],
    base: str = "",
    head: str = "",
    limit: int = 100,
) -> Sequence[PullRequest]:
    """Return pull requests, newest first, without `merged_by`; `head` is a branch of the same repository."""
    with translated(f"list the pull requests of {repository}"):
        return matching(client, repository, Wanted(state, base, head), limit)


def reviews(client: Client, repository: Repository, number: int) -> Sequence[Review]:
    """Return the submitted reviews of a pull request, oldest first."""
    with translated(f"read the reviews of #{number} in {repository}"):
        return [values.review(one) for one in reviews_found(client, repository, number)]


def ensure_pull(  # noqa: PLR0913 - what a pull request is made of
    client: Client, repository: Repository, *, head: str, base: str, title: str, body: str
) -> PullRequest:
    """Return the one open pull request from `head` to `base`, updated or created."""

    def find() -> PullRequest | None:
        with translated(f"look for a pull request from {head} to {base} in {repository}"):
            return next(iter(matching(client, repository, Wanted("open", base, head), 1)), None)

    def make() -> PullRequest:
        with translated(f"open a pull request from {head} to {base} in {repository}"):
            created = client.repository(repository).create_pull(base=base, head=head, title=title, body=body)
            made = values.listed_pull(created)
        note_made(client, repository, made)
        return made

    found, _ = found_or_made(find, make, client.seen.forget)
    with translated(f"update pull request #{found.number} of {repository}"):
        if found.title == title.strip() and same_text(found.body, body):
            return found
        edited = client.pull(repository, found.number)
        edited.edit(title=title, body=body)
        changed = values.listed_pull(edited)
        note_changed(client, repository, changed)
        return changed


def ensure_closed(client: Client, repository: Repository, number: int) -> bool:
    """Close a pull request; return whether it was open."""
    with translated(f"close pull request #{number} of {repository}"):
        found = client.pull(repository, number)
        if found.state != "open":
            return False
        found.edit(state="closed")
        client.seen.forget()
    return True


def merge(  # noqa: PLR0913 - one merge, by name
    client: Client,
    repository: Repository,
    number: int,
    *,
    sha: str,
    method: Literal["merge", "squash", "rebase"],
    message: str = "",
) -> str:
    """Merge a pull request whose head is `sha` and return the merge commit; merged already is as good.

    `message` is the body of the merge commit, '' for GitHub's own.

    RefusedError 405 when GitHub's rules do not let it be merged, 409 when the head is another: both with
    GitHub's reason.
    """

    def find() -> str | None:
        with translated(f"read pull request #{number} of {repository}"):
            found = client.pull(repository, number)
            if not found.merged:
                return None
            if found.head.sha != sha:
                raise RefusedError(
                    f"#{number} of {repository} was merged at {found.head.sha[:12]}, not at {sha[:12]}",
                    status=409,
                    reason="merged with another head",
                )
            return found.merge_commit_sha

    def make() -> str:
        with translated(f"merge #{number} of {repository}"):
            found = client.pull(repository, number)
            outcome = found.merge(commit_message=message or NotSet, merge_method=method, sha=sha)
        if not outcome.merged:
            raise TransientError(f"cannot merge #{number} of {repository}: {outcome.message}")
        return outcome.sha

    return found_or_made(find, make)[0]


def branch_sha(client: Client, repository: Repository, branch: str) -> str | None:
    """Return the commit a branch is at, or None."""
    path = f"{client.repository(repository).url}/git/ref/heads/{'/'.join(map(quoted, branch.split('/')))}"
    try:
        found = client.get(path, f"read the branch {branch} of {repository}")
    except RefusedError as error:
        if error.status == 409:  # "Git Repository is empty."
            return None
        raise
    return str(found["object"]["sha"]) if found and found.get("ref") == f"refs/heads/{branch}" else None


def _with_merger(found: Found) -> PullRequest:
    """Translate a pull request read by itself, which tells who merged it."""
    value = values.listed_pull(found)
    merger = found.merged_by
    return value if merger is None else replace(value, merged_by=merger.login)
