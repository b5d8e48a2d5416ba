"""What comes out when the changes of a source, since a known base, meet the target?

git does the merging (`git merge-tree --write-tree`, git-merge-tree(1)) and takes no base before version 2.40.
So the three trees are dressed as commits of our own: one for the base, without parents, and one each for
source and target whose only parent it is. History has then no say in what the base is, which is what keeps
squash-merged promotions from conflicting with themselves.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.adapters.git.command import EMPTY_TREE, GitError, GitProgram
from bot.adapters.git.patterns import matches
from bot.adapters.git.reads import Entry, Reads
from bot.ports import MergeConflict, MergeOutcome

MAX_TEXT = 20_000  # characters of one side of a conflict
_MAX_READ = 1_000_000  # bytes; a longer side is not read at all
_KIND = re.compile(r"CONFLICT \(([^)]*)\)")
_NOBODY = {
    "GIT_AUTHOR_NAME": "merge", "GIT_AUTHOR_EMAIL": "merge", "GIT_AUTHOR_DATE": "@0 +0000",
    "GIT_COMMITTER_NAME": "merge", "GIT_COMMITTER_EMAIL": "merge", "GIT_COMMITTER_DATE": "@0 +0000",
}  # fmt: skip


def merge_trees(  # noqa: PLR0913 - the sides of one merge, by name
    reads: Reads, *, base: str | None, source: str, target: str, protect: Sequence[str], prefix: str = ""
) -> MergeOutcome:
    """Merge what `source` changed since `base` into `target`; all are revisions or tree ids.

    Without a base the merge base of both is taken; where histories share none, the base is empty: files that
    only one side has are kept, files that both have and that differ are conflicts. Paths that match `protect`
    (see `patterns`) are in the outcome what they are in the target, absent ones included; `prefix` is the directory
    that the trees are in the target, which the patterns count from its top.
    """
    program = reads.program
    ours, theirs = reads.tree(target), reads.tree(source)
    base = reads.merge_base(source, target) if base is None else base
    origin = reads.tree(base) if base else EMPTY_TREE
    if protect:
        kept = _protected(reads, ours, protect, prefix)
        theirs = _with(program, theirs, _protected(reads, theirs, protect, prefix), kept)
        origin = _with(program, origin, _protected(reads, origin, protect, prefix), kept)
    if theirs in (ours, origin):
        return MergeOutcome(ours)
    if ours == origin:
        return MergeOutcome(theirs)
    root = program.line("commit-tree", origin, input=b"", env=_NOBODY)
    sides = [program.line("commit-tree", tree, "-p", root, input=b"", env=_NOBODY) for tree in (ours, theirs)]
    completed = program.run("merge-tree", "--write-tree", "-z", "--messages", *sides, ok=(0, 1))
    tree, rest = completed.stdout.split(b"\0", 1)
    if completed.status == 0:
        return MergeOutcome(tree.decode())
    return MergeOutcome("", _conflicts(reads, rest))


def overlay(reads: Reads, *, source: str, target: str, protect: Sequence[str], prefix: str = "") -> str:
    """Return the target's tree with all files of the source laid over it, protected ones left as they are.

    Files that only the target has stay, unless one of the source's is where their directory was.
    """
    ours, theirs = reads.tree(target), reads.tree(source)
    files = {} if theirs == EMPTY_TREE else {entry.path: entry for entry in reads.entries(theirs)}
    laid = {path: entry for path, entry in files.items() if not matches(protect, f"{prefix}/{path}".lstrip("/"))}
    there = {} if ours == EMPTY_TREE else {entry.path: entry for entry in reads.entries(ours)}
    return _with(reads.program, ours, {path: there[path] for path in laid if path in there}, laid)


def _protected(reads: Reads, tree: str, protect: Sequence[str], prefix: str) -> Mapping[str, Entry]:
    if tree == EMPTY_TREE:
        return {}
    top = f"{prefix}/" if prefix else ""
    return {entry.path: entry for entry in reads.entries(tree) if matches(protect, top + entry.path)}


def _with(program: GitProgram, tree: str, now: Mapping[str, Entry], then: Mapping[str, Entry]) -> str:
    """Return the tree with its entries `now` replaced by the entries `then`."""
    drop = [path for path in now if path not in then]
    put = [entry for path, entry in then.items() if now.get(path) != entry]
    if not drop and not put:
        return tree
    lines = [f"0 {'0' * len(tree)}\t{path}" for path in drop]
    lines += [f"{entry.mode} {entry.id}\t{entry.path}" for entry in put]
    with tempfile.TemporaryDirectory(prefix="lockkeeper-index-") as directory:
        env = {"GIT_INDEX_FILE": str(Path(directory) / "index")}
        program.run("read-tree", tree, env=env)
        records = b"".join(os.fsencode(line) + b"\0" for line in lines)
        program.run("update-index", "-z", "--replace", "--index-info", input=records, env=env)
        return program.line("write-tree", env=env)


def _conflicts(reads: Reads, report: bytes) -> tuple[MergeConflict, ...]:
    """Read what merge-tree says after the tree: conflicted entries, an empty record, then messages.

    Stages are those of git-merge-tree(1): 2 is ours, the target's; 3 is theirs, the source's.
    """
    files, _, messages = (b"\0" + report).partition(b"\0\0")
    sides: dict[str, dict[int, Entry]] = {}
    for record in files.split(b"\0"):
        meta, tab, name = record.partition(b"\t")
        if tab:
            mode, blob, stage = meta.decode().split()
            path = os.fsdecode(name)
            sides.setdefault(path, {})[int(stage)] = Entry(mode, "", blob, -1, path)
    kinds = _kinds(messages)
    if not sides and not kinds:
        raise GitError("merge-tree", 1, report.decode(errors="replace"))
    return tuple(
        MergeConflict(
            path,
            kinds.get(path, "content"),
            source=_text(reads, sides.get(path, {}).get(3)),
            target=_text(reads, sides.get(path, {}).get(2)),
        )
        for path in sorted({*sides, *kinds})
    )


def _kinds(messages: bytes) -> Mapping[str, str]:
    """Return git's word for each conflict ("content", "modify/delete", "add/add", "binary") by its path.

    A message is: how many paths, the paths, a short type, the text; all ended by NUL.
    """
    fields = iter(messages.lstrip(b"\0").split(b"\0"))
    kinds: dict[str, str] = {}
    for count in fields:
        if not count.strip().isdigit():
            break
        paths = [os.fsdecode(next(fields)) for _ in range(int(count))]
        kind, text = next(fields).decode(), next(fields).decode(errors="replace")
        if not kind.startswith("CONFLICT"):
            continue
        word = _KIND.search(text) or _KIND.search(kind)
        named = "binary" if "inary" in kind or "Cannot merge binary" in text else word[1] if word else kind
        kinds.setdefault(paths[0], named)
    return kinds


def _text(reads: Reads, entry: Entry | None) -> str:
    """Return one side of a conflict for people to read: its text, or a word on what it is instead."""
    if entry is None:
        return ""
    if entry.mode == "160000":
        return f"(submodule at {entry.id})"
    size = int(reads.program.line("cat-file", "-s", entry.id))
    if size > _MAX_READ:
        return f"({size} bytes, too long to show)"
    (content,) = reads.blobs([entry.id])
    if b"\0" in content[:8000]:
        return f"(binary, {size} bytes)"
    text = content.decode(errors="replace")
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n(cut here; {size} bytes in all)"
