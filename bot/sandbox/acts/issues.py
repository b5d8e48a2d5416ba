"""What happens on an issue or a pull request's conversation? Comments, reactions, labels, assignees."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.acts import pulls
from bot.sandbox.acts.events import fire
from bot.sandbox.records import Account, App, Comment, Issue, Label, Reaction, Repository
from bot.sandbox.refusal import Refusal, invalid
from bot.sandbox.shapes import accounts, issues, repositories
from bot.sandbox.state import Json, State

COMMENT_LIMIT = 65_536
ASSIGNEES = 10


def create(  # noqa: PLR0913  the parts of the request GitHub defines
    state: State,
    repository: Repository,
    author: Account,
    *,
    title: str,
    body: str | None,
    app: App | None = None,
) -> Issue:
    """Open an issue."""
    now = state.now()
    number = pulls.next_number(repository)
    issue = Issue(state.next_id(), number, repository, author, title, body, now, now, app=app)
    repository.issues[number] = issue
    return issue


def _checked(body: str) -> str:
    if not body.strip():
        raise Refusal(
            422, "Validation Failed", [{"resource": "IssueComment", "code": "missing_field", "field": "body"}]
        )
    if len(body) > COMMENT_LIMIT:
        message = f"Body is too long (maximum is {COMMENT_LIMIT} characters)"
        raise invalid("IssueComment", "data", "unprocessable", message)
    return body


def comment(state: State, issue: Issue, author: Account, body: str, app: App | None = None) -> Comment:
    """Write a comment and fire issue_comment created."""
    now = state.now()
    one = Comment(state.next_id(), issue, author, _checked(body), now, now, app)
    issue.comments.append(one)
    issue.updated_at = now
    _notify(state, one, "created", author)
    return one


def edit_comment(state: State, one: Comment, body: str, sender: Account) -> None:
    """Rewrite a comment and fire issue_comment edited; the same text changes nothing."""
    before, one.body = one.body, _checked(body)
    if before != body:
        one.updated_at = state.now()
        _notify(state, one, "edited", sender, {"changes": {"body": {"from": before}}})


def delete_comment(state: State, one: Comment, sender: Account) -> None:
    """Remove a comment and fire issue_comment deleted."""
    one.issue.comments.remove(one)
    _notify(state, one, "deleted", sender)


def _notify(state: State, one: Comment, action: str, sender: Account, extra: Json | None = None) -> None:
    payload: Json = {
        "action": action,
        "issue": issues.hook_issue(state, one.issue),
        "comment": issues.comment(state, one),
        **(extra or {}),
    }
    fire(state, "issue_comment", one.issue.repository, sender, payload)


def react(state: State, reactions: list[Reaction], user: Account, content: str) -> tuple[Reaction, bool]:
    """Return the reaction and whether it is new: the same of the same person is never doubled."""
    if content not in issues.CONTENTS:
        raise invalid("Reaction", "content")
    for one in reactions:
        if one.user is user and one.content == content:
            return one, False
    made = Reaction(state.next_id(), user, content, state.now())
    reactions.append(made)
    return made, True


# ---- labels


def create_label(
    state: State, repository: Repository, name: str, color: str = "ededed", description: str | None = None
) -> Label:
    """Make a label; 422 already_exists when the name is taken (case does not count)."""
    if name.lower() in repository.labels:
        raise invalid("Label", "name", "already_exists")
    if len(color) != 6 or any(sign not in "0123456789abcdefABCDEF" for sign in color):
        raise invalid("Label", "color")
    if description is not None and len(description) > 100:
        raise invalid("Label", "description", "custom", "description is too long (maximum is 100 characters)")
    made = Label(state.next_id(), name, color.lower(), description)
    repository.labels[name.lower()] = made
    return made


def set_labels(state: State, issue: Issue, names: Sequence[str], sender: Account, *, keep: bool) -> None:
    """Give the issue these labels, beside those it has (`keep`) or instead; unknown names become labels."""
    wanted: list[Label] = []
    for name in names:
        known = issue.repository.labels.get(name.lower())
        one = known or create_label(state, issue.repository, name)
        if one not in wanted:
            wanted.append(one)
    for one in list(issue.labels):
        if not keep and one not in wanted:
            remove_label(state, issue, one, sender)
    for one in wanted:
        if one not in issue.labels:
            issue.labels.append(one)
            issue.updated_at = state.now()
            _labelled(state, issue, one, "labeled", sender)


def remove_label(state: State, issue: Issue, one: Label, sender: Account) -> None:
    """Take a label off the issue."""
    issue.labels.remove(one)
    issue.updated_at = state.now()
    _labelled(state, issue, one, "unlabeled", sender)


def _labelled(state: State, issue: Issue, one: Label, action: str, sender: Account) -> None:
    if issue.pull is not None:
        shape = repositories.label(state.links, issue.repository, one)
        pulls.notify(state, issue.pull, action, sender, {"label": shape})


# ---- assignees


def assignable(state: State, repository: Repository, who: Account) -> bool:
    """Say whether the account may be assigned: it can read, by being given access."""
    return who.kind == "User" and state.is_collaborator(repository, who)


def assign(state: State, issue: Issue, logins: Sequence[str], sender: Account) -> None:
    """Assign people; those who may not be assigned are passed over in silence, as GitHub does."""
    for login in logins:
        who = state.accounts.get(login.lower())
        if who is None or who in issue.assignees or not assignable(state, issue.repository, who):
            continue
        if len(issue.assignees) >= ASSIGNEES:
            return
        issue.assignees.append(who)
        _assigned(state, issue, who, "assigned", sender)


def unassign(state: State, issue: Issue, logins: Sequence[str], sender: Account) -> None:
    """Take assignments back."""
    lower = {login.lower() for login in logins}
    for who in [who for who in issue.assignees if who.login.lower() in lower]:
        issue.assignees.remove(who)
        _assigned(state, issue, who, "unassigned", sender)


def _assigned(state: State, issue: Issue, who: Account, action: str, sender: Account) -> None:
    issue.updated_at = state.now()
    if issue.pull is not None:
        pulls.notify(state, issue.pull, action, sender, {"assignee": accounts.account(state.links, who)})
