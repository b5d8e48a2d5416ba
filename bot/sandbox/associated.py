"""Which pull requests does GitHub associate with a commit?"""

from __future__ import annotations

from bot.sandbox.records import Pull, Repository


def associated(one: Repository, sha: str) -> list[Pull]:
    """Return the pull requests of a commit: those that brought it in, and the open ones that hold it.

    What a rebase merge made of a pull request's commits is known as its own, too.
    """
    after = {sha, *one.git.run("rev-list", "--all", "--ancestry-path", f"^{sha}").stdout.decode().split()}
    return [pull for pull in one.pulls if _holds(one, pull, after)]


def _holds(one: Repository, pull: Pull, after: set[str]) -> bool:
    """Say whether a pull request has a commit of its own; `after` are the commit and all that came after it."""
    if pull.merged_at is None and pull.issue.state != "open":
        return False
    if pull.head_sha in after and one.git.merge_base(pull.base_sha, pull.head_sha) not in after:
        return True
    return pull.merged_at is not None and pull.merge_commit_sha in after and pull.base_sha not in after
