"""Who owns the paths that a pull request changes, by the CODEOWNERS of the branch it goes into?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.flows.tools import Tools
from bot.model.environment import Approvers, People
from bot.model.repository import PullRequest, Repository
from bot.promotion.codeowners import PLACES, people_of, read_codeowners


@dataclass(frozen=True, slots=True)
class Owners:
    """The users and teams who own something that changes; `others` are owners whom nobody can ask, as written."""

    people: People
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """What a pull request changes: the tip of its base, its head, and where they parted ('' at the tip)."""

    base: str
    head: str
    since: str = ""


def span_of(tools: Tools, repository: Repository, pull: PullRequest) -> Span:
    """Return what an open pull request changes; nothing where the mirror does not hold both sides."""
    base = tools.git.resolve(repository, f"refs/heads/{pull.base_ref}") or ""
    head = tools.git.resolve(repository, pull.head_sha) or ""
    return Span(base, head, (tools.git.merge_base(repository, base, head) or "") if base and head else "")


def read_owners(tools: Tools, repository: Repository, span: Span) -> Owners:
    """Return who owns what changes, the commits being in the mirror; nobody without a CODEOWNERS on the base."""
    texts = (tools.git.read(repository, span.base, place) for place in PLACES)
    text = next((one for one in texts if one is not None), None)
    if text is None:
        return Owners(People())
    paths = tools.git.changed_paths(repository, span.since or span.base, span.head)
    people, others = people_of(read_codeowners(text).owners_of(paths), repository.owner)
    return Owners(people, others)


def with_owners(approvers: Approvers, owners: Owners) -> Approvers:
    """Return the approvers, and with them the owners where the configuration lets those count."""
    if not approvers.codeowners:
        return approvers
    users, teams = (
        tuple({one.lower(): one for one in reversed((*named, *more))}.values())[::-1]
        for named, more in (
            (approvers.people.users, owners.people.users),
            (approvers.people.teams, owners.people.teams),
        )
    )
    return replace(approvers, people=People(users, teams))


def approvers_of(tools: Tools, repository: Repository, approvers: Approvers, span: Span) -> tuple[Approvers, Owners]:
    """Return who may approve what changes, the people named and the owners where those count, and these owners."""
    if not approvers.codeowners or not span.base or not span.head:
        return approvers, Owners(People())
    owners = read_owners(tools, repository, span)
    return with_owners(approvers, owners), owners
