"""Where can another program read the files of a tree as files?

Every tree is written once below `checkouts/<tree id>`, out of its blobs: no filters, no hooks, no symbolic
links (a link becomes a text file that says where it pointed), no submodules, no name that leads outside.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.adapters.git.limits import Limits
from bot.adapters.git.names import is_safe_path
from bot.adapters.git.reads import Entry, Reads
from bot.errors import UserError

_BATCH = 16 * 1024 * 1024  # bytes of blobs in memory at a time, or one blob if that is longer


def checkout(reads: Reads, directory: Path, revision: str, limits: Limits) -> Path:
    """Return the directory below `directory` that holds the files of the revision's tree.

    It appears complete or not at all, and may be used by several at once. UserError when the tree is larger
    than the limits, or holds names that no honest tree holds.
    """
    tree = reads.tree(revision)
    final = directory / tree
    with contextlib.suppress(FileNotFoundError):
        os.utime(final)  # for pruning: in use
        return final
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    entries = [entry for entry in reads.entries(tree) if entry.type == "blob"]
    _check(entries, limits, reads.called)
    temporary = Path(tempfile.mkdtemp(dir=directory, prefix=".new-"))
    try:
        with _names_explained(reads.called):
            _write(reads, entries, temporary)
        with contextlib.suppress(FileExistsError, OSError):  # another worker was faster: its copy is as good
            temporary.rename(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    os.utime(final)
    return final


def _check(entries: Sequence[Entry], limits: Limits, called: str) -> None:
    """Raise UserError for a tree that must not be written."""
    total = 0
    for entry in entries:
        total += entry.size
        if not is_safe_path(entry.path):
            raise UserError(
                f"the name {entry.path!r} leads outside its directory or into .git",
                where=called,
                how="remove the file from the branch",
            )
        if entry.size > limits.file_bytes:
            raise UserError(
                f"{entry.path} has {entry.size} bytes; Lockkeeper reads files up to {limits.file_bytes}",
                where=called,
            )
    if len(entries) > limits.files or total > limits.bytes:
        raise UserError(
            f"the tree holds {len(entries)} files of {total} bytes in all; "
            f"Lockkeeper reads up to {limits.files} files and {limits.bytes} bytes",
            where=called,
            how="keep large and generated files in another repository",
        )


@contextlib.contextmanager
def _names_explained(called: str) -> Iterator[None]:
    """Tell which name the file system cannot hold (twice the same, a file as a directory, too long)."""
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise UserError(f"the tree names {_name(error)} twice", where=called) from error
    except OSError as error:
        if error.errno not in (36, 63):  # ENAMETOOLONG on Linux and macOS
            raise
        raise UserError(f"the name {_name(error)[:100]}… is too long to be written", where=called) from error


def _name(error: OSError) -> str:
    return Path(os.fsdecode(error.filename or "")).name


def _write(reads: Reads, entries: Sequence[Entry], directory: Path) -> None:
    for batch in _batches(entries):
        ids = list(dict.fromkeys(entry.id for entry in batch))
        contents = dict(zip(ids, reads.blobs(ids), strict=True))
        for entry in batch:
            path = directory / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(contents[entry.id])


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and size + entry.size > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
