"""Where are files written that only an engine reads, and only for a moment?

In memory where there is room for it: a hundred overlays are hundreds of small files, and some disks take longer to make
one than kustomize to read it. The directory is this process's own, and goes with it; what a killed process left is
removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own is made there, for this user only
_ROOM = 1024 * 1024 * 1024  # bytes that have to be free


def scratch_directory(data: Path, *, memory: Path = MEMORY) -> Path:
    """Return a new directory of this process: below `memory` if that has room, else below `data`/checkouts."""
    base = _in_memory(memory) or data / "checkouts"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(base)
    return Path(tempfile.mkdtemp(dir=base, prefix=f"{os.getpid()}-"))


def _in_memory(memory: Path) -> Path | None:
    """Return this user's directory in memory; None where there is little room, or somebody else's in its place."""
    base = memory / f"lockkeeper-{os.getuid()}"
    try:
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize < _ROOM or not os.access(memory, os.W_OK):
            return None
        base.mkdir(exist_ok=True, mode=0o700)
        found = base.lstat()
    except OSError:
        return None
    ours = found.st_uid == os.getuid() and found.st_mode & 0o777 == 0o700 and not base.is_symlink()
    return base if ours and base.is_dir() else None


def _sweep(base: Path) -> None:
    """Remove what processes left that are no more."""
    for one in [*base.iterdir()]:
        process, dash, _ = one.name.partition("-")
        if not dash or not process.isdigit() or int(process) == os.getpid():
            continue
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            with contextlib.suppress(OSError):
                shutil.rmtree(one)
        except OSError:
            continue  # it lives, and is another user's
