"""What does a protected branch demand, and is it met? Answers in GitHub's own words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.records import Account, CheckRun, Protection, Pull, Repository, Review
from bot.sandbox.refusal import Refusal
from bot.sandbox.shapes.checks import latest_statuses
from bot.sandbox.state import State

PASSED = frozenset({"success", "neutral", "skipped"})


def latest_runs(repository: Repository, sha: str) -> list[CheckRun]:
    """Return the newest check run per App and name on a commit, oldest first."""
    newest: dict[tuple[int | None, str], CheckRun] = {}
    for suite in repository.suites:
        if suite.head_sha == sha:
            for run in suite.runs:
                key = (suite.app.id if suite.app else None, run.name)
                if key not in newest or newest[key].id < run.id:
                    newest[key] = run
    return sorted(newest.values(), key=lambda run: run.id)


def check_word(repository: Repository, sha: str, context: str, app_id: int | None) -> str:
    """Return how a required check stands on a commit: success, expected, pending or failing.

    With an `app_id` only check runs of that App count; commit statuses, which anyone may set, then do not.
    """
    words = []
    for run in latest_runs(repository, sha):
        app = run.suite.app
        if run.name == context and (app_id in (None, -1) or (app is not None and app.id == app_id)):
            done = run.status == "completed"
            words.append("pending" if not done else "success" if run.conclusion in PASSED else "failing")
    if app_id in (None, -1):
        for status in latest_statuses(repository, sha):
            if status.context == context:
                words.append({"success": "success", "pending": "pending"}.get(status.state, "failing"))
    for word in ("failing", "pending", "success"):
        if word in words:
            return word
    return "expected"


def unmet_checks(repository: Repository, rules: Protection, sha: str) -> list[str]:
    """Return what GitHub says of required checks that have not succeeded on a commit; empty when all have."""
    required = rules.checks or []
    words = [(context, check_word(repository, sha, context, app_id)) for context, app_id in required]
    bad = [(context, word) for context, word in words if word != "success"]
    if not bad:
        return []
    if len(bad) == 1:
        context, word = bad[0]
        return [f'Required status check "{context}" is {word}.']
    kinds = [word for _, word in bad]
    counts = [f"{kinds.count(word)} {word}" for word in ("failing", "pending", "expected") if word in kinds]
    return [f"{len(bad)} of {len(required)} required status checks have not succeeded: {' and '.join(counts)}."]


def decisive_reviews(state: State, pull: Pull) -> list[Review]:
    """Return the newest approval or refusal of each reviewer with write access (comments do not replace one)."""
    newest: dict[str, Review] = {}
    for review in pull.reviews:
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and review.user is not pull.issue.user:
            newest[review.user.login] = review
    kept = [review for review in newest.values() if review.state != "DISMISSED"]
    return [review for review in kept if state.has_role(pull.repository, review.user, "write")]


def unmet(state: State, pull: Pull) -> list[str]:
    """Return all that the protection of the base still demands of a pull request, in GitHub's words."""
    rules = pull.repository.protections.get(pull.base_ref)
    if rules is None:
        return []
    reasons: list[str] = []
    if rules.reviews is not None:
        decisive = decisive_reviews(state, pull)
        approvals = sum(review.state == "APPROVED" for review in decisive)
        objections = len(decisive) - approvals
        if approvals < rules.reviews:
            noun = "approving review is" if rules.reviews == 1 else "approving reviews are"
            reasons.append(f"At least {rules.reviews} {noun} required by reviewers with write access.")
        if objections:
            noun = "review" if objections == 1 else "reviews"
            reasons.append(f"{objections} {noun} requesting changes by reviewers with write access.")
    reasons += unmet_checks(pull.repository, rules, pull.head_sha)
    if rules.checks is not None and rules.strict and behind(pull):
        reasons.append("The head branch is not up to date with the base branch.")
    return reasons


def behind(pull: Pull) -> bool:
    """Say whether the base has commits the head lacks."""
    git = pull.repository.git
    tip = git.branch(pull.base_ref)
    return tip is not None and not git.is_ancestor(tip, pull.head_sha)


def bypasses(state: State, repository: Repository, rules: Protection, account: Account) -> bool:
    """Say whether the rules do not hold for that account: an admin, unless admins are included."""
    return not rules.enforce_admins and state.has_role(repository, account, "admin")


def refusal_to_push(state: State, repository: Repository, branch: str, new: str | None, account: Account) -> str | None:
    """Return why the account may not move a branch directly (None: it may). `new` None is a deletion."""
    rules = repository.protections.get(branch)
    if rules is None or bypasses(state, repository, rules, account):
        if rules is not None and new is None and not rules.allow_deletions:
            return "Cannot delete this branch"
        return None
    if new is None:
        return None if rules.allow_deletions else "Cannot delete this branch"
    if rules.reviews is not None:
        return "Changes must be made through a pull request."
    reasons = unmet_checks(repository, rules, new)
    return reasons[0] if reasons else None


def require_workflows(repository: Repository, new: str, permissions: Mapping[str, str] | None) -> None:
    """Refuse (403) an App without `workflows` a commit with a workflow that no branch holds yet.

    `permissions` are those of an installation token, None for people. The exception for workflows that are the same
    on another branch is that of the `workflow` scope (docs: scopes for OAuth apps).
    """
    if permissions is None or permissions.get("workflows") == "write":
        return
    git = repository.git
    found = git.entry(new, ".github/workflows")
    if found is None or found.kind != "tree":
        return
    known = set()
    for tip in set(git.refs("refs/heads/").values()):
        held = git.entry(tip, ".github/workflows")
        known |= {(entry.path, entry.sha) for entry in git.tree(held.sha, recursive=True)} if held else set()
    for entry in git.tree(found.sha, recursive=True):
        if (entry.path, entry.sha) not in known:
            what = f"`.github/workflows/{entry.path}` without `workflows` permission"
            raise Refusal(403, f"refusing to allow a GitHub App to create or update workflow {what}")


def may_force(repository: Repository, branch: str) -> bool:
    """Say whether the branch may move to what is not a descendant."""
    rules = repository.protections.get(branch)
    return rules is None or rules.allow_force_pushes
