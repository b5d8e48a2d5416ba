"""How many rows of a tree of Kyverno tests come out as expected? `python -m tests.policy.conformance DIR`."""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from bot.policy.testing import MISSING, Row, run_test

KINDS = ("pattern", "anyPattern")


def run_tree(root: Path) -> list[Row]:
    """Run every `kyverno-test.yaml` below a directory."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.y*ml")) if path.is_file()
    }
    return [row for name in files if name.endswith("kyverno-test.yaml") for row in run_test(name, files)]


def main(arguments: list[str]) -> int:
    """Print the rows that differ and the totals for pattern and anyPattern rules."""
    rows = [row for row in run_tree(Path(arguments[0])) if row.kind in (arguments[1:] or KINDS)]
    missing = sum(row.actual == MISSING for row in rows)
    rows = [row for row in rows if row.actual != MISSING]
    for row in rows:
        if not row.equal and row.evaluable:
            place = f"{row.test}: {row.policy}/{row.rule}: {row.resource}"
            print(f"{place}: expected {row.expected}, got {row.actual} ({row.why})")
    equal = sum(row.equal for row in rows)
    away = sum(not row.evaluable for row in rows)
    print(f"{equal} of {len(rows)} rows equal, {away} not evaluable here")
    print(f"{dict(Counter(row.kind for row in rows))}, {missing} rows without their resource left out")
    return int(equal + away < len(rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
