"""How are pull requests, reviews and review comments written in JSON?"""

from __future__ import annotations

from bot.sandbox.records import Account, Pull, Repository, Review, ReviewComment
from bot.sandbox.shapes import accounts, repositories
from bot.sandbox.shapes.issues import association, issue_page, issue_url, rollup
from bot.sandbox.shapes.repositories import label, repository_url
from bot.sandbox.state import Json, State, moment, node_id, stamp


def pull_url(state: State, one: Pull) -> str:
    """Return the REST address of a pull request."""
    return f"{repository_url(state.links, one.repository)}/pulls/{one.number}"


def fork_point(one: Pull) -> str:
    """Return the commit the pull request is compared with: the merge base with the base branch's tip."""
    git = one.repository.git
    tip = one.base_sha if one.merged_at or one.issue.state == "closed" else git.branch(one.base_ref) or one.base_sha
    return git.merge_base(tip, one.head_sha) or tip


def _end(state: State, ref: str, sha: str, where: tuple[Account, Repository | None]) -> Json:
    owner, one = where
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": accounts.account(state.links, owner),
        "repo": None if one is None else repositories.repository(state, one),
    }


def simple(state: State, one: Pull) -> Json:
    """Return a `pull-request-simple`, as lists hold it."""
    links, url, page, issue = state.links, pull_url(state, one), issue_page(state, one.issue), one.issue
    assignees = [accounts.account(links, who) for who in issue.assignees]
    statuses = f"{repository_url(links, one.repository)}/statuses/{one.head_sha}"
    comment = f"{repository_url(links, one.repository)}/pulls/comments{{/number}}"
    hrefs = {
        "self": url,
        "html": page,
        "issue": issue_url(state, issue),
        "comments": f"{issue_url(state, issue)}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": comment,
        "commits": f"{url}/commits",
        "statuses": statuses,
    }
    return {
        "url": url,
        "id": one.id,
        "node_id": node_id("PR", one.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": hrefs["issue"],
        "number": one.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": accounts.account(links, issue.user),
        "body": issue.body,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": moment(issue.closed_at),
        "merged_at": moment(one.merged_at),
        "merge_commit_sha": one.merge_commit_sha,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "requested_reviewers": [accounts.account(links, who) for who in one.requested_users],
        "requested_teams": [
            accounts.team(links, team, state.team_role(one.repository, team)) for team in one.requested_teams
        ],
        "labels": [label(links, one.repository, what) for what in issue.labels],
        "milestone": None,
        "draft": one.draft,
        "commits_url": hrefs["commits"],
        "review_comments_url": hrefs["review_comments"],
        "review_comment_url": comment,
        "comments_url": hrefs["comments"],
        "statuses_url": statuses,
        "head": _end(state, one.head_ref, one.head_sha, (one.head_owner, one.head_repository)),
        "base": _end(state, one.base_ref, one.base_sha, (one.repository.owner, one.repository)),
        "_links": {name: {"href": href} for name, href in hrefs.items()},
        "author_association": association(one.repository, issue.user),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull(state: State, one: Pull, mergeable: tuple[bool | None, str]) -> Json:
    """Return a `pull-request`; `mergeable` is (mergeable, mergeable_state), None and "unknown" while computing."""
    git = one.repository.git
    base = fork_point(one)
    changes = git.changes(base, one.head_sha)
    links = state.links
    teams = [accounts.team_simple(links, team, state.team_role(one.repository, team)) for team in one.requested_teams]
    return {
        **simple(state, one),
        "requested_teams": teams,
        "merged": one.merged_at is not None,
        "mergeable": mergeable[0],
        "rebaseable": mergeable[0],
        "mergeable_state": mergeable[1],
        "merged_by": accounts.optional_account(links, one.merged_by),
        "comments": len(one.issue.comments),
        "review_comments": len(one.review_comments),
        "maintainer_can_modify": one.maintainer_can_modify,
        "commits": len(git.commits([one.head_sha], [base])),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def hook_teams(state: State, one: Pull) -> list[Json]:
    """Return the requested teams as most deliveries hold them."""
    return [
        accounts.hook_team(state.links, team, state.team_role(one.repository, team)) for team in one.requested_teams
    ]


def hook_simple(state: State, one: Pull) -> Json:
    """Return a pull request as deliveries about reviews hold it."""
    return {**simple(state, one), "requested_teams": hook_teams(state, one)}


def minimal(state: State, one: Pull) -> Json:
    """Return a `pull-request-minimal`, as check runs and suites hold it."""

    def end(ref: str, sha: str, where: Repository) -> Json:
        repo = {"id": where.id, "url": repository_url(state.links, where), "name": where.name}
        return {"ref": ref, "sha": sha, "repo": repo}

    return {
        "url": pull_url(state, one),
        "id": one.id,
        "number": one.number,
        "head": end(one.head_ref, one.head_sha, one.head_repository or one.repository),
        "base": end(one.base_ref, one.base_sha, one.repository),
    }


def review(state: State, one: Pull, what: Review) -> Json:
    """Return a `pull-request-review`."""
    page = f"{issue_page(state, one.issue)}#pullrequestreview-{what.id}"
    body: Json = {
        "id": what.id,
        "node_id": node_id("PRR", what.id),
        "user": accounts.account(state.links, what.user),
        "body": what.body,
        "state": what.state,
        "html_url": page,
        "pull_request_url": pull_url(state, one),
        "author_association": association(one.repository, what.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url(state, one)}},
        "commit_id": what.commit_id,
    }
    if what.submitted_at is not None:
        body["submitted_at"] = stamp(what.submitted_at)
    return body


def review_comment(state: State, one: Pull, what: ReviewComment) -> Json:
    """Return a `pull-request-review-comment`."""
    url = f"{repository_url(state.links, one.repository)}/pulls/comments/{what.id}"
    page = f"{issue_page(state, one.issue)}#discussion_r{what.id}"
    body: Json = {
        "url": url,
        "pull_request_review_id": what.review_id,
        "id": what.id,
        "node_id": node_id("PRRC", what.id),
        "diff_hunk": f"@@ -{what.line},1 +{what.line},1 @@",
        "path": what.path,
        "position": 1,
        "original_position": 1,
        "commit_id": what.commit_id,
        "original_commit_id": what.commit_id,
        "user": accounts.account(state.links, what.user),
        "body": what.body,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
        "html_url": page,
        "pull_request_url": pull_url(state, one),
        "author_association": association(one.repository, what.user),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": pull_url(state, one)},
        },
        "start_line": None,
        "original_start_line": None,
        "start_side": None,
        "line": what.line,
        "original_line": what.line,
        "side": what.side,
        "subject_type": "line",
        "reactions": rollup(url, []),
    }
    if what.in_reply_to is not None:
        body["in_reply_to_id"] = what.in_reply_to
    return body
