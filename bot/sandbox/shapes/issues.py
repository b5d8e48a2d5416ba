"""How are issues, comments and reactions written in JSON?"""

from __future__ import annotations

from bot.sandbox.records import Account, Comment, Issue, Organization, Reaction, Repository
from bot.sandbox.shapes import accounts
from bot.sandbox.shapes.repositories import label, page_url, repository_url
from bot.sandbox.state import Json, State, moment, node_id, stamp

CONTENTS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def association(one: Repository, who: Account) -> str:
    """Return the author association. Membership is private here, so members read as contributors (as on GitHub)."""
    if who is one.owner:
        return "OWNER"
    if who.login.lower() in one.grants:
        return "COLLABORATOR"
    if isinstance(one.owner, Organization) and who in one.owner.members:
        return "CONTRIBUTOR"
    merged = any(pull.merged_at is not None and pull.issue.user is who for pull in one.pulls)
    return "CONTRIBUTOR" if merged else "NONE"


def issue_url(state: State, one: Issue) -> str:
    """Return the REST address of an issue."""
    return f"{repository_url(state.links, one.repository)}/issues/{one.number}"


def issue_page(state: State, one: Issue) -> str:
    """Return the page of an issue or pull request."""
    return f"{page_url(state.links, one.repository)}/{'pull' if one.pull else 'issues'}/{one.number}"


def rollup(url: str, reactions: list[Reaction]) -> Json:
    """Return a `reaction-rollup`."""
    counts = {content: sum(r.content == content for r in reactions) for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def reaction(state: State, one: Reaction) -> Json:
    """Return a `reaction`."""
    return {
        "id": one.id,
        "node_id": node_id("RE", one.id),
        "user": accounts.account(state.links, one.user),
        "content": one.content,
        "created_at": stamp(one.created_at),
    }


def issue(state: State, one: Issue) -> Json:
    """Return an `issue`."""
    links, url, page = state.links, issue_url(state, one), issue_page(state, one)
    assignees = [accounts.account(links, who) for who in one.assignees]
    body: Json = {
        "url": url,
        "repository_url": repository_url(links, one.repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page,
        "id": one.id,
        "node_id": node_id("I", one.id),
        "number": one.number,
        "title": one.title,
        "user": accounts.account(links, one.user),
        "labels": [label(links, one.repository, what) for what in one.labels],
        "state": one.state,
        "locked": one.locked,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "comments": len(one.comments),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "closed_at": moment(one.closed_at),
        "author_association": association(one.repository, one.user),
        "active_lock_reason": None,
        "body": one.body,
        "closed_by": accounts.optional_account(links, one.closed_by),
        "reactions": rollup(url, one.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": accounts.optional_app(links, one.app),
        "state_reason": one.state_reason,
    }
    if one.pull is not None:
        body["draft"] = one.pull.draft
        body["pull_request"] = {
            "url": f"{repository_url(links, one.repository)}/pulls/{one.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": moment(one.pull.merged_at),
        }
    return body


def hook_issue(state: State, one: Issue) -> Json:
    """Return an issue as deliveries about comments hold it."""
    body = issue(state, one)
    del body["closed_by"]
    user = accounts.account(state.links, one.user)
    del user["user_view_type"]
    return body | {"user": user, "performed_via_github_app": accounts.hook_app(state.links, one.app)}


def comment(state: State, one: Comment) -> Json:
    """Return an `issue-comment`."""
    url = f"{repository_url(state.links, one.issue.repository)}/issues/comments/{one.id}"
    return {
        "url": url,
        "html_url": f"{issue_page(state, one.issue)}#issuecomment-{one.id}",
        "issue_url": issue_url(state, one.issue),
        "id": one.id,
        "node_id": node_id("IC", one.id),
        "user": accounts.account(state.links, one.user),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": association(one.issue.repository, one.user),
        "body": one.body,
        "reactions": rollup(url, one.reactions),
        "performed_via_github_app": accounts.optional_app(state.links, one.app),
    }
