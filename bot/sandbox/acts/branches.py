"""What follows when a ref moves? Push, create and delete events, check suites, and pull requests that move along."""

from __future__ import annotations

from bot.sandbox.acts import pulls
from bot.sandbox.acts.events import fire
from bot.sandbox.git import ZERO, GitError
from bot.sandbox.records import Account, Activity, CheckSuite, Repository
from bot.sandbox.refusal import Refusal
from bot.sandbox.shapes import checks, git
from bot.sandbox.shapes.repositories import page_url
from bot.sandbox.state import Json, State

PUSH_COMMITS = 2048  # a push delivery lists at most that many


def move(state: State, repository: Repository, name: str, new: str | None, sender: Account) -> None:
    """Point the full ref `name` at `new` (None removes it), forwards or not, and let everything follow."""
    old = repository.git.ref(name)
    if old == new:
        return
    try:
        repository.git.set_ref(name, new)
    except GitError as error:
        raise Refusal(422, "Reference update failed") from error
    moved(state, repository, name, (old, new), sender)


def require_forward(repository: Repository, name: str, new: str) -> None:
    """Refuse (422) a move of a branch that would lose commits."""
    old = repository.git.ref(name)
    if old and name.startswith("refs/heads/") and not repository.git.is_ancestor(old, new):
        raise Refusal(422, "Update is not a fast forward")


def moved(  # noqa: PLR0913 - a move, and how it came about
    state: State,
    repository: Repository,
    name: str,
    shas: tuple[str | None, str | None],
    sender: Account,
    *,
    by_pull: bool = False,
) -> None:
    """Let everything follow from a ref that has moved already; `shas` is (before, after)."""
    old, new = shas
    kind, _, short = name.removeprefix("refs/").partition("/")
    if kind not in ("heads", "tags"):
        return
    repository.pushed_at = repository.updated_at = state.now()
    if old is None or new is None:
        _born_or_gone(state, repository, ("branch" if kind == "heads" else "tag", short), old is None, sender)
    fire(state, "push", repository, sender, _push(state, repository, name, shas, sender))
    if kind != "heads":
        return
    _note(state, repository, name, shas, sender, "pr_merge" if by_pull else "")
    if new is not None:
        request_suites(state, repository, short, (old, new), sender)
    pulls.follow_head(state, repository, short, new, sender)
    pulls.follow_base(state, repository, short, new, sender)


def _note(  # noqa: PLR0913, PLR0917 - what an activity is made of
    state: State,
    repository: Repository,
    name: str,
    shas: tuple[str | None, str | None],
    sender: Account,
    kind: str,
) -> None:
    old, new = shas
    if not kind:
        if old is None or new is None:
            kind = "branch_creation" if old is None else "branch_deletion"
        else:
            kind = "push" if repository.git.is_ancestor(old, new) else "force_push"
    made = Activity(state.next_id(), name, old or ZERO, new or ZERO, kind, sender, state.now())
    repository.activities.append(made)


def _born_or_gone(state: State, repository: Repository, what: tuple[str, str], born: bool, sender: Account) -> None:
    kind, short = what
    payload: Json = {"ref": short, "ref_type": kind, "pusher_type": "user"}
    if born:
        payload |= {"master_branch": repository.default_branch, "description": repository.description}
    fire(state, "create" if born else "delete", repository, sender, payload)


def _push(
    state: State, repository: Repository, name: str, shas: tuple[str | None, str | None], sender: Account
) -> Json:
    old, new = shas
    store = repository.git
    tip = store.resolve(new) if new else None  # a tag may be an object of its own
    fresh: list[str] = []
    if new is not None and name.startswith("refs/heads/"):
        others = [sha for ref, sha in store.refs("refs/heads/").items() if ref != name]
        fresh = store.commits([new], [old] if old else others, "--topo-order")[::-1]
    page = page_url(state.links, repository)
    compare = f"{page}/compare/{(old or ZERO)[:12]}...{(new or ZERO)[:12]}"
    return {
        "ref": name,
        "before": old or ZERO,
        "after": new or ZERO,
        "pusher": {"name": sender.login, "email": sender.email},
        "created": old is None,
        "deleted": new is None,
        "forced": bool(old and new and not store.is_ancestor(old, new)),
        "base_ref": None,
        "compare": compare if old and new else f"{page}/commit/{(new or old or ZERO)[:12]}",
        "commits": [git.push_commit(state, repository, sha) for sha in fresh[-PUSH_COMMITS:]],
        "head_commit": git.push_commit(state, repository, tip) if tip else None,
    }


def request_suites(
    state: State, repository: Repository, branch: str, shas: tuple[str | None, str], sender: Account
) -> None:
    """Open a check suite for each App that may write checks, and ask it to run (event check_suite requested)."""
    before, sha = shas
    for installation in state.installations_of(repository):
        app = installation.app
        if installation.permissions.get("checks") != "write":
            continue
        if any(suite.app is app and suite.head_sha == sha for suite in repository.suites):
            continue
        now = state.now()
        suite = CheckSuite(
            id=state.next_id(),
            app=app,
            head_sha=sha,
            head_branch=branch,
            before=before or ZERO,
            created_at=now,
            updated_at=now,
        )
        repository.suites.append(suite)
        payload: Json = {"action": "requested", "check_suite": checks.hook_suite(state, repository, suite)}
        fire(state, "check_suite", repository, sender, payload, only=app)
