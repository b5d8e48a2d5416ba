"""How do pull requests come, change, move with their branches and go? Mergeability is computed late."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.acts import protection
from bot.sandbox.acts.events import fire
from bot.sandbox.objects import Signature
from bot.sandbox.records import Account, App, Issue, Pull, Repository
from bot.sandbox.refusal import Refusal, custom, invalid
from bot.sandbox.shapes import pulls as shapes
from bot.sandbox.shapes.checks import combined_state, latest_statuses
from bot.sandbox.state import Json, State

BODY_LIMIT = 65_536
Mergeable = tuple[bool | None, str]
UNKNOWN: Mergeable = (None, "unknown")


# events whose pull request GitHub describes as the REST API does; the others are older in detail
NEWER = frozenset({"opened", "edited", "closed", "reopened", "converted_to_draft", "ready_for_review"})


def notify(state: State, pull: Pull, action: str, sender: Account, extra: Json | None = None) -> None:
    """Fire a pull_request event."""
    shape = shapes.pull(state, pull, mergeable(state, pull, read=False))
    if action not in NEWER:
        shape["requested_teams"] = shapes.hook_teams(state, pull)
    payload: Json = {"action": action, "number": pull.number, "pull_request": shape, **(extra or {})}
    fire(state, "pull_request", pull.repository, sender, payload)


# ---- mergeability


def mergeable(state: State, pull: Pull, *, read: bool) -> Mergeable:
    """Return (mergeable, mergeable_state). A `read` after a move starts the computing and sees None first."""
    tip = pull.repository.git.branch(pull.base_ref)
    if pull.issue.state == "closed" or tip is None:
        return UNKNOWN
    if pull.asked != (tip, pull.head_sha):
        if not read:
            return UNKNOWN
        pull.asked, pull.waits = (tip, pull.head_sha), state.mergeable_waits
    if pull.waits > 0:
        pull.waits -= 1 if read else 0
        return UNKNOWN
    return _computed(state, pull, tip)


def _computed(state: State, pull: Pull, tip: str) -> Mergeable:
    repository = pull.repository
    tree = repository.git.merge_trees(tip, pull.head_sha)
    if tree is None:
        pull.merge_commit_sha = None
        return (False, "dirty")
    _test_merge(state, pull, tree, tip)
    if pull.draft:
        return (True, "draft")
    rules = repository.protections.get(pull.base_ref)
    if protection.unmet(state, pull):
        only_behind = rules is not None and rules.strict and protection.behind(pull)
        return (True, "behind" if only_behind and len(protection.unmet(state, pull)) == 1 else "blocked")
    statuses = latest_statuses(repository, pull.head_sha)
    runs = protection.latest_runs(repository, pull.head_sha)
    failing = bool(statuses) and combined_state(statuses) != "success"
    failing = failing or any(run.conclusion not in protection.PASSED for run in runs)
    return (True, "unstable" if failing else "clean")


def _test_merge(state: State, pull: Pull, tree: str, tip: str) -> None:
    git = pull.repository.git
    name = f"refs/pull/{pull.number}/merge"
    current = git.ref(name)
    if current and git.commit(current).parents == (tip, pull.head_sha) and pull.merge_commit_sha == current:
        return
    who = Signature("GitHub", "noreply@github.com", state.now())
    message = f"Merge {pull.head_sha} into {tip}"
    pull.merge_commit_sha = git.write_commit(tree, [tip, pull.head_sha], message, who, who)
    git.set_ref(name, pull.merge_commit_sha)


# ---- opening and changing


def find_head(state: State, repository: Repository, head: str) -> tuple[Account, Repository, str]:
    """Return (owner, repository, branch) that `branch` or `owner:branch` names, in this network of forks."""
    owner, colon, branch = head.partition(":")
    if not colon:
        return repository.owner, repository, head
    for one in state.repositories.values():
        same_network = one is repository or one.parent is repository or repository.parent is one
        if same_network and one.owner.login.lower() == owner.lower():
            return one.owner, one, branch
    raise invalid("PullRequest", "head")


def _check_body(body: str | None) -> None:
    if body is not None and len(body) > BODY_LIMIT:
        message = f"body is too long (maximum is {BODY_LIMIT} characters)"
        raise Refusal(
            422,
            "Validation Failed",
            [{"resource": "Issue", "code": "custom", "field": "body", "message": message}],
        )


def create(  # noqa: PLR0913  the parts of the request GitHub defines
    state: State,
    repository: Repository,
    author: Account,
    *,
    title: str,
    body: str | None,
    head: str,
    base: str,
    draft: bool = False,
    maintainer_can_modify: bool = False,
    app: App | None = None,
) -> Pull:
    """Open a pull request; 422 refusals in GitHub's words (docs: create a pull request)."""
    owner, head_repository, branch = find_head(state, repository, head)
    head_sha, base_sha = head_repository.git.branch(branch), repository.git.branch(base)
    if base_sha is None:
        raise invalid("PullRequest", "base")
    if head_sha is None:
        raise invalid("PullRequest", "head")
    if not title.strip():
        raise Refusal(422, "Validation Failed", [{"resource": "Issue", "code": "missing_field", "field": "title"}])
    _check_body(body)
    _refuse_second(repository, (head_repository, branch, owner), base)
    repository.git.fetch(head_repository.git, head_sha)
    if repository.git.merge_base(base_sha, head_sha) is None:
        raise custom("PullRequest", f"The {branch} branch has no history in common with {base}")
    if not repository.git.commits([head_sha], [base_sha]):
        raise custom("PullRequest", f"No commits between {base} and {branch}")
    now, number = state.now(), next_number(repository)
    issue = Issue(state.next_id(), number, repository, author, title, body, now, now, app=app)
    pull = Pull(
        id=state.next_id(),
        issue=issue,
        base_ref=base,
        base_sha=base_sha,
        head_repository=head_repository,
        head_owner=owner,
        head_ref=branch,
        head_sha=head_sha,
        draft=draft,
        maintainer_can_modify=maintainer_can_modify and head_repository is not repository,
    )
    issue.pull = pull
    repository.issues[number] = issue
    repository.git.set_ref(f"refs/pull/{number}/head", head_sha)
    notify(state, pull, "opened", author)
    return pull


def next_number(repository: Repository) -> int:
    """Return the next number of issues and pull requests."""
    return max(repository.issues, default=0) + 1


def _refuse_second(
    repository: Repository, head: tuple[Repository, str, Account], base: str, beside: Pull | None = None
) -> None:
    head_repository, branch, owner = head
    for other in repository.pulls:
        same = other.head_repository is head_repository and other.head_ref == branch and other.base_ref == base
        if same and other.issue.state == "open" and other is not beside:
            raise custom("PullRequest", f"A pull request already exists for {owner.login}:{branch}.")


def update(state: State, pull: Pull, sender: Account, changes: Mapping[str, str | None]) -> None:
    """Change title, body, base or state, and fire edited, closed or reopened."""
    issue, before = pull.issue, Json()
    body = changes.get("body", issue.body)
    _check_body(body)
    title, base = changes.get("title"), changes.get("base")
    if base is not None and base != pull.base_ref:
        tip = pull.repository.git.branch(base)
        if tip is None:
            raise custom("PullRequest", f"Proposed base branch '{base}' was not found", "base")
        if pull.head_repository is not None:
            _refuse_second(pull.repository, (pull.head_repository, pull.head_ref, pull.head_owner), base, pull)
        before["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
        pull.base_ref, pull.base_sha = base, tip
    if title is not None and title != issue.title:
        before["title"] = {"from": issue.title}
        issue.title = title
    if body != issue.body:
        before["body"] = {"from": issue.body or ""}
        issue.body = body
    if before:
        issue.updated_at = state.now()
        notify(state, pull, "edited", sender, {"changes": before})
    wanted = changes.get("state")
    if wanted == "closed" and issue.state == "open":
        close(state, pull, sender)
    elif wanted == "open" and issue.state == "closed":
        reopen(state, pull, sender)


def close(state: State, pull: Pull, sender: Account) -> None:
    """Close a pull request (merged or not) and fire closed."""
    issue, now = pull.issue, state.now()
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "closed", now, sender, now
    if pull.merged_at is None:
        pull.merge_commit_sha = None
    pull.repository.git.set_ref(f"refs/pull/{pull.number}/merge", None)
    notify(state, pull, "closed", sender)


def reopen(state: State, pull: Pull, sender: Account) -> None:
    """Open a closed pull request again; 422 when it was merged or its head branch is gone."""
    head = pull.head_repository.git.branch(pull.head_ref) if pull.head_repository else None
    if pull.merged_at is not None:
        raise custom("PullRequest", "state cannot be changed. The pull request cannot be reopened.", "state")
    if head is None or pull.head_repository is None:
        why = "The head repository has been deleted." if pull.head_repository is None else ""
        why = why or f"The {pull.head_ref} branch has been deleted."
        raise custom("PullRequest", f"state cannot be changed. {why}", "state")
    _refuse_second(pull.repository, (pull.head_repository, pull.head_ref, pull.head_owner), pull.base_ref, pull)
    issue = pull.issue
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "open", None, None, state.now()
    _take_head(pull, head)
    notify(state, pull, "reopened", sender)


def set_draft(state: State, pull: Pull, sender: Account, *, draft: bool) -> None:
    """Turn a pull request into a draft or make it ready for review."""
    if pull.draft != draft:
        pull.draft = draft
        notify(state, pull, "converted_to_draft" if draft else "ready_for_review", sender)


# ---- moving with branches


def _take_head(pull: Pull, sha: str) -> None:
    git = pull.repository.git
    if pull.head_repository is not None:
        git.fetch(pull.head_repository.git, sha)
    pull.head_sha = sha
    pull.base_sha = git.branch(pull.base_ref) or pull.base_sha
    git.set_ref(f"refs/pull/{pull.number}/head", sha)


def follow_head(state: State, moved: Repository, branch: str, new: str | None, sender: Account) -> None:
    """Let open pull requests from that branch follow it: synchronize, or closed when the branch is gone."""
    for repository in list(state.repositories.values()):
        for pull in repository.pulls:
            if pull.head_repository is not moved or pull.head_ref != branch or pull.issue.state == "closed":
                continue
            if new is None:
                close(state, pull, sender)
                continue
            before = pull.head_sha
            _take_head(pull, new)
            pull.issue.updated_at = state.now()
            rules = repository.protections.get(pull.base_ref)
            if rules is not None and rules.dismiss_stale:
                for review in pull.reviews:
                    if review.state == "APPROVED":
                        review.state = "DISMISSED"
            notify(state, pull, "synchronize", sender, {"before": before, "after": new})
            if not repository.git.commits([new], [pull.base_sha]):
                close(state, pull, sender)


def follow_base(state: State, repository: Repository, branch: str, new: str | None, sender: Account) -> None:
    """Close pull requests into a branch that is gone; mark those merged whose head it now contains."""
    for pull in repository.pulls:
        if pull.base_ref != branch or pull.issue.state == "closed":
            continue
        if new is None:
            close(state, pull, sender)
        elif repository.git.is_ancestor(pull.head_sha, new):
            pull.merged_at, pull.merged_by = state.now(), sender
            pull.merge_commit_sha = _bringing_merge(repository, pull.head_sha, new)
            close(state, pull, sender)


def _bringing_merge(repository: Repository, head: str, tip: str) -> str:
    """Return the oldest commit on the first-parent line of `tip` that contains `head`."""
    line = repository.git.commits([tip], [head], "--first-parent", "--ancestry-path")
    return line[-1] if line else head
