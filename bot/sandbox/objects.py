"""What do commits, tree entries and diffs look like, as git prints them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, of a commit."""

    name: str
    email: str
    time: datetime

    def header(self) -> str:
        """Return the signature as a commit object holds it."""
        return f"{self.name} <{self.email}> {int(self.time.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class CommitObject:
    """A commit as the object store holds it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree; `size` is None but for blobs."""

    mode: str
    kind: Literal["blob", "tree", "commit"]
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file between two trees. `patch` is None for binary files."""

    path: str
    previous: str | None
    status: Literal["added", "removed", "modified", "renamed"]
    sha: str
    additions: int
    deletions: int
    patch: str | None


def _parse_signature(text: str) -> Signature:
    who, _, when = text.rpartition("> ")
    name, _, email = who.partition(" <")
    return Signature(name.strip(), email, datetime.fromtimestamp(int(when.split()[0]), UTC))


def parse_commit(sha: str, text: str) -> CommitObject:
    """Read what `git cat-file commit` prints."""
    head, _, message = text.partition("\n\n")
    fields = [line.partition(" ")[::2] for line in head.split("\n") if not line.startswith(" ")]
    single = dict(fields)
    parents = tuple(value for key, value in fields if key == "parent")
    author, committer = _parse_signature(single["author"]), _parse_signature(single["committer"])
    return CommitObject(sha, single["tree"], parents, author, committer, message.rstrip("\n"))


def parse_entry(line: str) -> TreeEntry:
    """Read one line of `git ls-tree -z -l`."""
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    assert kind in ("blob", "tree", "commit")
    number = int(size) if size != "-" else None
    return TreeEntry(mode, "blob" if kind == "blob" else "tree" if kind == "tree" else "commit", sha, number, path)


def parse_changes(raw: str, patch: str) -> list[FileChange]:
    """Read `git diff-tree -z --raw --numstat` and the patch of the same two trees."""
    fields = iter(raw.split("\0"))
    rows: dict[str, tuple[str, str | None, str]] = {}
    counts: dict[str, tuple[int, int, bool]] = {}
    for field in fields:
        if field.startswith(":"):
            _, _, old, new, status = field.split()
            first = next(fields)
            path, previous = (next(fields), first) if status[0] in "RC" else (first, None)
            rows[path] = (status[0], previous, old if status[0] == "D" else new)
        elif field:
            added, deleted, path = field.split("\t", 2)
            if not path:
                next(fields)
                path = next(fields)
            counts[path] = (int(added), int(deleted), False) if added != "-" else (0, 0, True)
    patches = ["diff --git " + part for part in ("\n" + patch).split("\ndiff --git ")[1:]]
    changes = []
    for (path, (letter, previous, sha)), text in zip(rows.items(), patches, strict=False):
        added_, deleted_, binary = counts.get(path, (0, 0, False))
        start = text.find("\n@@ ")
        hunk = text[start + 1 :].rstrip("\n") if start >= 0 and not binary else None
        word: Literal["added", "removed", "modified", "renamed"] = (
            "added" if letter == "A" else "removed" if letter == "D" else "renamed" if letter == "R" else "modified"
        )
        changes.append(FileChange(path, previous, word, sha, added_, deleted_, hunk))
    return changes
