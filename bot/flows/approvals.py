"""Whose verdict stands on a pull request, and does it count?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.flows.rights import Rights
from bot.flows.tools import Tools
from bot.model.environment import Approvers, Environment
from bot.model.repository import PullRequest, Repository, Review
from bot.promotion.gates import Approval, counted
from bot.promotion.rbac import Refused

MOST_COMMITS = 10_000  # of one pull request; more than anybody reviews


def read_approvals(tools: Tools, repository: Repository, number: int, target: Environment) -> tuple[Approval, ...]:
    """Return the standing verdict of each reviewer: the newest that approves or objects and was not dismissed.

    Nothing is read where no approval is asked for.
    """
    if not target.approvers.required:
        return ()
    standing: dict[str, Review] = {}
    for review in sorted(tools.github.reviews(repository, number), key=lambda one: str(one.submitted_at)):
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and not review.author.is_bot:
            standing[review.author.login] = review
    return tuple(
        verdict(tools, repository, target, Approval(login, review.state == "APPROVED", review.sha, eligible=True))
        for login, review in standing.items()
        if review.state != "DISMISSED"
    )


def authors_of(tools: Tools, repository: Repository, pull: PullRequest) -> frozenset[str]:
    """Return who wrote a pull request: the lower-case logins of its author and of its commits' authors.

    The mirror must hold its head. A commit names a login where its address is one of GitHub's noreply addresses,
    else a name; either can be forged, which only shuts out more people.
    """
    found = {pull.author.login.lower()}
    base = tools.git.resolve(repository, f"refs/heads/{pull.base_ref}")
    if base is not None and tools.git.resolve(repository, pull.head_sha) is not None:
        commits = tools.git.commits(repository, since=base, until=pull.head_sha, limit=MOST_COMMITS)
        found |= {one.author.lower() for one in commits}
    return frozenset(found - {""})


def verdict(tools: Tools, repository: Repository, target: Environment, said: Approval) -> Approval:
    """Return what somebody said as it counts: for those members of a group only whose own rule names them."""
    return counted(said, target, lambda one: None if may_approve(tools, repository, one.approvers, said.login) else "")


def by_rights(rights: Rights, target: Environment, said: Approval) -> Approval:
    """Return what somebody said as it counts by the policy as well, which each member of a group is asked about."""

    def against(one: Environment) -> str | None:
        found = rights.may(said.login, "approve", one)
        return f"may not approve it: {found.why}" if isinstance(found, Refused) else None

    return counted(said, target, against) if rights.is_asked else said


def with_unknown_teams(
    tools: Tools, repository: Repository, target: Environment, asked: Iterable[str], waiting: Callable[[str], bool]
) -> Environment:
    """Return an environment, or a group, that knows which teams among its approvers GitHub does not know.

    Looked up only for those by name that are `waiting`; whom GitHub has `asked` for a review is known.
    """
    known = {one.lower() for one in asked}

    def looked_up(one: Environment) -> Environment:
        teams = [team for team in one.approvers.people.teams if team.lower() not in known]
        if not teams or not waiting(one.name):
            return one
        unknown = tuple(tools.github.unknown_teams(repository, teams))
        return replace(one, approvers=replace(one.approvers, unknown=unknown))

    if not target.members:
        return looked_up(target)
    members = tuple(looked_up(one) for one in target.members)
    unknown = dict.fromkeys(team for one in members for team in one.approvers.unknown)
    return replace(target, members=members, approvers=replace(target.approvers, unknown=tuple(unknown)))


def may_approve(tools: Tools, repository: Repository, approvers: Approvers, login: str) -> bool:
    """Say whether somebody's approval counts: that of those named, where nobody is that of anyone who may write.

    Where owners of what changes were wanted, and there are none, it is nobody's.
    """
    if approvers.codeowners and not approvers.people:
        return False
    if approvers.people:
        return tools.github.is_member(repository, approvers.people, login)
    return tools.github.permission(repository, login) in ("write", "maintain", "admin")
