"""What do the tests below a directory come to?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.policy.testing import Row, run_test


def run_tree(root: Path) -> list[Row]:
    """Run every Kyverno test below a directory."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.y*ml")) if path.is_file()
    }
    now = datetime.now(UTC)
    return [row for name in files for row in run_test(name, files, now)]
