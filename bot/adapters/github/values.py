"""What do PyGithub's objects mean in our words?

PyGithub asks GitHub for more as soon as one touches an attribute that the answer at hand lacks. So the values
of lists (`listed_pull`, the rest) touch only what GitHub's description promises in lists.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import github.CheckRun
import github.Commit
import github.CommitStatus
import github.Deployment
import github.IssueComment
import github.NamedUser
import github.Organization
import github.PullRequest
import github.PullRequestReview
from github import BadAttributeException

from bot.model.repository import (
    Actor,
    CheckState,
    Comment,
    Commit,
    Conclusion,
    Deployment,
    PullRequest,
    Review,
    ReviewState,
)

GHOST = "ghost"  # GitHub's own stand-in for accounts that are gone
_CONCLUSIONS: dict[str, Conclusion] = {word: word for word in get_args(Conclusion)}
_REVIEW_STATES: dict[str, ReviewState] = {word: word for word in get_args(ReviewState)}


def actor(user: github.NamedUser.NamedUser | github.Organization.Organization | None) -> Actor:
    return Actor(user.login, is_bot=user.type == "Bot") if user else Actor(GHOST)


def utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)


def listed_pull(pull: github.PullRequest.PullRequest) -> PullRequest:
    """Translate a pull request; `merged_by` stays None, because lists do not tell."""
    return PullRequest(
        number=pull.number,
        title=pull.title,
        body=pull.body or "",
        author=actor(pull.user),
        url=pull.html_url,
        state="open" if pull.state == "open" else "closed",
        draft=bool(pull.draft),
        merged=pull.merged_at is not None,
        merged_at=utc(pull.merged_at),
        merged_by=None,
        merge_commit=pull.merge_commit_sha if pull.merged_at else None,  # before that it is a trial merge
        base_ref=pull.base.ref,
        base_sha=pull.base.sha,
        head_ref=pull.head.ref,
        head_sha=pull.head.sha,
        head_repository=pull.head.repo.full_name if pull.head.repo else None,
        labels=tuple(label.name for label in pull.labels),
        assignees=tuple(user.login for user in pull.assignees),
        requested_users=tuple(user.login for user in pull.requested_reviewers),
        requested_teams=tuple(team.slug for team in pull.requested_teams),
        updated_at=utc(pull.updated_at),
    )


def review(given: github.PullRequestReview.PullRequestReview) -> Review:
    return Review(
        author=actor(given.user),
        state=_REVIEW_STATES.get(given.state, "COMMENTED"),
        sha=given.commit_id or "",
        submitted_at=utc(given.submitted_at),
        url=given.html_url or "",
    )


def commit(given: github.Commit.Commit) -> Commit:
    """Translate a commit; the author is the login where GitHub knows the account, else the name in git."""
    known = given.raw_data.get("author") or {}  # an account, an empty object, or null
    return Commit(
        sha=given.sha,
        message=given.commit.message,
        author=str(known.get("login") or given.commit.author.name),
        parents=tuple(parent.sha for parent in given.parents),
        time=utc(given.commit.author.date),
    )


def comment(given: github.IssueComment.IssueComment) -> Comment:
    return Comment(id=given.id, author=actor(given.user), body=given.body or "", url=given.html_url)


def run_state(run: github.CheckRun.CheckRun, external_id: str) -> CheckState:
    return CheckState(
        name=run.name,
        status=run.status if run.status in ("completed", "in_progress") else "queued",  # type: ignore[arg-type]  # narrowed by the test
        conclusion=_CONCLUSIONS.get(run.conclusion or ""),
        app_id=run.app.id if run.app else None,
        external_id=external_id,
        id=run.id,
        url=run.html_url or run.details_url or "",
        started=utc(run.started_at),
        at=utc(run.completed_at),
    )


def status_state(status: github.CommitStatus.CommitStatus) -> CheckState:
    """Translate a commit status; error and failure both fail, pending is in progress."""
    finished = {"success": "success", "failure": "failure", "error": "failure"}.get(status.state)
    return CheckState(
        name=status.context,
        status="completed" if finished else "in_progress",
        conclusion=_CONCLUSIONS.get(finished or ""),
        app_id=None,
        id=status.id,
        url=status.target_url or "",
        started=utc(status.created_at),
        at=utc(status.updated_at),
    )


def deployment(given: github.Deployment.Deployment, state: str) -> Deployment:
    try:
        source = (given.payload or {}).get("source")
    except BadAttributeException:  # others may write any text there, and PyGithub wants an object
        source = None
    return Deployment(
        id=given.id,
        environment=given.environment,
        sha=given.sha,
        state=state,
        payload_source=source if isinstance(source, str) else "",
        url=given.url,
        creator=given.creator.login if given.creator else GHOST,
    )
