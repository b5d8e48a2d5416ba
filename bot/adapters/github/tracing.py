"""By which pull requests did commits come into a branch, and which pull requests do numbers name?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.adapters.github import crowd, pull_lists, values
from bot.adapters.github.client import Client
from bot.adapters.github.errors import translated
from bot.adapters.github.pull_lists import Wanted
from bot.errors import NotFoundError
from bot.model.repository import PullRequest, Repository

MOST_ONE_BY_ONE = 20  # commits asked about by themselves, where GitHub does not answer many at once


def pulls_by_commit(
    client: Client, repository: Repository, base: str, shas: Sequence[str]
) -> Mapping[str, PullRequest]:
    """Return the pull requests that were merged into a branch, by the commit they came by; others are left out.

    GitHub tells the pull request of a commit that is not the one it was merged by, as after a rebase, only of the
    default branch (docs: "List pull requests associated with a commit").
    """
    found: dict[str, PullRequest] = {}
    if client.seen.keeps and pull_lists.whole(client, repository) is None:
        found |= _by_commit(crowd.merged_into(client, repository, base), base, shas)
    else:
        with translated(f"list the pull requests of {repository}"):
            found |= _by_commit(pull_lists.matching(client, repository, Wanted("closed", base), 100), base, shas)
    missing = [one for one in shas if one not in found]
    if not missing:
        return found
    for sha, pulls in _associated(client, repository, missing).items():
        first = next((one for one in pulls if one.merged and one.base_ref == base), None)
        if first is not None:
            found[sha] = first
    if any(one not in found for one in missing) and base != pull_lists.default_branch(client, repository):
        with translated(f"list the pull requests of {repository}"):
            closed = pull_lists.matching(client, repository, Wanted("closed", base), 100)
        found |= _by_commit(closed, base, missing)
    return found


def pulls_by_number(client: Client, repository: Repository, numbers: Sequence[int]) -> Mapping[int, PullRequest]:
    """Return pull requests by number, without `merged_by`; those that are not there are left out."""
    every = pull_lists.whole(client, repository) if client.seen.keeps else None
    if every is not None:
        return {one.number: one for one in every if one.number in numbers}
    found = crowd.numbered(client, repository, numbers) if client.seen.keeps else None
    return _one_by_one(client, repository, numbers) if found is None else found


def _by_commit(pulls: Iterable[PullRequest], base: str, shas: Sequence[str]) -> dict[str, PullRequest]:
    wanted = set(shas)
    merged = (one for one in pulls if one.merged and one.base_ref == base)
    return {one.merge_commit: one for one in merged if one.merge_commit in wanted}


def _associated(client: Client, repository: Repository, shas: Sequence[str]) -> Mapping[str, Sequence[PullRequest]]:
    """Return the pull requests that brought commits in or hold them now, by commit."""
    found = None
    if client.seen.keeps and len(shas) > 1:
        found = crowd.of_commits(client, repository, shas)
    if found is not None:
        return found
    each: dict[str, list[PullRequest]] = {}
    for sha in shas[:MOST_ONE_BY_ONE]:
        with translated(f"list the pull requests of the commit {sha[:12]} in {repository}"):
            listed = client.repository(repository).get_commit(sha).get_pulls()
            each[sha] = [values.listed_pull(one) for one in listed]
    return each


def _one_by_one(client: Client, repository: Repository, numbers: Sequence[int]) -> dict[int, PullRequest]:
    found = {}
    for number in numbers:
        try:
            with translated(f"read pull request #{number} of {repository}"):
                found[number] = values.listed_pull(client.pull(repository, number).complete())
        except NotFoundError:
            continue
    return found
