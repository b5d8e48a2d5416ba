"""Which files differ between two trees, when most of their directories are the same?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.adapters.git.objects import Item, Objects
from bot.errors import UserError

MOST = 300_000
_Pair = tuple[str, str, str]  # path, and the ids of a directory in both trees; '' where it is in one only


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path, and whether the second tree has it anew, no longer, or otherwise (content, mode or type)."""

    path: str
    kind: Literal["added", "removed", "changed"]


def changes(objects: Objects, base: str, head: str) -> Sequence[FileChange]:
    """Return what `git diff-tree -r --no-renames` tells about two tree ids, in the same order.

    Only directories that differ are read. A renamed file is removed and added; a submodule counts as a file; names
    that no honest tree holds count too. UserError when more than 300,000 paths differ.
    """
    found: dict[str, FileChange] = {}
    level: list[_Pair] = [("", base, head)]
    seen = 0
    while level:
        objects.preload(id for _, *ids in level for id in ids)
        below: list[_Pair] = []
        for path, before, after in level:
            for change in _compared(objects, path, before, after, below):
                found[change.path] = change
            if seen + len(found) + len(below) > MOST:
                raise UserError(f"more than {MOST} paths differ", where=path)
        seen += len(below)
        level = below
    return [found[path] for path in sorted(found, key=os.fsencode)]


def _compared(objects: Objects, path: str, before: str, after: str, below: list[_Pair]) -> Iterator[FileChange]:
    """Yield how the files of one directory differ, and put the directories that differ into `below`."""
    if before == after:
        return
    old, new = objects.directory(before).all(), objects.directory(after).all()
    sides: dict[str, tuple[list[Item], list[Item]]] = {}
    for side, entries in enumerate((old - new, new - old)):
        for name, item in entries:
            sides.setdefault(name, ([], []))[side].append(item)
    for name, (olds, news) in sides.items():
        inner = f"{path}/{name}" if path else name
        gone, come = ([one.id for one in items if one.is_directory] for items in (olds, news))
        if len(gone) == len(come) == 1:
            below.append((inner, gone[0], come[0]))
        else:
            below += [*((inner, id, "") for id in gone), *((inner, "", id) for id in come)]
        was, is_now = (any(not one.is_directory for one in items) for items in (olds, news))
        if was or is_now:
            yield FileChange(inner, "changed" if was and is_now else "added" if is_now else "removed")
