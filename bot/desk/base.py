"""With what is a change compared that nobody has made a pull request of yet, and whereto would it go?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.adapters.git.worktree import WorkTree
from bot.errors import NotFoundError
from bot.model.environment import Configuration
from bot.model.repository import Repository

_PREFIXES = ("refs/remotes/origin/", "refs/heads/", "remotes/origin/", "heads/", "origin/")
_USUAL = ("main", "master")


@dataclass(frozen=True, slots=True)
class Base:
    """A commit to compare with, in words as well; `commit` is '' where there is none. `branch` is its branch."""

    commit: str = ""
    words: str = ""
    branch: str = ""
    notes: tuple[str, ...] = ()


def find_base(work: WorkTree, configuration: Configuration, asked: str, head: str = "HEAD") -> Base:
    """Return what to compare with: where `head` and the revision that is asked for went apart.

    When nothing is asked for: where it left the nearest of the branches it can have come from, which are the remote's
    default branch and those of the environments. NotFoundError for an unknown revision.
    """
    if asked:
        return _forked(work, asked, plain_branch(asked), head)
    if not work.resolve(head):
        return Base()
    best: Base | None = None
    for name in _branches(work, configuration):
        revision = _revision(work, name)
        if revision is None:
            continue
        found = _forked(work, revision, name, head)
        if best is None or _is_nearer(work, found, best):
            best = found
    if best is None and work.branch:
        best = _forked(work, f"refs/heads/{work.branch}", work.branch, head)
    return best or Base()


def default_branch(work: WorkTree, configuration: Configuration) -> str:
    """Return the name of the remote's default branch, or what comes nearest to it."""
    known = [work.default_branch, *(one.branch for one in configuration.environments if not one.after), *_USUAL]
    here = (name for name in known if name and _revision(work, name))
    return next(here, work.branch or known[1])


def target_branch(base: Base, work: WorkTree, configuration: Configuration) -> str:
    """Return the branch that a change is taken to go into: one that an environment deploys from, if any is near."""
    known = [one.branch for one in configuration.environments]
    if not known:
        return base.branch or work.branch or "HEAD"
    near = (base.branch, work.branch, default_branch(work, configuration))
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


def _branches(work: WorkTree, configuration: Configuration) -> Sequence[str]:
    names = [default_branch(work, configuration), *(one.branch for one in configuration.environments)]
    return tuple(dict.fromkeys(names))


def _revision(work: WorkTree, branch: str) -> str | None:
    return next((one for one in _places(branch) if work.resolve(one)), None)


def _places(branch: str) -> Iterator[str]:
    yield f"refs/remotes/origin/{branch}"
    yield f"refs/heads/{branch}"


def _forked(work: WorkTree, revision: str, branch: str, head: str) -> Base:
    tip = work.resolve(revision)
    if tip is None:
        work.open(revision)  # says why there is none
        raise NotFoundError(f"there is no revision {revision!r} here")
    name = revision.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    common = work.merge_base(tip, head) if work.resolve(head) else tip
    if common == tip:
        return Base(tip, f"{name} ({short(tip)})", branch)
    if common is None:
        why = "this clone is shallow" if work.is_shallow else "they have no history in common"
        note = f"where HEAD and {name} went apart is not known ({why}), so it is compared with {name} as it stands"
        return Base(tip, f"{name} ({short(tip)})", branch, (note,))
    return Base(common, f"{name} where it was left ({short(common)})", branch)


def _is_nearer(work: WorkTree, one: Base, other: Base) -> bool:
    """Say whether one base lies between another and what is compared with it."""
    return one.commit != other.commit and work.merge_base(one.commit, other.commit) == other.commit
