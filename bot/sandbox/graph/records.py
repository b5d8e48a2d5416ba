"""What does GraphQL see of the sandbox's records? Objects whose keys are fields, and whose functions take arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graphql import GraphQLError

from bot.sandbox.associated import associated
from bot.sandbox.records import Account, Pull, Repository
from bot.sandbox.shapes.issues import issue_page
from bot.sandbox.state import Json, State, moment, stamp

Order = Mapping[str, str]
MOST = 100  # of one page


def typed(kind: str, message: str) -> GraphQLError:
    """Return an error as GitHub words it, with its type."""
    return GraphQLError(message, extensions={"type": kind})


def repository(state: State, one: Repository, may_read: Callable[[], bool]) -> Json:
    """Return a repository; `may_read` says whether the caller may see its pull requests."""

    def pulls(
        _: object,
        baseRefName: str = "",
        first: int | None = None,
        headRefName: str = "",
        orderBy: Order | None = None,
        states: Sequence[str] = (),
    ) -> Json:
        _check(may_read)
        found = [
            pull
            for pull in one.pulls
            if baseRefName in ("", pull.base_ref)
            and headRefName in ("", pull.head_ref)
            and (not states or _state(pull) in states)
        ]
        return _page("pullRequests", _ordered(found, orderBy), first, lambda pull: _pull(state, pull))

    def pull(_: object, number: int) -> Json:
        _check(may_read)
        issue = one.issues.get(number)
        if issue is None or issue.pull is None:
            raise typed("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return _pull(state, issue.pull)

    def found_object(_: object, oid: str = "", expression: str = "") -> Json | None:
        sha = one.git.resolve(oid or expression)
        return None if sha is None else _commit(state, one, sha, may_read)

    return {
        "databaseId": one.id,
        "nameWithOwner": one.full_name,
        "defaultBranchRef": {"name": one.default_branch} if one.git.branch(one.default_branch) else None,
        "object": found_object,
        "pullRequest": pull,
        "pullRequests": pulls,
    }


def _commit(state: State, one: Repository, sha: str, may_read: Callable[[], bool]) -> Json:
    def pulls(_: object, first: int | None = None, orderBy: Order | None = None) -> Json:
        _check(may_read)
        found = _ordered(associated(one, sha), orderBy)
        return _page("associatedPullRequests", found, first, lambda pull: _pull(state, pull))

    return {"__typename": "Commit", "oid": sha, "associatedPullRequests": pulls}


def _pull(state: State, one: Pull) -> Json:
    issue = one.issue
    teams: list[Json] = [{"__typename": "Team", "slug": team.slug} for team in one.requested_teams]
    asked: list[Json] = [{"requestedReviewer": who} for who in (*map(_actor, one.requested_users), *teams)]
    lists: dict[str, Sequence[Json]] = {
        "assignees": [_actor(who) for who in issue.assignees],
        "comments": [
            {
                "fullDatabaseId": str(said.id),
                "body": said.body,
                "url": f"{issue_page(state, issue)}#issuecomment-{said.id}",
                "author": _actor(said.user),
            }
            for said in issue.comments
        ],
        "labels": [{"name": label.name} for label in issue.labels],
        "reviewRequests": asked,
    }
    home = one.head_repository
    return {
        "number": one.number,
        "title": issue.title,
        "body": issue.body or "",
        "author": _actor(issue.user),
        "url": issue_page(state, issue),
        "state": _state(one),
        "isDraft": one.draft,
        "mergedAt": moment(one.merged_at),
        "mergeCommit": {"__typename": "Commit", "oid": one.merge_commit_sha} if one.merged_at else None,
        "baseRefName": one.base_ref,
        "baseRefOid": one.base_sha,
        "headRefName": one.head_ref,
        "headRefOid": one.head_sha,
        "headRepository": None if home is None else {"nameWithOwner": home.full_name},
        "updatedAt": stamp(issue.updated_at),
        **{name: _listed(name, every) for name, every in lists.items()},
    }


def _listed(name: str, every: Sequence[Json]) -> Callable[..., Json]:
    def page(_: object, first: int | None = None) -> Json:
        return _page(name, every, first, lambda one: one)

    return page


def _actor(who: Account) -> Json:
    """Return an account; a bot's login is without the `[bot]` that REST shows."""
    if who.kind == "Bot":
        return {"__typename": "Bot", "login": who.login.removesuffix("[bot]")}
    return {"__typename": who.kind, "login": who.login}


def _state(one: Pull) -> str:
    return "MERGED" if one.merged_at is not None else one.issue.state.upper()


def _ordered(found: Sequence[Pull], order: Order | None) -> list[Pull]:
    given = order or {"field": "CREATED_AT", "direction": "ASC"}

    def key(one: Pull) -> tuple[float, int]:
        match given["field"]:
            case "UPDATED_AT":
                return one.issue.updated_at.timestamp(), one.number
            case "COMMENTS":
                return float(len(one.issue.comments)), one.number
            case _:
                return 0.0, one.number

    return sorted(found, key=key, reverse=given["direction"] == "DESC")


def _page(name: str, every: Sequence[object], first: int | None, shape: Callable[..., Json]) -> Json:
    if first is None:
        words = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise typed("MISSING_PAGINATION_BOUNDARIES", words)
    if not 0 <= first <= MOST:
        words = f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of {MOST} records."
        raise typed("EXCESSIVE_PAGINATION", words)
    return {
        "nodes": [shape(one) for one in every[:first]],
        "pageInfo": {"hasNextPage": len(every) > first},
        "totalCount": len(every),
    }


def _check(may_read: Callable[[], bool]) -> None:
    if not may_read():
        raise typed("FORBIDDEN", "Resource not accessible by integration")
