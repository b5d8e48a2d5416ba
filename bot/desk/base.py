"""With what is a change compared that nobody has made a pull request of yet, and whereto would it go?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bot.adapters.git.worktree import WorkTree
from bot.model.environment import Configuration
from bot.model.repository import Repository

_PREFIXES = ("refs/remotes/origin/", "refs/heads/", "remotes/origin/", "heads/", "origin/")
_USUAL = ("main", "master")


class Refs:
    """What the names in a repository lead to; git is asked once for each."""

    def __init__(self, work: WorkTree) -> None:
        self._work = work
        self._commits: dict[str, str | None] = {}

    @cached_property
    def branch(self) -> str:
        """The branch that is checked out, '' for none."""
        return self._work.branch

    @cached_property
    def remote_default(self) -> str:
        """The default branch of the remote, '' when that is not known."""
        return self._work.default_branch

    def commit(self, revision: str) -> str | None:
        """Return the commit that a revision names, or None."""
        if revision not in self._commits:
            self._commits[revision] = self._work.resolve(revision)
        return self._commits[revision]

    def at(self, branch: str) -> str | None:
        """Return the full name of a branch as the remote has it, else as it is here; None when there is none."""
        places = (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}")
        return next((one for one in places if self.commit(one)), None)

    def default_branch(self, rules: Configuration) -> str:
        """Return the name of the remote's default branch, or what comes nearest to it."""
        known = [self.remote_default, *(one.branch for one in rules.environments if not one.after), *_USUAL]
        return next((name for name in known if name and self.at(name)), "") or self.branch or known[1]

    def common(self, one: str, other: str) -> str | None:
        """Return the commit where two commits went apart, None when their history is not known that far."""
        return one if one == other else self._work.merge_base(one, other)


@dataclass(frozen=True, slots=True)
class Base:
    """A commit to compare with, in words as well; `commit` is '' where there is none. `branch` is its branch."""

    commit: str = ""
    words: str = ""
    branch: str = ""
    notes: tuple[str, ...] = ()


def find_base(work: WorkTree, refs: Refs, rules: Configuration, asked: str, head: str = "HEAD") -> Base:
    """Return what to compare with: where `head` and the revision that is asked for went apart.

    When nothing is asked for: where it left the nearest of the branches it can have come from, which are the remote's
    default branch and those of the environments. NotFoundError for an unknown revision.
    """
    if asked:
        work.open(asked)  # says why there is none
        return _forked(work, refs, asked, head)
    if refs.commit(head) is None:
        return Base()
    best: Base | None = None
    for name in dict.fromkeys((refs.default_branch(rules), *(one.branch for one in rules.environments))):
        revision = refs.at(name)
        if revision is None:
            continue
        found = _forked(work, refs, revision, head)
        if best is None or (found.commit != best.commit and refs.common(found.commit, best.commit) == best.commit):
            best = found
    if best is None and refs.branch:
        best = _forked(work, refs, f"refs/heads/{refs.branch}", head)
    return best or Base()


def target_branch(base: Base, refs: Refs, rules: Configuration) -> str:
    """Return the branch that a change is taken to go into: one that an environment deploys from, if any is near."""
    known = [one.branch for one in rules.environments]
    if not known:
        return base.branch or refs.branch or "HEAD"
    near = (base.branch, refs.branch, refs.default_branch(rules))
    return next((name for name in near if name in known), known[0])


def plain_branch(revision: str) -> str:
    """Return the branch that a revision names, without the remote: `origin/main` is `main`."""
    for prefix in _PREFIXES:
        if revision.startswith(prefix):
            return revision.removeprefix(prefix)
    return revision


def address(work: WorkTree) -> Repository:
    """Return the repository's name on its host, or one made of its directory's."""
    return work.origin or Repository("local", work.top.name or "repository")


def short(commit: str) -> str:
    """Return a commit id as people read it."""
    return commit[:7]


def _forked(work: WorkTree, refs: Refs, revision: str, head: str) -> Base:
    tip, here = refs.commit(revision) or "", refs.commit(head)
    name = revision.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    branch = plain_branch(revision)
    common = refs.common(tip, here) if here else tip
    if common == tip:
        return Base(tip, f"{name} ({short(tip)})", branch)
    if common is None:
        why = "this clone is shallow" if work.is_shallow else "they have no history in common"
        note = f"where HEAD and {name} went apart is not known ({why}), so it is compared with {name} as it stands"
        return Base(tip, f"{name} ({short(tip)})", branch, (note,))
    return Base(common, f"{name} where it was left ({short(common)})", branch)
