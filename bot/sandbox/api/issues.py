"""Issues, comments, reactions, assignees (docs: REST API, issues, reactions)."""

from __future__ import annotations

from bot.sandbox.acts import issues as acts
from bot.sandbox.acts import pulls as pull_acts
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import Account, Comment, Issue, Reaction
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.shapes import issues

area = Area()
READ = ("issues:read", "pull_requests:read")
WRITE = ("issues:write", "pull_requests:write")
ISSUE = "/repos/<owner>/<repo>/issues/<int:issue_number>"
COMMENT = "/repos/<owner>/<repo>/issues/comments/<int:comment_id>"


def find(call: Call) -> Issue:
    """Return the issue of the path."""
    found = call.repository.issues.get(call.number("issue_number"))
    if found is None:
        raise not_found()
    return found


@area.route("GET", "/repos/<owner>/<repo>/issues", *READ)
def list_issues(call: Call) -> Reply:
    """List issues, pull requests among them."""
    state, labels = call.query("state", "open"), [name for name in call.query("labels").split(",") if name]
    found = [
        one
        for one in call.repository.issues.values()
        if state in ("all", one.state) and all(name in [label.name for label in one.labels] for name in labels)
    ]
    return call.page(found[::-1], lambda one: issues.issue(call.world, one))


@area.route("POST", "/repos/<owner>/<repo>/issues", "issues:write")
def create_issue(call: Call) -> Reply:
    """Open an issue."""
    title, body = call.body.text("title"), call.body.optional("body")
    made = acts.create(call.world, call.repository, call.actor.someone, title=title, body=body, app=call.actor.app)
    acts.set_labels(call.world, made, call.body.texts("labels"), call.actor.someone, keep=True)
    acts.assign(call.world, made, call.body.texts("assignees"), call.actor.someone)
    shape = issues.issue(call.world, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


@area.route("GET", ISSUE, *READ)
def get_issue(call: Call) -> Reply:
    """Get an issue."""
    return Reply(200, issues.issue(call.world, find(call)))


@area.route("PATCH", ISSUE, *WRITE)
def update_issue(call: Call) -> Reply:
    """Change an issue: title, body, state, labels, assignees."""
    one, who, body = find(call), call.actor.someone, call.body
    _own_or_triage(call, one.user)
    changes = {name: body.optional(name) for name in ("title", "body", "state") if name in body}
    if one.pull is not None:
        pull_acts.update(call.world, one.pull, who, changes)
    else:
        one.title, one.body = changes.get("title") or one.title, changes.get("body", one.body)
        wanted = changes.get("state")
        if wanted in ("open", "closed") and wanted != one.state:
            one.state = "closed" if wanted == "closed" else "open"
            closed = wanted == "closed"
            one.closed_at, one.closed_by = (call.world.now(), who) if closed else (None, None)
            one.state_reason = body.text("state_reason", "completed") if closed else "reopened"
        one.updated_at = call.world.now()
    if "labels" in body:
        acts.set_labels(call.world, one, body.texts("labels"), who, keep=False)
    if "assignees" in body:
        acts.unassign(call.world, one, [x.login for x in one.assignees if x.login not in body.texts("assignees")], who)
        acts.assign(call.world, one, body.texts("assignees"), who)
    return Reply(200, issues.issue(call.world, one))


def _own_or_triage(call: Call, owner: Account) -> None:
    who = call.actor.someone
    if who is owner or call.actor.installation is not None:
        return
    if not call.world.has_role(call.repository, who, "triage"):
        raise Refusal(403, "Must have push access to repository.")


# ---- comments


@area.route("GET", f"{ISSUE}/comments", *READ)
def list_comments(call: Call) -> Reply:
    """List comments of an issue, oldest first."""
    return call.page(find(call).comments, lambda one: issues.comment(call.world, one))


@area.route("POST", f"{ISSUE}/comments", *WRITE)
def create_comment(call: Call) -> Reply:
    """Comment on an issue or pull request."""
    made = acts.comment(call.world, find(call), call.actor.someone, call.body.text("body"), call.actor.app)
    shape = issues.comment(call.world, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


def _comment(call: Call) -> Comment:
    for issue in call.repository.issues.values():
        for one in issue.comments:
            if one.id == call.number("comment_id"):
                return one
    raise not_found()


def _own_comment(call: Call) -> Comment:
    one = _comment(call)
    mine = one.user is call.actor.someone
    if (
        not mine
        and call.actor.installation is None
        and not call.world.has_role(call.repository, call.actor.account, "write")
    ):
        raise Refusal(403, "Must have admin rights to Repository.")
    return one


@area.route("GET", "/repos/<owner>/<repo>/issues/comments", *READ)
def list_all_comments(call: Call) -> Reply:
    """List the comments of all issues."""
    found = [one for issue in call.repository.issues.values() for one in issue.comments]
    return call.page(sorted(found, key=lambda one: one.id), lambda one: issues.comment(call.world, one))


@area.route("GET", COMMENT, *READ)
def get_comment(call: Call) -> Reply:
    """Get a comment."""
    return Reply(200, issues.comment(call.world, _comment(call)))


@area.route("PATCH", COMMENT, *WRITE)
def update_comment(call: Call) -> Reply:
    """Rewrite a comment."""
    one = _own_comment(call)
    acts.edit_comment(call.world, one, call.body.text("body"), call.actor.someone)
    return Reply(200, issues.comment(call.world, one))


@area.route("DELETE", COMMENT, *WRITE)
def delete_comment(call: Call) -> Reply:
    """Delete a comment."""
    acts.delete_comment(call.world, _own_comment(call), call.actor.someone)
    return Reply(204)


# ---- reactions


def _react(call: Call, reactions: list[Reaction]) -> Reply:
    made, new = acts.react(call.world, reactions, call.actor.someone, call.body.text("content"))
    return Reply(201 if new else 200, issues.reaction(call.world, made))


def _reactions(call: Call, reactions: list[Reaction]) -> Reply:
    content = call.query("content")
    found = [one for one in reactions if content in ("", one.content)]
    return call.page(found, lambda one: issues.reaction(call.world, one))


@area.route("GET", f"{COMMENT}/reactions", *READ)
def list_comment_reactions(call: Call) -> Reply:
    """List reactions to a comment."""
    return _reactions(call, _comment(call).reactions)


@area.route("POST", f"{COMMENT}/reactions", *WRITE)
def react_to_comment(call: Call) -> Reply:
    """React to a comment: 201, or 200 when the reaction is there already."""
    return _react(call, _comment(call).reactions)


@area.route("DELETE", f"{COMMENT}/reactions/<int:reaction_id>", *WRITE)
def unreact_to_comment(call: Call) -> Reply:
    """Take a reaction to a comment back."""
    reactions = _comment(call).reactions
    for one in reactions:
        if one.id == call.number("reaction_id"):
            reactions.remove(one)
            return Reply(204)
    raise not_found()


@area.route("GET", f"{ISSUE}/reactions", *READ)
def list_issue_reactions(call: Call) -> Reply:
    """List reactions to an issue."""
    return _reactions(call, find(call).reactions)


@area.route("POST", f"{ISSUE}/reactions", *WRITE)
def react_to_issue(call: Call) -> Reply:
    """React to an issue."""
    return _react(call, find(call).reactions)


# ---- assignees


@area.route("POST", f"{ISSUE}/assignees", *WRITE, role="triage")
def add_assignees(call: Call) -> Reply:
    """Assign people."""
    acts.assign(call.world, find(call), call.body.texts("assignees"), call.actor.someone)
    return Reply(201, issues.issue(call.world, find(call)))


@area.route("DELETE", f"{ISSUE}/assignees", *WRITE, role="triage")
def remove_assignees(call: Call) -> Reply:
    """Take assignments back."""
    acts.unassign(call.world, find(call), call.body.texts("assignees"), call.actor.someone)
    return Reply(200, issues.issue(call.world, find(call)))
