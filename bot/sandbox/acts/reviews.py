"""Who is asked to review, and what did they say? Requested reviewers, reviews and dismissals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.sandbox.acts.events import fire
from bot.sandbox.acts.pulls import notify
from bot.sandbox.records import Account, Organization, Pull, Review, ReviewComment, Team
from bot.sandbox.refusal import Refusal
from bot.sandbox.shapes import accounts
from bot.sandbox.shapes import pulls as shapes
from bot.sandbox.state import Json, State

REVIEWERS = 15
Verdict = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
_STATES: dict[str, Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def request(state: State, pull: Pull, logins: Sequence[str], slugs: Sequence[str], sender: Account) -> None:
    """Ask people and teams; all or none. 422 for the author, for strangers and for more than 15."""
    repository = pull.repository
    if len({*logins}) + len({*slugs}) > REVIEWERS:
        raise Refusal(422, f"Could not add requested reviewers to pull request: no more than {REVIEWERS} at a time.")
    people = [state.accounts.get(login.lower()) for login in logins]
    if any(who is pull.issue.user for who in people):
        raise Refusal(422, "Review cannot be requested from pull request author.")
    stranger = "Reviews may only be requested from collaborators. One or more of the {} you specified is not a "
    stranger += f"collaborator of the {repository.full_name} repository."
    known = [who for who in people if who is not None and state.is_collaborator(repository, who)]
    if len(known) != len(people):
        raise Refusal(422, stranger.format("users or teams"))
    teams = _teams(pull, slugs)
    if len(teams) != len(slugs) or any(state.team_role(repository, team) == "none" for team in teams):
        raise Refusal(422, stranger.format("teams"))
    for who in known:
        if who not in pull.requested_users:
            pull.requested_users.append(who)
            extra: Json = {"requested_reviewer": accounts.account(state.links, who)}
            notify(state, pull, "review_requested", sender, extra)
    for team in teams:
        if team not in pull.requested_teams:
            pull.requested_teams.append(team)
            extra = {"requested_team": accounts.hook_team(state.links, team, state.team_role(repository, team))}
            notify(state, pull, "review_requested", sender, extra)


def withdraw(state: State, pull: Pull, logins: Sequence[str], slugs: Sequence[str], sender: Account) -> None:
    """Take back requests; what was not requested is passed over."""
    lower = {login.lower() for login in logins}
    for who in [who for who in pull.requested_users if who.login.lower() in lower]:
        pull.requested_users.remove(who)
        notify(
            state,
            pull,
            "review_request_removed",
            sender,
            {"requested_reviewer": accounts.account(state.links, who)},
        )
    for team in [team for team in pull.requested_teams if team.slug in slugs]:
        pull.requested_teams.remove(team)
        notify(
            state,
            pull,
            "review_request_removed",
            sender,
            {"requested_team": accounts.hook_team(state.links, team)},
        )


def _teams(pull: Pull, slugs: Sequence[str]) -> list[Team]:
    owner = pull.repository.owner
    if not isinstance(owner, Organization):
        return []
    return [owner.teams[slug.lower()] for slug in slugs if slug.lower() in owner.teams]


def create(  # noqa: PLR0913  the parts of the request GitHub defines
    state: State, pull: Pull, author: Account, *, event: str = "", body: str = "", commit_id: str = ""
) -> Review:
    """Write a review: pending without `event`, else submitted. Nobody approves their own pull request (422)."""
    commit = commit_id or pull.head_sha
    if not pull.repository.git.has(commit):
        raise Refusal(422, "Unprocessable Entity", ["The commit_id could not be found on the pull request"])
    if any(review.state == "PENDING" and review.user is author for review in pull.reviews):
        raise Refusal(422, "Unprocessable Entity", ["User can only have one pending review per pull request"])
    review = Review(state.next_id(), author, body, "PENDING", commit, None, state.now())
    if event:
        _check(pull, author, event, body)
    pull.reviews.append(review)
    if event:
        submit(state, pull, review, event=event, body=body)
    return review


def _check(pull: Pull, author: Account, event: str, body: str) -> None:
    if event not in _STATES:
        raise Refusal(422, "Unprocessable Entity", [f"Event {event} is not one of APPROVE, REQUEST_CHANGES, COMMENT"])
    if author is pull.issue.user and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise Refusal(422, "Unprocessable Entity", [f"Can not {verb} your own pull request"])
    if event != "APPROVE" and not body:
        raise Refusal(422, "Unprocessable Entity", ["Body can't be blank"])


def submit(state: State, pull: Pull, review: Review, *, event: str, body: str = "") -> None:
    """Submit a pending review; the reviewer (and their team) is no longer asked."""
    if review.state != "PENDING":
        raise Refusal(422, "Unprocessable Entity", ["Could not submit a review that is not pending"])
    _check(pull, review.user, event, body or review.body)
    now = state.now()
    review.state, review.body = _STATES[event], body or review.body
    review.submitted_at = review.updated_at = pull.issue.updated_at = now
    if review.user in pull.requested_users:
        pull.requested_users.remove(review.user)
    pull.requested_teams = [team for team in pull.requested_teams if review.user not in team.members]
    _notify(state, pull, review, "submitted", review.user)


def dismiss(state: State, pull: Pull, review: Review, message: str, sender: Account) -> None:
    """Dismiss an approval or a refusal; 422 for a comment."""
    if not message:
        raise Refusal(
            422,
            "Validation Failed",
            [{"resource": "PullRequestReview", "field": "message", "code": "missing_field"}],
        )
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        word = {"COMMENTED": "commented", "PENDING": "pending"}.get(review.state, "dismissed")
        raise Refusal(422, "Unprocessable Entity", [f"Can not dismiss a {word} pull request review"])
    review.state, review.updated_at = "DISMISSED", state.now()
    _notify(state, pull, review, "dismissed", sender)


def comment(  # noqa: PLR0913  the parts of the request GitHub defines
    state: State, pull: Pull, author: Account, *, body: str, path: str, line: int
) -> ReviewComment:
    """Write a comment on a line of the diff, outside of any review."""
    one = ReviewComment(state.next_id(), None, author, path, line, "RIGHT", body, pull.head_sha, state.now())
    pull.review_comments.append(one)
    return one


def _notify(state: State, pull: Pull, review: Review, action: str, sender: Account) -> None:
    shape = shapes.review(state, pull, review)
    shape["state"] = review.state.lower()
    shape["body"] = review.body or None
    shape["submitted_at"] = shape.get("submitted_at")
    payload: Json = {"action": action, "review": shape, "pull_request": shapes.hook_simple(state, pull)}
    fire(state, "pull_request_review", pull.repository, sender, payload)
