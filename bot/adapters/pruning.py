"""Which directories has nobody asked for in a long time, and how do they go without anyone meeting half of one?"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path


def prune(directory: Path, max_age: float) -> int:
    """Remove what lies in a directory and was not touched in `max_age` seconds; return how many that were."""
    removed = 0
    for one in [*directory.iterdir()] if directory.is_dir() else []:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - one.stat().st_mtime <= max_age:
                continue
            grave = Path(tempfile.mkdtemp(dir=directory, prefix=".old-"))
            one.rename(grave / one.name)  # at once, so that nobody meets half of it
            shutil.rmtree(grave, ignore_errors=True)
            removed += 1
    return removed
