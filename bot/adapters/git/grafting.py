"""What is a tree with another directory put at a path of it, everything else byte for byte as it was?"""

from __future__ import annotations

import os

from bot.adapters.git.command import EMPTY_TREE
from bot.adapters.git.names import is_safe_path
from bot.adapters.git.reads import Reads
from bot.errors import UserError

_DIRECTORY = b"40000"


def directory(reads: Reads, revision: str, path: str) -> str | None:
    """Return the tree id of a directory of a revision or tree id ('' is the top), None where there is no directory."""
    here = reads.tree(revision)
    if path and not is_safe_path(path):
        return None
    for part in path.split("/") if path else ():
        item = reads.objects.directory(here).items.get(part)
        if item is None or not item.is_directory:
            return None
        here = item.id
    return here


def graft(reads: Reads, revision: str, path: str, tree: str) -> str:
    """Return the tree of a revision with the directory at `path` being `tree`; written to the mirror.

    An empty tree takes the directory away, and with it the directories above that it leaves empty. UserError where a
    file or a link is in the way.
    """
    top = reads.tree(revision)
    if not path:
        return tree
    if not is_safe_path(path):
        raise UserError(f"{path!r} is no directory of a repository", where=reads.called)
    return _grafted(reads, top, path.split("/"), tree) or EMPTY_TREE


def _grafted(reads: Reads, here: str, parts: list[str], tree: str) -> str:
    """Return the id of one directory with the graft somewhere below it, '' where nothing is left."""
    entries = _entries(reads.objects.raw(here), len(here) // 2) if here not in ("", EMPTY_TREE) else []
    name = os.fsencode(parts[0])
    old = next((one for one in entries if one[1] == name), None)
    if old is not None and not _is_directory(old[0]):
        raise UserError(f"{parts[0]} is a file or a link, and a directory is to be there", where=reads.called)
    below = old[2].hex() if old else ""
    new = _grafted(reads, below, parts[1:], tree) if parts[1:] else tree
    if new == below or (not below and new in ("", EMPTY_TREE)):
        return here
    kept = [one for one in entries if one is not old]
    if new not in ("", EMPTY_TREE):
        kept.append((_DIRECTORY, name, bytes.fromhex(new)))
    if not kept:
        return ""
    raw = b"".join(mode + b" " + called + b"\0" + id for mode, called, id in sorted(kept, key=_order))
    return reads.program.line("hash-object", "-t", "tree", "-w", "--stdin", input=raw)


def _entries(raw: bytes, length: int) -> list[tuple[bytes, bytes, bytes]]:
    """Take a tree object apart into mode, name and id (of `length` bytes), each as it stands there."""
    found, at = [], 0
    while at < len(raw):
        space = raw.index(b" ", at)
        nul = raw.index(b"\0", space)
        found.append((raw[at:space], raw[space + 1 : nul], raw[nul + 1 : nul + 1 + length]))
        at = nul + 1 + length
    return found


def _is_directory(mode: bytes) -> bool:
    return mode.lstrip(b"0") == _DIRECTORY


def _order(entry: tuple[bytes, bytes, bytes]) -> bytes:
    """Return what git sorts the entries of a tree by: a directory as if its name ended with a slash."""
    return entry[1] + (b"/" if _is_directory(entry[0]) else b"")
