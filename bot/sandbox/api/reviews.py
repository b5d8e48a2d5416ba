"""Reviews, review comments and requested reviewers (docs: REST API, pulls, reviews)."""

from __future__ import annotations

from bot.sandbox.acts import reviews as acts
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.api.pulls import PULL, find
from bot.sandbox.records import Pull, Review
from bot.sandbox.refusal import malformed, not_found
from bot.sandbox.shapes import accounts, pulls

area = Area()
REVIEW = f"{PULL}/reviews/<int:review_id>"


def _visible(call: Call, pull: Pull) -> list[Review]:
    """Return the reviews; those pending show to their author only."""
    return [one for one in pull.reviews if one.state != "PENDING" or one.user is call.actor.account]


def _review(call: Call, pull: Pull) -> Review:
    for one in _visible(call, pull):
        if one.id == call.number("review_id"):
            return one
    raise not_found()


def _shape(call: Call, pull: Pull, one: Review, status: int = 200) -> Reply:
    return Reply(status, pulls.review(call.world, pull, one))


@area.route("GET", f"{PULL}/reviews", "pull_requests:read")
def list_reviews(call: Call) -> Reply:
    """List reviews in the order they were written."""
    pull = find(call)
    return call.page(_visible(call, pull), lambda one: pulls.review(call.world, pull, one))


@area.route("POST", f"{PULL}/reviews", "pull_requests:write")
def create_review(call: Call) -> Reply:
    """Review a pull request."""
    pull, body = find(call), call.body
    made = acts.create(
        call.world,
        pull,
        call.actor.someone,
        event=body.text("event", ""),
        body=body.text("body", ""),
        commit_id=body.text("commit_id", ""),
    )
    return _shape(call, pull, made)


@area.route("GET", REVIEW, "pull_requests:read")
def get_review(call: Call) -> Reply:
    """Get a review."""
    pull = find(call)
    return _shape(call, pull, _review(call, pull))


@area.route("POST", f"{REVIEW}/events", "pull_requests:write")
def submit_review(call: Call) -> Reply:
    """Submit a pending review."""
    pull = find(call)
    one = _review(call, pull)
    acts.submit(call.world, pull, one, event=call.body.text("event"), body=call.body.text("body", ""))
    return _shape(call, pull, one)


@area.route("PUT", f"{REVIEW}/dismissals", "pull_requests:write", role="write")
def dismiss_review(call: Call) -> Reply:
    """Dismiss a review."""
    pull = find(call)
    one = _review(call, pull)
    acts.dismiss(call.world, pull, one, call.body.text("message"), call.actor.someone)
    return _shape(call, pull, one)


@area.route("GET", f"{PULL}/comments", "pull_requests:read")
def list_comments(call: Call) -> Reply:
    """List comments on lines."""
    pull = find(call)
    return call.page(pull.review_comments, lambda one: pulls.review_comment(call.world, pull, one))


@area.route("POST", f"{PULL}/comments", "pull_requests:write")
def create_comment(call: Call) -> Reply:
    """Comment on a line."""
    pull, line = find(call), call.body.values.get("line", 1)
    if not isinstance(line, int):
        raise malformed("For 'properties/line', it is not an integer.")
    made = acts.comment(
        call.world,
        pull,
        call.actor.someone,
        body=call.body.text("body"),
        path=call.body.text("path"),
        line=line,
    )
    shape = pulls.review_comment(call.world, pull, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


# ---- requested reviewers


@area.route("GET", f"{PULL}/requested_reviewers", "pull_requests:read")
def list_requested(call: Call) -> Reply:
    """List who is asked to review."""
    pull, links = find(call), call.world.links
    people = [accounts.account(links, who) for who in pull.requested_users]
    teams = [accounts.team(links, team, call.world.team_role(call.repository, team)) for team in pull.requested_teams]
    return Reply(200, {"users": people, "teams": teams})


@area.route("POST", f"{PULL}/requested_reviewers", "pull_requests:write", role="write")
def request_reviewers(call: Call) -> Reply:
    """Ask people and teams to review."""
    pull, body = find(call), call.body
    acts.request(call.world, pull, body.texts("reviewers"), body.texts("team_reviewers"), call.actor.someone)
    return Reply(201, pulls.simple(call.world, pull))


@area.route("DELETE", f"{PULL}/requested_reviewers", "pull_requests:write", role="write")
def remove_reviewers(call: Call) -> Reply:
    """Take requests back."""
    pull, body = find(call), call.body
    acts.withdraw(call.world, pull, body.texts("reviewers"), body.texts("team_reviewers"), call.actor.someone)
    return Reply(200, pulls.simple(call.world, pull))
