"""What does a mirror hold: commits, trees and files, by object id?"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bot.adapters.git.command import GitError, GitProgram
from bot.adapters.git.difference import FileChange, changes
from bot.adapters.git.names import checked_ref, is_abbreviation, is_object_id, is_safe_path
from bot.adapters.git.objects import LargeObjectError, Objects
from bot.adapters.git.ref_files import may_hold
from bot.errors import NotFoundError, UserError
from bot.model.repository import Commit

LATEST = 253_402_300_799  # seconds since 1970 of the last moment that datetime can hold
_LOG = "--format=%H%n%P%n%at%n%an%n%ae%n%B"
_REV_PARSE = ("rev-parse", "--verify", "--quiet", "--end-of-options")
_NOREPLY = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree: git's mode ("100644"), object type and id; `size` in bytes, -1 when not a blob."""

    mode: str
    type: str
    id: str
    size: int
    path: str

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755", "100664")  # the last is from before 2005 and still valid


@dataclass(frozen=True, slots=True)
class Reads:
    """Reads of one mirror. A revision is a full object id, a ref, a branch name or 7 characters of an id.

    `known` holds which commit or tree a full id led to; what an id names never changes.
    """

    program: GitProgram
    objects: Objects
    called: str  # owner/name, for messages
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def resolve(self, revision: str) -> str | None:
        """Return the id of the commit a revision names, or None. An id is what it looks like first."""
        if is_abbreviation(revision) and (found := self._commit_of(revision)):
            return found
        try:
            refs = [checked_ref(revision)] if revision.startswith("refs/") else [
                checked_ref(f"refs/{kind}/{revision}") for kind in ("heads", "tags")
            ]  # fmt: skip
        except UserError:
            return None
        for ref in refs:
            if found := self._object(ref, "commit"):
                return found
            if may_hold(self.program.git_dir, ref) and self.program.run(*_REV_PARSE, ref, ok=(0, 1, 128)).status == 0:
                raise GitError("rev-parse", 128, f"bad object: {ref} does not point to a valid object")
        return None

    def commit(self, revision: str) -> str:
        """Return the id of the commit a revision names; NotFoundError when there is none."""
        if found := self.resolve(revision):
            return found
        raise self._missing(revision)

    def tree(self, revision: str) -> str:
        """Return the id of the tree that a revision, or a tree's own id, names; NotFoundError without one."""
        if is_object_id(revision):
            found = self._object(revision, "tree")
        else:
            commit = self.resolve(revision)
            found = commit and self._object(commit, "tree")
        if found:
            return found
        raise self._missing(revision)

    def merge_base(self, one: str, two: str) -> str | None:
        completed = self.program.run("merge-base", self.commit(one), self.commit(two), ok=(0, 1))
        return completed.stdout.decode().strip() or None

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        arguments = ("merge-base", "--is-ancestor", self.commit(ancestor), self.commit(descendant))
        return self.program.run(*arguments, ok=(0, 1)).status == 0

    def commits(self, since: str | None, until: str, limit: int, paths: Sequence[str] = ()) -> Sequence[Commit]:
        """Return what `until` reaches and `since` does not: children before parents, newest first.

        With paths only the commits of the first-parent line that made something else of one of them.
        """
        ids = [self.commit(until), *([f"^{self.commit(since)}"] if since else [])]
        line = ["--first-parent"] if paths else []
        completed = self.program.run(
            "log", "-z", "--topo-order", "--encoding=UTF-8", "--no-show-signature", "--no-color",
            "--no-notes", f"--max-count={limit}", *line, _LOG, *ids, "--", *paths,
        )  # fmt: skip
        return [_commit(text) for text in completed.stdout.decode(errors="replace").split("\0") if text.strip()]

    def changes(self, base: str, head: str) -> Sequence[FileChange]:
        """Return the files that differ between two trees; a renamed file counts with both its names."""
        return changes(self.objects, self.tree(base), self.tree(head))

    def entries(self, revision: str, path: str = "", *, max_output: int = 1 << 28) -> Sequence[Entry]:
        """Return everything below `path` ('' is the top) but directories, in git's order."""
        path = path.strip("/")
        if path and not is_safe_path(path):
            return []
        tree = self.tree(revision)
        completed = self.program.run(
            "ls-tree",
            "-r",
            "-l",
            "-z",
            "--full-tree",
            tree,
            "--",
            *([path] if path else []),
            max_output=max_output,
        )
        return [_entry(record) for record in completed.stdout.split(b"\0") if record]

    def read(self, revision: str, path: str) -> bytes | None:
        """Return the bytes of a file (of a symbolic link: where it points), None when there is none."""
        if not is_safe_path(path):
            return None
        *parents, name = path.split("/")
        here = self.tree(revision)
        for parent in parents:
            item = self.objects.directory(here).items.get(parent)
            if item is None or not item.is_directory:
                return None
            here = item.id
        item = self.objects.directory(here).items.get(name)
        if item is None or not (item.is_file or item.is_link):
            return None
        try:
            return self.objects.blob(item.id)
        except LargeObjectError as error:
            raise UserError(
                f"{path} has {error.size} bytes, and Lockkeeper does not read it", where=self.called
            ) from error

    def blobs(self, ids: Sequence[str]) -> Sequence[bytes]:
        """Return the contents of several blobs, in order."""
        if not ids:
            return []
        completed = self.program.run("cat-file", "--batch", input="".join(f"{one}\n" for one in ids).encode())
        found: list[bytes] = []
        rest = memoryview(completed.stdout)
        for one in ids:
            header, at = _line(rest)
            words = header.split(" ")
            if words[0] != one or words[1:2] != ["blob"]:
                raise GitError("cat-file", 128, f"missing blob {one}: {header}")
            size = int(words[2])
            found.append(bytes(rest[at : at + size]))
            rest = rest[at + size + 1 :]
        return found

    def _commit_of(self, digits: str) -> str | None:
        """Return the one commit whose id is, or begins with, these digits; refs are not asked."""
        if is_object_id(digits):
            return self._object(digits, "commit")
        ids = self.program.line("rev-parse", f"--disambiguate={digits}").split()
        commits = {found for one in ids if (found := self._object(one, "commit"))}
        return commits.pop() if len(commits) == 1 else None

    def _object(self, name: str, kind: Literal["commit", "tree"]) -> str | None:
        """Return the id of the object a safe name leads to, or None; tags and commits are followed."""
        if found := self.known.get((name, kind)):
            return found
        found = self.objects.find(name, kind)
        if found and is_object_id(name):
            self.known[name, kind] = found
        return found

    def _missing(self, revision: str) -> NotFoundError:
        return NotFoundError(
            f"{self.called} has no {revision!r}",
            reason="unknown revision",
            how="name a branch, or a commit that was pushed, by its full id or at least 7 characters of it",
        )


def _line(text: memoryview) -> tuple[str, int]:
    """Return the first line, and where the next begins."""
    head = bytes(text[:200])
    end = head.find(b"\n")
    return head[:end].decode(errors="replace"), end + 1


def _entry(record: bytes) -> Entry:
    meta, _, path = record.partition(b"\t")
    mode, kind, name, size = meta.decode().split()
    return Entry(mode, kind, name, int(size) if size.isdigit() else -1, os.fsdecode(path))


def bounded(seconds: int) -> int:
    """Return seconds since 1970 as near as they can be to what was asked, within what git and datetime both hold."""
    return min(max(seconds, 0), LATEST)


def _within(written: str) -> int:
    """Return the time of a commit; anyone can write any number there, and one that git cannot read is left out."""
    return bounded(int(written)) if re.fullmatch(r"-?[0-9]{1,30}", written) else 0


def _commit(text: str) -> Commit:
    sha, parents, seconds, name, email, message = text.lstrip("\n").split("\n", 5)
    login = _NOREPLY.fullmatch(email)
    return Commit(
        sha=sha,
        message=message.strip("\n"),
        author=login[1] if login else name,
        parents=tuple(parents.split()),
        time=datetime.fromtimestamp(_within(seconds), UTC),
    )
