"""Who owns the paths that a pull request changes, by the CODEOWNERS of the branch it goes into?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.flows.tools import Tools
from bot.model.environment import Approvers, Environment, People
from bot.model.repository import PullRequest, Repository
from bot.promotion.codeowners import PLACES, people_of, read_codeowners
from bot.promotion.pipeline import pooled
from bot.promotion.places import lies_below


@dataclass(frozen=True, slots=True)
class Owners:
    """The users and teams who own something that changes; `others` are owners whom nobody can ask, as written.

    `paths` are what changes.
    """

    people: People
    others: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """What a pull request changes: the tip of its base, its head, and where they parted ('' at the tip).

    With `scope` only what lies at these paths, or below them.
    """

    base: str
    head: str
    since: str = ""
    scope: tuple[str, ...] = ()


def span_of(tools: Tools, repository: Repository, pull: PullRequest) -> Span:
    """Return what an open pull request changes; nothing where the mirror does not hold both sides."""
    base = tools.git.resolve(repository, f"refs/heads/{pull.base_ref}") or ""
    head = tools.git.resolve(repository, pull.head_sha) or ""
    return Span(base, head, (tools.git.merge_base(repository, base, head) or "") if base and head else "")


def read_owners(tools: Tools, repository: Repository, span: Span) -> Owners:
    """Return who owns what changes, the commits being in the mirror; nobody without a CODEOWNERS on the base."""
    texts = (tools.git.read(repository, span.base, place) for place in PLACES)
    text = next((one for one in texts if one is not None), None)
    paths = tuple(one for one in changed_in(tools, repository, span) if lies_below(one, span.scope))
    people, others = people_of(read_codeowners(text or b"").owners_of(paths), repository.owner)
    return Owners(people, others, paths)


def changed_in(tools: Tools, repository: Repository, span: Span) -> Sequence[str]:
    """Return the paths that change, whatever the scope; none where the mirror does not hold both sides."""
    known = span.base and span.head
    return tools.git.changed_paths(repository, span.since or span.base, span.head) if known else ()


def with_owners(approvers: Approvers, owners: Owners) -> Approvers:
    """Return the approvers, and with them the owners where the configuration lets those count.

    Where neither are there, the approvers know which paths nobody owns.
    """
    if not approvers.codeowners:
        return approvers
    if not approvers.people and not owners.people:
        return replace(approvers, unowned=owners.paths)
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


def asked_into(
    tools: Tools,
    repository: Repository,
    target: Environment,
    span: Span,
    scope: Callable[[Environment], tuple[str, ...]],
) -> Environment:
    """Return an environment, or a group with each of its members, with all who may approve what changes.

    `scope` says which paths are an environment's own: the owners of others are not asked about it. A member that
    nothing changes in asks for nobody's approval as an owner.
    """
    if not target.members:
        approvers, _ = approvers_of(tools, repository, target.approvers, replace(span, scope=scope(target)))
        return replace(target, approvers=approvers)
    members = tuple(_member(tools, repository, one, replace(span, scope=scope(one))) for one in target.members)
    return replace(target, members=members, approvers=pooled([one.approvers for one in members]))


def _member(tools: Tools, repository: Repository, member: Environment, span: Span) -> Environment:
    approvers, owners = approvers_of(tools, repository, member.approvers, span)
    if approvers.codeowners and not approvers.people and span.base and span.head and not owners.paths:
        approvers = replace(approvers, required=0)
    return replace(member, approvers=approvers)
