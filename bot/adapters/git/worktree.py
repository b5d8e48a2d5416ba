"""Which files lie in the directory somebody works in, committed, staged or neither, with nothing of it changed?

What is not committed is put together in a repository of our own, in a temporary directory: it has a copy of the
user's index, borrows the user's objects, and writes its own beside them (git may touch the times of those that are
there already). The configuration of the user's repository says nothing there, so no filter, hook, file system monitor
or submodule runs. `.gitattributes` hold as far as git itself carries them out (ends of lines, encodings); a changed
file that Git LFS would take stays what it is on disk, and `core.autocrlf` is off.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

from bot.adapters.git.command import GitError, GitProgram
from bot.adapters.git.desk import borrowed, copy_index, find_desk
from bot.adapters.git.difference import FileChange, changes
from bot.adapters.git.limits import LIMITS, Limits
from bot.adapters.git.names import is_object_id
from bot.adapters.git.objects import Objects
from bot.adapters.git.pending import find_pending
from bot.adapters.git.tree import GitTree
from bot.errors import NotFoundError, UserError
from bot.model.repository import Repository
from bot.model.tree import Tree

_T = TypeVar("_T")
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[^@/:\s]{2,}):(?P<path>[^:\s]+)")
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")


class WorkTree:
    """The repository around a directory, or that directory alone when it lies in none. A context manager.

    `index` is what git tells a hook in GIT_INDEX_FILE, '' for the index of the repository. Trees can be read until
    the work tree is closed. Revisions are whatever git takes for one (`HEAD~2`, `origin/main`, an id), or tree ids.
    UserError where git cannot read the repository.
    """

    def __init__(self, path: Path, *, index: str = "", limits: Limits = LIMITS) -> None:
        self._desk = find_desk(path)
        self._limits = limits
        self._index = self._desk.top / index if index else self._desk.index
        self._stack = contextlib.ExitStack()
        self._own: GitProgram = self._stack.enter_context(borrowed(self._desk))
        self._objects = Objects(self._own, limits=limits, explain=self._explained)
        self._stack.callback(self._objects.close)
        self.notes: tuple[str, ...] = ()  # what the last `open_working` did not read

    @property
    def top(self) -> Path:
        return self._desk.top

    @property
    def is_repository(self) -> bool:
        return self._desk.git_dir is not None

    @property
    def is_shallow(self) -> bool:
        """Say whether history ends early, as in most CI jobs: a merge base may be missing then."""
        return self._desk.is_shallow

    @property
    def branch(self) -> str:
        """Return the name of the branch that is checked out, '' for none."""
        return self._line("symbolic-ref", "--quiet", "--short", "HEAD") or ""

    @property
    def origin(self) -> Repository | None:
        """Return the repository that the remote "origin" names, None when it is not of the form "owner/name"."""
        return repository_of(self._desk.settings.get("remote.origin.url", ""))

    @property
    def host(self) -> str:
        """Return the host where the remote "origin" lives, '' when that is no host's repository."""
        return host_of(self._desk.settings.get("remote.origin.url", ""))

    @property
    def default_branch(self) -> str:
        """Return the default branch of the remote "origin", as it was when it was cloned; '' when that is not known."""
        found = self._line("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD") or ""
        return found.removeprefix("origin/")

    @property
    def git_dir(self) -> Path | None:
        """Return where git keeps its own files, None for a directory that lies in no repository."""
        return self._desk.git_dir

    @property
    def objects(self) -> Path | None:
        """Return where the repository's objects lie."""
        return self._desk.objects

    @property
    def object_format(self) -> str:
        return self._desk.object_format

    def refs(self) -> Mapping[str, str]:
        """Return the branches here, those of the remote "origin", and the tags: full name to id; 10,000 at most."""
        kinds = ("refs/heads/", "refs/remotes/origin/", "refs/tags/")
        found = self._line("for-each-ref", "--count=10000", "--format=%(objectname) %(refname)", *kinds) or ""
        return {name: id for id, _, name in (line.partition(" ") for line in found.splitlines())}

    def resolve(self, revision: str) -> str | None:
        """Return the id of the commit a revision names, or None."""
        if not revision or "\0" in revision:
            return None
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return self._line(*asked, ok=(0, 1, 128))

    def merge_base(self, one: str, two: str) -> str | None:
        """Return the best common ancestor of two revisions, None when no history that is here has one."""
        return self._line("merge-base", self._commit(one), self._commit(two))

    def open(self, revision: str) -> Tree:
        """Return the files of a revision or tree id. NotFoundError when there is none of that name."""
        return self._tree(self._tree_id(revision))

    def open_staged(self) -> Tree:
        """Return the files as the index has them: what a commit would hold."""
        return self._tree(self._explaining(self._write_staged))

    def open_working(self) -> Tree:
        """Return the files as they lie in the directory: tracked ones, and others that are not ignored.

        What cannot be read is as the index has it, and told in `notes`.
        """
        return self._tree(self._explaining(self._write_working))

    def diff(self, base: str, head: str) -> Sequence[FileChange]:
        """Return the files in which two revisions or tree ids differ, and what became of each."""
        return changes(self._objects, self._tree_id(base), self._tree_id(head))

    def changed_paths(self, base: str, head: str) -> Sequence[str]:
        """Return the paths in which two revisions or tree ids differ; of a renamed file both names."""
        return [change.path for change in self.diff(base, head)]

    def close(self) -> None:
        """Remove what was written for the trees that were opened."""
        self._stack.close()

    def __enter__(self) -> WorkTree:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_staged(self) -> str:
        copy_index(self._index, self._own.git_dir)
        try:
            return self._own.line("write-tree", "--missing-ok")
        except GitError as error:
            if "unmerged" not in error.words:
                raise
            how = "resolve them, and git add them"
            raise UserError("the index has files with merge conflicts", where=str(self.top), how=how) from error

    def _write_working(self) -> str:
        copy_index(self._index, self._own.git_dir)
        pending = find_pending(self._own, self.top, self._limits.file_bytes)
        self.notes = tuple(sorted(pending.notes))
        pending.apply(self._own)
        return self._own.line("write-tree", "--missing-ok")

    def _tree(self, id: str) -> GitTree:
        return GitTree(self._objects, id, str(self.top))

    def _tree_id(self, revision: str) -> str:
        found = self._objects.find(revision, "tree") if is_object_id(revision) else None
        found = found or self._objects.find(self._commit(revision), "tree")
        if found is None:
            raise self._missing(revision)
        return found

    def _commit(self, revision: str) -> str:
        if found := self.resolve(revision):
            return found
        raise self._missing(revision)

    def _missing(self, revision: str) -> NotFoundError:
        how = "fetch it, or name a branch, tag or commit that is here"
        if not self.is_repository:
            how = "this directory lies in no git repository"
        elif self.is_shallow:
            how = "this clone is shallow: git fetch --unshallow, or fetch-depth: 0 where actions/checkout makes it"
        return NotFoundError(f"there is no revision {revision!r} here", where=str(self.top), how=how)

    def _line(self, *arguments: str, ok: Collection[int] = (0, 1)) -> str | None:
        """Ask the user's repository, and return git's one line; None when it says no."""
        if self._desk.git_dir is None:
            return None
        program = GitProgram(self._desk.git_dir, work_tree=self.top)
        completed = self._explaining(lambda: program.run(*arguments, ok=ok))
        return completed.stdout.decode(errors="surrogateescape").strip() if completed.status == 0 else None

    def _explaining(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except GitError as error:
            raise self._explained(error) from error

    def _explained(self, error: GitError) -> Exception:
        how = "a partial clone lacks files: clone it without --filter; else see git fsck" if error.damage else ""
        return UserError(f"git {error.args[0]}", where=str(self.top), how=how)


def host_of(url: str) -> str:
    """Return the host in a git URL, without user and port; '' when there is none."""
    if "://" in url:
        host = (urlsplit(url).hostname or "") if _is_remote(url) else ""
    else:
        scp = _SCP.fullmatch(url)
        host = scp["host"].lower() if scp else ""
    return host.removeprefix("ssh.")  # ssh.github.com is GitHub's door for those behind a firewall


def repository_of(url: str) -> Repository | None:
    """Return the repository a git URL names when its path is owner and name, as everywhere on GitHub; else None."""
    if "://" in url:
        path = urlsplit(url).path if _is_remote(url) else ""
    else:
        scp = _SCP.fullmatch(url)
        path = scp["path"] if scp else ""
    names = path.strip("/").removesuffix(".git").split("/")
    if len(names) != 2 or not all(_PART.fullmatch(name) for name in names):
        return None
    return Repository(*names)


def _is_remote(url: str) -> bool:
    return urlsplit(url).scheme in ("https", "http", "ssh", "git")
