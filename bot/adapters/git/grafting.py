"""What is a tree with another directory put at a path of it, everything else byte for byte as it was?"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bot.adapters.git.command import EMPTY_TREE
from bot.adapters.git.names import is_safe_path
from bot.adapters.git.reads import Reads
from bot.errors import UserError

_DIRECTORY = b"40000"
_FILES = (b"100644", b"100755", b"100664")


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


def put(reads: Reads, revision: str, files: Mapping[str, bytes]) -> str:
    """Return the tree of a revision with the contents of files replaced; written to the mirror.

    A file keeps its mode, and a new one is no program. UserError where a directory or a link is in the way.
    """
    top = reads.tree(revision)
    for path, content in files.items():
        if not is_safe_path(path):
            raise UserError(f"{path!r} is no file of a repository", where=reads.called)
        blob = reads.program.line("hash-object", "-t", "blob", "-w", "--stdin", "--no-filters", input=content)
        top = _grafted(reads, top, path.split("/"), blob, _FILES)
    return top


def _grafted(reads: Reads, here: str, parts: list[str], id: str, modes: tuple[bytes, ...] = (_DIRECTORY,)) -> str:
    """Return the id of one directory with the graft somewhere below it, '' where nothing is left.

    `modes` are what the last part may be, and the first of them what it becomes where it is new.
    """
    entries = _entries(reads.objects.raw(here), len(here) // 2) if here not in ("", EMPTY_TREE) else []
    name, allowed = os.fsencode(parts[0]), (_DIRECTORY,) if parts[1:] else modes
    old = next((one for one in entries if one[1] == name), None)
    mode = old[0] if old else allowed[0]
    if mode.lstrip(b"0") not in allowed:
        what = "directory" if allowed == (_DIRECTORY,) else "file"
        raise UserError(f"{parts[0]} is something else than a {what}, which is to be there", where=reads.called)
    below = old[2].hex() if old else ""
    new = _grafted(reads, below, parts[1:], id, modes) if parts[1:] else id
    if new == below or (not below and new in ("", EMPTY_TREE)):
        return here
    kept = [one for one in entries if one is not old]
    if new not in ("", EMPTY_TREE):
        kept.append((mode, name, bytes.fromhex(new)))
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


def _order(entry: tuple[bytes, bytes, bytes]) -> bytes:
    """Return what git sorts the entries of a tree by: a directory as if its name ended with a slash."""
    return entry[1] + (b"/" if entry[0].lstrip(b"0") == _DIRECTORY else b"")
