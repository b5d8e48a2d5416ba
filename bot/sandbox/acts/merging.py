"""How is a pull request merged? By merge commit, squash or rebase, when nothing forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.acts import branches, protection, pulls
from bot.sandbox.objects import Signature
from bot.sandbox.records import Account, Pull
from bot.sandbox.refusal import Refusal
from bot.sandbox.state import State

Method = Literal["merge", "squash", "rebase"]
GITHUB = ("GitHub", "noreply@github.com")


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """What the caller of the merge asked for; empty texts mean GitHub's own."""

    method: Method = "merge"
    sha: str = ""
    title: str = ""
    message: str | None = None


def merge(state: State, pull: Pull, sender: Account, request: MergeRequest) -> str:
    """Merge a pull request and return the new tip of its base.

    405 when it is closed, a draft, in conflict, or the protection demands more; 409 when the head has moved past
    `sha` (docs: merge a pull request).
    """
    repository = pull.repository
    tip = repository.git.branch(pull.base_ref)
    if pull.issue.state == "closed" or tip is None:
        raise Refusal(405, "Pull Request is not mergeable")
    if request.sha and request.sha != pull.head_sha:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if pull.draft:
        raise Refusal(405, "Pull Request is still a draft")
    _check_method(pull, request.method)
    rules = repository.protections.get(pull.base_ref)
    if rules is not None and not protection.bypasses(state, repository, rules, sender):
        reasons = protection.unmet(state, pull)
        if reasons:
            raise Refusal(405, " ".join(reasons))
        if rules.linear_history and request.method == "merge":
            raise Refusal(405, "Merge commits are not allowed on this repository.")
    makers = {"merge": _merge_commit, "squash": _squash, "rebase": _rebase}
    new = makers[request.method](state, pull, (tip, sender), request)
    if new is None:
        raise Refusal(405, "Pull Request is not mergeable")
    pull.merged_at, pull.merged_by, pull.merge_commit_sha = state.now(), sender, new
    pull.base_sha = tip
    repository.git.set_ref(f"refs/heads/{pull.base_ref}", new)
    pulls.close(state, pull, sender)
    branches.moved(state, repository, f"refs/heads/{pull.base_ref}", (tip, new), sender, by_pull=True)
    if repository.delete_branch_on_merge and pull.head_repository is repository:
        branches.move(state, repository, f"refs/heads/{pull.head_ref}", None, sender)
    return new


def _check_method(pull: Pull, method: Method) -> None:
    repository = pull.repository
    allowed = {
        "merge": (repository.allow_merge_commit, "Merge commits"),
        "squash": (repository.allow_squash_merge, "Squash merges"),
        "rebase": (repository.allow_rebase_merge, "Rebase merges"),
    }
    permitted, noun = allowed[method]
    if not permitted:
        raise Refusal(405, f"{noun} are not allowed on this repository.")


def _committer(state: State) -> Signature:
    return Signature(*GITHUB, state.now())


def _author(state: State, who: Account) -> Signature:
    return Signature(who.name or who.login, who.email, state.now())


def _text(title: str, message: str) -> str:
    return f"{title}\n\n{message}" if message else title


def _merge_commit(state: State, pull: Pull, ends: tuple[str, Account], request: MergeRequest) -> str | None:
    tip, sender = ends
    git = pull.repository.git
    tree = git.merge_trees(tip, pull.head_sha)
    if tree is None:
        return None
    title = request.title or f"Merge pull request #{pull.number} from {pull.head_owner.login}/{pull.head_ref}"
    message = pull.issue.title if request.message is None else request.message
    text = _text(title, message)
    return git.write_commit(tree, [tip, pull.head_sha], text, _author(state, sender), _committer(state))


def _squash(state: State, pull: Pull, ends: tuple[str, Account], request: MergeRequest) -> str | None:
    tip, _ = ends
    git = pull.repository.git
    tree = git.merge_trees(tip, pull.head_sha)
    if tree is None:
        return None
    messages = [git.commit(sha).message for sha in git.commits([pull.head_sha], [tip], "--no-merges")[::-1]]
    if len(messages) == 1:
        subject, _, rest = messages[0].partition("\n")
        title, message = f"{subject} (#{pull.number})", rest.strip()
    else:
        title = f"{pull.issue.title} (#{pull.number})"
        message = "\n\n".join(f"* {text}" for text in messages)
    text = _text(request.title or title, message if request.message is None else request.message)
    return git.write_commit(tree, [tip], text, _author(state, pull.issue.user), _committer(state))


def _rebase(state: State, pull: Pull, ends: tuple[str, Account], request: MergeRequest) -> str | None:
    del request  # a rebase keeps the messages of its commits
    onto, _ = ends
    git, committer = pull.repository.git, _committer(state)
    for sha in git.commits([pull.head_sha], [onto], "--no-merges", "--topo-order")[::-1]:
        what = git.commit(sha)
        if not what.parents:
            return None
        # git 2.39 cannot be told the merge base: a passing commit with the tree of `onto` and the parent of
        # `sha` makes that parent the base
        ours = git.write_commit(git.commit(onto).tree, [what.parents[0]], "onto", committer, committer)
        tree = git.merge_trees(ours, sha)
        if tree is None:
            return None
        onto = git.write_commit(tree, [onto], what.message, what.author, committer)
    return onto
