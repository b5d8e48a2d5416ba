"""What in a work tree is not as its index has it?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.git.command import GitProgram

_LISTED = ("ls-files", "-z", "-t", "--modified", "--deleted", "--others", "--exclude-standard")
_UNTRACKED = "?"


@dataclass(slots=True)
class Pending:
    """Paths whose files are to be taken into the index, paths to be taken out of it, and what is left alone and why."""

    taken: dict[str, None] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def apply(self, git: GitProgram) -> None:
        """Bring the index up to date."""
        if self.gone:
            git.run("update-index", "-z", "--force-remove", "--stdin", input=_listed(self.gone))
        if self.taken:
            git.run("update-index", "-z", "--add", "--remove", "--replace", "--stdin", input=_listed(self.taken))


def find_pending(git: GitProgram, top: Path, file_bytes: int) -> Pending:
    """Return what differs between the index of `git` and the files below `top`, ignored ones left out.

    Untracked repositories within, which git would make submodules of, are left alone. So is what cannot be read, and an
    untracked file of more than `file_bytes` bytes; that is noted.
    """
    found = Pending()
    real = Path(os.path.realpath(top))
    for record in git.run(*_LISTED).stdout.split(b"\0"):
        tag, _, path = os.fsdecode(record).partition(" ")
        if not path or path.endswith("/"):  # an untracked repository within
            continue
        place = real / path
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            found.gone[path] = None
            continue
        if stat.S_ISDIR(status.st_mode) and (place / ".git").exists():
            found.taken[path] = None  # a submodule: git looks up its commit, and runs nothing there
        elif os.path.realpath(place.parent) != str(place.parent) or stat.S_ISDIR(status.st_mode):
            found.gone[path] = None  # another's file, reached through a link; or a directory where a file was
        elif note := _left_alone(place, status, file_bytes if tag == _UNTRACKED else None):
            found.notes.append(f"{path} {note}")
        else:
            found.taken[path] = None
    return found


def _listed(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _left_alone(place: Path, status: os.stat_result, most: int | None) -> str:
    """Say why a file is not read, '' when it is."""
    if stat.S_ISLNK(status.st_mode):
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "is no file, and was left as the index has it"
    if not os.access(place, os.R_OK):
        return "cannot be read, and was left as the index has it"
    if most is not None and status.st_size > most:
        return f"has {status.st_size} bytes, and was left out"
    return ""
