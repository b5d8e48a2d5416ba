"""How do the flows reach git? This is `bot.ports.Git` over a directory of mirrors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.adapters.git.bringing import bring
from bot.adapters.git.command import GitError, Remote
from bot.adapters.git.difference import FileChange
from bot.adapters.git.grafting import directory, graft, put
from bot.adapters.git.limits import LIMITS, Limits
from bot.adapters.git.merging import merge_trees, overlay
from bot.adapters.git.mirror import Mirror
from bot.adapters.git.names import checked_ref, is_object_id, mirror_path
from bot.adapters.git.opened import OpenMirrors, explained
from bot.adapters.git.reads import Reads, bounded
from bot.adapters.git.records import read_records
from bot.adapters.git.ref_files import may_hold
from bot.adapters.git.tags import tag_message, tags, write_tag
from bot.adapters.git.tree import GitTree
from bot.adapters.pruning import prune
from bot.errors import NotFoundError, RefusedError, TransientError
from bot.model.repository import Commit, Repository
from bot.model.tree import Tree
from bot.ports import Git, MergeOutcome, RefMove, RefRecord
from bot.promotion.locks import PREFIX

_T = TypeVar("_T")


_MOST_WRITTEN = 2_000  # commits remembered


class GitMirrors:
    """Mirrors below `directory/mirrors`, checkouts below `directory/checkouts`.

    `remote_url` gives the plain URL of a repository, `token` the token to reach it with ('' for none); the
    token is asked for only when git goes over the network. A token that GitHub does not take is told to `forget`,
    and the next one is tried once. `name` and `email` sign the commits we write.

    Where a method says revision it takes a full object id, an id of 7 characters or more, a ref (`refs/…`),
    or a branch name. Unknown revisions raise NotFoundError, damage in the mirror TransientError: the next
    fetch mends it.
    """

    def __init__(  # noqa: PLR0913 - the composition root calls this once, by name
        self,
        directory: Path,
        remote_url: Callable[[Repository], str],
        token: Callable[[Repository], str],
        *,
        forget: Callable[[Repository], None] = lambda _: None,
        name: str = "Lockkeeper",
        email: str = "lockkeeper[bot]@users.noreply.github.com",
        limits: Limits = LIMITS,
    ) -> None:
        self._directory, self._remote_url, self._token, self._forget = directory, remote_url, token, forget
        self._name, self._email = name, email
        self._opened = OpenMirrors(limits)
        self._written: dict[tuple[object, ...], str] = {}

    def fetch(self, repository: Repository, refs: Sequence[str] = ()) -> None:
        """Bring all branches, and the refs named (`refs/pull/7/head`), up to date; clone what is missing."""
        self._renewing(repository, lambda: self._mirror(repository).fetch(refs))

    def resolve(self, repository: Repository, revision: str) -> str | None:
        """Return the id of the commit a revision names, or None."""
        with self._reads(repository) as reads:
            return reads.resolve(revision)

    def tree(self, repository: Repository, commit: str) -> str:
        """Return the id of a commit's tree."""
        with self._reads(repository) as reads:
            return reads.tree(commit)

    def directory(self, repository: Repository, revision: str, path: str) -> str | None:
        """Return the tree id of a directory of a revision or tree id ('' is the top), None where there is none."""
        with self._reads(repository) as reads:
            return directory(reads, revision, path)

    def graft(self, repository: Repository, revision: str, path: str, tree: str) -> str:
        """Write the tree of a revision with the directory at `path` being `tree`; an empty one takes it away."""
        with self._reads(repository) as reads:
            return graft(reads, revision, path, tree)

    def put(self, repository: Repository, revision: str, files: Mapping[str, bytes]) -> str:
        """Write the tree of a revision with the contents of some of its files, or new ones, replaced."""
        with self._reads(repository) as reads:
            return put(reads, revision, files)

    def bring(self, repository: Repository, source: Repository, tree: str) -> str:
        """Copy a tree and all below it from another mirror into this repository's; return its id."""
        with self._reads(source) as there, self._reads(repository) as here:
            bring(there.program, here.program, tree)
        return tree

    def merge_base(self, repository: Repository, one: str, two: str) -> str | None:
        """Return the best common ancestor of two commits, None when their histories share nothing."""
        with self._reads(repository) as reads:
            return reads.merge_base(one, two)

    def is_ancestor(self, repository: Repository, ancestor: str, descendant: str) -> bool:
        """Say whether one commit is, or is reached from, another."""
        with self._reads(repository) as reads:
            return reads.is_ancestor(ancestor, descendant)

    def commits(
        self, repository: Repository, *, since: str | None, until: str, limit: int = 250, paths: Sequence[str] = ()
    ) -> Sequence[Commit]:
        """Return the commits `until` reaches and `since` does not, newest first, at most `limit`.

        With paths only those of the first-parent line that made something else of what lies at one of them.
        The author is a login where the address is one of GitHub's noreply addresses, else a name. Anyone can
        write either into a commit: it is for telling, not for deciding.
        """
        with self._reads(repository) as reads:
            return reads.commits(since, until, limit, paths)

    def changed_paths(self, repository: Repository, base: str, head: str) -> Sequence[str]:
        """Return the paths in which two revisions or tree ids differ; of a renamed file both names."""
        return [change.path for change in self.diff(repository, base, head)]

    def diff(self, repository: Repository, base: str, head: str) -> Sequence[FileChange]:
        """Return the files in which two revisions or tree ids differ, and what became of each."""
        with self._reads(repository) as reads:
            return reads.changes(base, head)

    def open(self, repository: Repository, revision: str) -> Tree:
        """Return the files of a revision or tree id, to be read while the mirror exists; see `GitTree`."""
        with self._reads(repository) as reads:
            return GitTree(reads.objects, reads.tree(revision), repository.full_name)

    def read(self, repository: Repository, revision: str, path: str) -> bytes | None:
        """Return the content of a file, None when the revision has none at that path."""
        with self._reads(repository) as reads:
            return reads.read(revision, path)

    def list(self, repository: Repository, revision: str, path: str = "") -> Sequence[str]:
        """Return the paths (from the top) of all regular files below `path`, in git's order."""
        with self._reads(repository) as reads:
            return [entry.path for entry in reads.entries(revision, path) if entry.is_file]

    def merge_trees(  # noqa: PLR0913 - the sides of one merge, by name
        self,
        repository: Repository,
        *,
        base: str | None,
        source: str,
        target: str,
        protect: Sequence[str],
        prefix: str = "",
    ) -> MergeOutcome:
        """Merge what `source` changed since `base` into `target`; see `bot.adapters.git.merging`."""
        with self._reads(repository) as reads:
            return merge_trees(reads, base=base, source=source, target=target, protect=protect, prefix=prefix)

    def overlay(
        self, repository: Repository, *, source: str, target: str, protect: Sequence[str], prefix: str = ""
    ) -> str:
        """Lay the files of `source` over those of `target`; see `bot.adapters.git.merging`."""
        with self._reads(repository) as reads:
            return overlay(reads, source=source, target=target, protect=protect, prefix=prefix)

    def write_commit(
        self, repository: Repository, *, tree: str, parents: Sequence[str], message: str, time: datetime
    ) -> str:
        """Write a commit by Lockkeeper into the mirror; the same input gives the same id."""
        date = f"@{bounded(int(time.timestamp()))} +0000"
        signed = {
            f"GIT_{role}_{what}": text
            for role in ("AUTHOR", "COMMITTER")
            for what, text in (("NAME", self._name), ("EMAIL", self._email), ("DATE", date))
        }
        with self._reads(repository) as reads:
            ids = [word for parent in parents for word in ("-p", reads.commit(parent))]
            top = tree if is_object_id(tree) else reads.tree(tree)
            asked = (reads.program.git_dir, top, *ids, message, date)
            known = self._written.get(asked, "")
            if known and reads.objects.find(known, "commit"):  # converging writes the same again and again
                return known
            made = reads.program.line("commit-tree", top, *ids, "-F", "-", input=message.encode(), env=signed)
            if len(self._written) >= _MOST_WRITTEN:
                self._written.clear()
            self._written[asked] = made
            return made

    def push(self, repository: Repository, *, branch: str, commit: str, expected: str | None) -> bool:
        """Move a branch on GitHub from `expected` (None: absent) to `commit`; False when it is there already.

        TransientError when the branch is elsewhere, RefusedError with GitHub's words when a rule forbids it.
        """
        with self._reads(repository) as reads:
            ids = (reads.commit(commit), expected)
        return self._renewing(repository, lambda: self._mirror(repository).push(branch, *ids))

    def records(self, repository: Repository) -> Sequence[RefRecord]:
        """Return what stands below `refs/lockkeeper/`, as it was fetched."""
        with self._reads(repository) as reads:
            return read_records(reads.program) if may_hold(reads.program.git_dir, PREFIX) else []

    def push_records(self, repository: Repository, moves: Sequence[RefMove]) -> None:
        """Move refs below `refs/lockkeeper/` on GitHub, all of them or none.

        TransientError when one is not where it was expected, RefusedError with GitHub's words when a rule forbids it.
        """
        self._renewing(repository, lambda: self._mirror(repository).push_records(moves))

    def tags(self, repository: Repository) -> Mapping[str, str]:
        """Return the tags that were fetched and lead to a commit: name to commit id."""
        with self._reads(repository) as reads:
            return tags(reads.program)

    def tag_message(self, repository: Repository, name: str) -> str:
        """Return what an annotated tag says, '' for one without words and where there is none."""
        with self._reads(repository) as reads:
            return tag_message(reads.program, name)

    def push_tag(self, repository: Repository, *, name: str, commit: str, message: str, time: datetime) -> bool:
        """Make an annotated tag by Lockkeeper on GitHub; False when it is there already.

        TransientError when another one of that name is there: tags are never moved.
        """
        ref = checked_ref(f"refs/tags/{name}", name)
        signature = f"{self._name} <{self._email}> {bounded(int(time.timestamp()))} +0000"
        with self._reads(repository) as reads:
            made = write_tag(reads.program, name, reads.commit(commit), signature, message)
        return self._renewing(repository, lambda: self._mirror(repository).push_ref(ref, made, None, f"the tag {name}"))

    def prune(self, max_age: float) -> int:
        """Tidy the mirrors, remove checkouts unused for `max_age` seconds, and return how many those were."""
        for head in (self._directory / "mirrors").glob("*/*.git/HEAD"):
            called = f"{head.parent.parent.name}/{head.parent.stem}"
            self._mirror(Repository.parse(called)).tidy()
        self.close()  # a git that runs holds on to packs that are gone
        return prune(self._directory / "checkouts", max_age)

    def close(self) -> None:
        """End the processes that read mirrors. A tree that is asked afterwards starts its own again."""
        self._opened.close()

    def _mirror(self, repository: Repository) -> Mirror:
        return Mirror(
            mirror_path(self._directory, repository),
            lambda: Remote(self._remote_url(repository), self._token(repository)),
            repository.full_name,
        )

    def _renewing(self, repository: Repository, act: Callable[[], _T]) -> _T:
        """Act; when GitHub does not take our token, once more with another; then TransientError."""
        try:
            return act()
        except RefusedError as error:
            if error.status != 401:
                raise
        self._forget(repository)
        try:
            return act()
        except RefusedError as error:
            if error.status != 401:
                raise
            raise TransientError(f"GitHub does not take our token for {repository}: {error.reason}") from error

    @contextlib.contextmanager
    def _reads(self, repository: Repository) -> Iterator[Reads]:
        """Open the mirror for reading; damage met meanwhile marks it for the next fetch."""
        mirror = self._mirror(repository)
        if not mirror.exists():
            raise NotFoundError(f"{repository} was not fetched yet", reason="no mirror")
        opened = self._opened.of(mirror)
        try:
            yield Reads(mirror.program, opened.objects, repository.full_name, opened.known)
        except GitError as error:
            opened.known.clear()
            raise explained(error, mirror) from error


def as_port(mirrors: GitMirrors) -> Git:
    """Return the mirrors as the port the flows know; mypy checks here that they keep its contract."""
    return mirrors
