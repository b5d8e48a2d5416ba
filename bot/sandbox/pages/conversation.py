"""What is said on a pull request or an issue, and what can one do there? Comment, review, merge, close, reopen."""

from __future__ import annotations

import hashlib
from typing import Literal

from flask import jsonify
from werkzeug.wrappers import Response

from bot.sandbox.acts import issues, protection, pulls
from bot.sandbox.acts.merging import Method
from bot.sandbox.pages import merge_box, timeline
from bot.sandbox.pages.visit import Answer, Section, Visit
from bot.sandbox.records import Issue, Pull
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.shapes.checks import latest_statuses
from bot.sandbox.shapes.pulls import fork_point

section = Section()
_HERE = "/<owner>/<repo>/pull/<int:number>"


@section.get(_HERE)
def show_pull(visit: Visit) -> Answer:
    """Show the conversation."""
    pull = visit.pull
    changes = pull.repository.git.changes(fork_point(pull), pull.head_sha)
    return visit.page(
        "pull.html",
        repository=pull.repository,
        pull=pull,
        issue=pull.issue,
        tab="conversation",
        entries=timeline.of_pull(pull, visit.happenings),
        commits=timeline.commits(pull),
        changes=changes,
        box=merge_box.box(visit.world, pull, visit.person) if pull.issue.state == "open" else None,
        verdicts=merge_box.verdicts(visit.world, pull),
        checks=merge_box.check_lines(pull.repository, pull.head_sha),
        version=_version(visit, pull),
    )


@section.get(f"{_HERE}/version")
def show_version(visit: Visit) -> Answer:
    """Say in one word how the pull request stands, for pages that watch it."""
    return jsonify({"version": _version(visit, visit.pull)})


def _version(visit: Visit, pull: Pull) -> str:
    issue, repository = pull.issue, pull.repository
    seen: list[object] = [
        (
            issue.title,
            issue.body,
            issue.state,
            issue.updated_at,
            pull.draft,
            pull.merged_at,
            pull.base_ref,
            pull.head_sha,
        ),
        repository.git.branch(pull.base_ref),
        [(one.id, one.updated_at, one.body, len(one.reactions)) for one in issue.comments],
        [(one.id, one.state, one.updated_at) for one in pull.reviews],
        [one.id for one in pull.review_comments],
        [who.login for who in (*issue.assignees, *pull.requested_users)],
        [team.slug for team in pull.requested_teams],
        [label.name for label in issue.labels],
        [(run.id, run.status, run.title, run.conclusion) for run in protection.latest_runs(repository, pull.head_sha)],
        [(one.id, one.state) for one in latest_statuses(repository, pull.head_sha)],
        len(visit.happenings.of(pull)),
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


@section.get("/<owner>/<repo>/issues/<int:number>")
def show_issue(visit: Visit) -> Answer:
    """Show an issue; a pull request's number leads to the pull request."""
    repository = visit.repository
    issue = _issue(visit)
    if issue.pull is not None:
        return visit.go(f"/{repository.full_name}/pull/{issue.number}")
    return visit.page("issue.html", repository=repository, issue=issue, entries=timeline.of_issue(issue))


def _issue(visit: Visit) -> Issue:
    issue = visit.repository.issues.get(visit.number("number"))
    if issue is None:
        raise not_found()
    return issue


# ---- deeds


@section.post(f"{_HERE}/comment", "/<owner>/<repo>/issues/<int:number>/comment")
def comment(visit: Visit) -> Answer:
    """Comment; or, by the other buttons of the same form, review, close or reopen, with the text as comment."""
    issue, body, deed = _issue(visit), visit.field("body").strip(), visit.field("deed") or "comment"
    name, login = issue.repository.full_name, visit.login
    anchor = ""
    match deed:
        case "approve" | "request-changes" | "review":
            event = _EVENTS[deed]
            anchor = f"pullrequestreview-{visit.world.review(name, issue.number, login, event, body).id}"
        case "close" | "reopen":
            if issue.pull is None:
                raise Refusal(422, "Issues cannot be closed here yet.")
            if body:
                visit.world.comment(name, issue.number, login, body)
            visit.world.edit_pull(name, issue.number, login, state="closed" if deed == "close" else "open")
        case _:
            anchor = f"issuecomment-{visit.world.comment(name, issue.number, login, body).id}"
    return _back(visit, issue, anchor)


_EVENTS: dict[str, Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]] = {
    "approve": "APPROVE",
    "request-changes": "REQUEST_CHANGES",
    "review": "COMMENT",
}


@section.post(f"{_HERE}/merge")
def merge(visit: Visit) -> Answer:
    """Merge; the head one has seen is the head one merges."""
    pull, method = visit.pull, visit.field("method") or "merge"
    methods: dict[str, Method] = {"merge": "merge", "squash": "squash", "rebase": "rebase"}
    if method not in methods:
        raise Refusal(422, "Invalid merge method.")
    sha = visit.field("sha")
    visit.world.merge(pull.repository.full_name, pull.number, visit.login, methods[method], sha=sha)
    return _back(visit, pull.issue, "merge-box")


@section.post(f"{_HERE}/title")
def retitle(visit: Visit) -> Answer:
    """Change the title."""
    pull = visit.pull
    visit.world.edit_pull(pull.repository.full_name, pull.number, visit.login, title=visit.field("title"))
    return _back(visit, pull.issue, "")


@section.post(f"{_HERE}/labels")
def label(visit: Visit) -> Answer:
    """Give the labels of a list with commas, and no others."""
    pull = visit.pull
    names = [name.strip() for name in visit.field("labels").split(",") if name.strip()]
    visit.world.set_labels(pull.repository.full_name, pull.number, visit.login, names)
    return _back(visit, pull.issue, "")


@section.post(f"{_HERE}/draft")
def draft(visit: Visit) -> Answer:
    """Make it a draft, or ready for review."""
    pull, world = visit.pull, visit.world
    who = world.account(visit.login)
    if who is not pull.issue.user and not world.has_role(pull.repository, who, "write"):
        raise Refusal(403, f"Must have write access to {pull.repository.full_name}.")
    pulls.set_draft(world, pull, who, draft=visit.field("draft") == "yes")
    return _back(visit, pull.issue, "merge-box")


@section.post("/<owner>/<repo>/comments/<int:number>/react")
def react(visit: Visit) -> Answer:
    """React to a comment with an emoji."""
    world, repository = visit.world, visit.repository
    found = [one for issue in repository.issues.values() for one in issue.comments if one.id == visit.number("number")]
    if not found:
        raise not_found()
    issues.react(world, found[0].reactions, world.account(visit.login), visit.field("content"))
    return _back(visit, found[0].issue, f"issuecomment-{found[0].id}")


def _back(visit: Visit, issue: Issue, anchor: str) -> Response:
    kind = "pull" if issue.pull else "issues"
    return visit.go(f"/{issue.repository.full_name}/{kind}/{issue.number}{'#' + anchor if anchor else ''}")
