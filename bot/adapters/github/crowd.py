"""What is known of a crowd of pull requests by one call?

Where a repository has more pull requests than one list holds, REST takes a list for every pair of environments, and
more for the changes they move. All of that is asked here in one GraphQL call at the beginning of a look. Where GitHub
does not answer it, or not wholly, nothing is known beforehand, and REST is asked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.adapters.github.client import Client
from bot.adapters.github.crowds import Foreseen
from bot.adapters.github.graph import BARE, FULL, LABELLED, Document, answered, has_more, pull_of, pulls_in
from bot.adapters.github.seen import Question
from bot.model.repository import PullRequest, Repository

PAST = 30  # closed pull requests from a branch into another
OPEN = 3  # open ones from a branch, whatever they lead into: GitHub has one for each base
WAYS = 50  # pairs of branches asked about with one call
MERGED = 50  # pull requests merged into a branch that are known beforehand
PAGE = 100  # of what GitHub lists at once
_NEWEST = "orderBy: {field: CREATED_AT, direction: DESC}"
_LAST = "orderBy: {field: UPDATED_AT, direction: DESC}"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """What every pull request tells of its repository."""

    default_branch: str
    id: int


def about_of(repository: Repository) -> Question:
    return "repository", repository


def look(client: Client, repository: Repository, wanted: Foreseen | None = None) -> None:
    """Ask at once what a look at a crowd will want to know, as far as this job has not asked it yet.

    Without `wanted` it is what was wanted by the look before.
    """
    seen = client.seen
    foreseen = wanted or client.crowds.foreseen(repository)
    ways = [one for one in foreseen.ways if not seen.knows(_past(repository, *one))]
    sources = [one for one in foreseen.sources if not seen.knows(_merged(repository, one))]
    whole = not seen.knows(_stirring(repository))
    for number, some in enumerate(_batches(ways, WAYS) or [()]):
        beside = _Beside(sources, whole) if number == 0 else _Beside()
        if not ((some or beside.sources or beside.whole) and _looked(client, repository, some, beside)):
            return


@dataclass(frozen=True, slots=True)
class _Beside:
    """What else is asked: what was merged into branches, and the open pull requests last updated."""

    sources: Sequence[str] = ()
    whole: bool = False


def _looked(client: Client, repository: Repository, ways: Sequence[tuple[str, str]], beside: _Beside) -> bool:
    """Ask once, and say whether it was answered."""
    document, seen = Document(), client.seen
    opened = f"pullRequests(states: OPEN, first: {PAGE}, {_LAST}) {{ nodes {{ {BARE} }} }}"
    stirring = document.add(opened) if beside.whole else ""
    heads = {head: document.add(_from(document.value(head))) for head in dict.fromkeys(head for head, _ in ways)}
    pasts = {way: document.add(_from_into(*map(document.value, way))) for way in ways}
    merged = {base: document.add(_into(document.value(base))) for base in beside.sources}
    answer = answered(client, repository, document)
    if answer is None:
        return False
    _note_about(client, repository, answer)
    if stirring:
        seen.note(_stirring(repository), pulls_in(answer[stirring]))
    for head, alias in heads.items():
        if not has_more(answer[alias]):
            seen.note(_open(repository, head), _ours(answer[alias], repository))
    for way, alias in pasts.items():
        found = _ours(answer[alias], repository)
        if len(found) == PAST or not has_more(answer[alias]):  # else forks may have crowded ours out
            seen.note(_past(repository, *way), found)
    for base, alias in merged.items():
        seen.note(_merged(repository, base), pulls_in(answer[alias]))
    return True


def known(client: Client, repository: Repository, state: str, head: str, base: str) -> list[PullRequest] | None:
    """Return the newest pull requests from a branch into another as they are known beforehand; None: they are not."""
    seen, past, now = client.seen, _past(repository, head, base), _open(repository, head)
    if not head or not base or not seen.knows(now) or not seen.knows(past):
        return None
    opened = [one for one in seen.once(now, list[PullRequest]) if one.base_ref == base]
    closed = seen.once(past, list[PullRequest])
    match state:
        case "open":
            return opened
        case "closed":
            return closed
        case _:
            return sorted((*opened, *closed), key=lambda one: one.number, reverse=True)


def stirring(client: Client, repository: Repository) -> list[PullRequest] | None:
    """Return the open pull requests that something was done to last, of a page; None where that is not known."""
    look(client, repository)
    question = _stirring(repository)
    return list(client.seen.once(question, list[PullRequest])) if client.seen.knows(question) else None


def merged_into(client: Client, repository: Repository, base: str) -> Sequence[PullRequest]:
    """Return what was merged into a branch of late, as far as it is known beforehand."""
    question = _merged(repository, base)
    return client.seen.once(question, list[PullRequest]) if client.seen.knows(question) else ()


def numbered(client: Client, repository: Repository, numbers: Sequence[int]) -> dict[int, PullRequest] | None:
    """Return pull requests by number, a hundred with each call; None where GitHub does not answer."""
    merged = (merged_into(client, repository, base) for base in client.crowds.foreseen(repository).sources)
    found = {one.number: one for pulls in merged for one in pulls if one.number in numbers}
    for some in _batches([one for one in numbers if one not in found], PAGE):
        document = Document()
        aliases = [document.add(f"pullRequest(number: {one:d}) {{ {LABELLED} }}") for one in some]
        answer = answered(client, repository, document)
        if answer is None:
            return None
        pulls = (pull_of(answer[alias]) for alias in aliases if answer[alias])
        found |= {one.number: one for one in pulls}
    return found


def of_commits(client: Client, repository: Repository, shas: Sequence[str]) -> dict[str, list[PullRequest]] | None:
    """Return the pull requests that GitHub associates with each commit, a hundred with each call; None as above."""
    found: dict[str, list[PullRequest]] = {}
    for some in _batches(shas, PAGE):
        document = Document()
        # a commit id is no String to GitHub: it goes into the text, which takes nothing but hexadecimal digits
        aliases = {one: document.add(_of_commit(one)) for one in some if set(one) <= set("0123456789abcdef")}
        answer = answered(client, repository, document)
        if answer is None:
            return None
        commits = ((sha, answer[alias] or {}) for sha, alias in aliases.items())
        found |= {sha: pulls_in(commit.get("associatedPullRequests")) for sha, commit in commits}
    return found


def note_made(client: Client, repository: Repository, made: PullRequest) -> None:
    """Let what is known beforehand know of a pull request that we opened just now."""
    for question in (_open(repository, made.head_ref), _stirring(repository)):
        _renew(client, question, lambda pulls: [made, *pulls])


def note_changed(client: Client, repository: Repository, changed: PullRequest) -> None:
    """Let it know of new words in an open pull request of ours."""
    for question in (_open(repository, changed.head_ref), _stirring(repository)):
        _renew(client, question, lambda pulls: [changed if one.number == changed.number else one for one in pulls])


def _batches(every: Sequence[T], size: int) -> list[Sequence[T]]:
    return [every[start : start + size] for start in range(0, len(every), size)]


def _renew(client: Client, question: Question, change: Callable[[list[PullRequest]], list[PullRequest]]) -> None:
    if client.seen.knows(question):
        client.seen.note(question, change(client.seen.once(question, list[PullRequest])))


def _note_about(client: Client, repository: Repository, answer: Mapping[str, Any]) -> None:
    default, number = answer["defaultBranchRef"], answer["databaseId"]
    if default and number:
        client.seen.note(about_of(repository), About(default["name"], number))


def _ours(connection: Mapping[str, Any], repository: Repository) -> list[PullRequest]:
    """Return those whose branch is the repository's own: anybody may give a branch of a fork the same name."""
    owner = repository.owner.lower()
    return [one for one in pulls_in(connection) if (one.head_repository or "").partition("/")[0].lower() == owner]


def _from(head: str) -> str:
    return f"pullRequests(headRefName: {head}, states: OPEN, first: {OPEN}, {_NEWEST}) {{ {_paged(FULL)} }}"


def _from_into(head: str, base: str) -> str:
    which = f"headRefName: {head}, baseRefName: {base}, states: [CLOSED, MERGED], first: {PAST}"
    return f"pullRequests({which}, {_NEWEST}) {{ {_paged(BARE)} }}"


def _into(base: str) -> str:
    return f"pullRequests(baseRefName: {base}, states: MERGED, first: {MERGED}, {_LAST}) {{ nodes {{ {LABELLED} }} }}"


def _of_commit(sha: str) -> str:
    pulls = f"associatedPullRequests(first: 10) {{ nodes {{ {LABELLED} }} }}"
    return f'object(oid: "{sha}") {{ ... on Commit {{ {pulls} }} }}'


def _paged(fields: str) -> str:
    return f"nodes {{ {fields} }} pageInfo {{ hasNextPage }}"


def _past(repository: Repository, head: str, base: str) -> Question:
    return "closed pulls from and into", repository, head, base


def _open(repository: Repository, head: str) -> Question:
    return "open pulls from", repository, head


def _merged(repository: Repository, base: str) -> Question:
    return "pulls merged into", repository, base


def _stirring(repository: Repository) -> Question:
    return "open pulls last updated", repository
