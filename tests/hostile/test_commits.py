"""What strangers commit, the whole way from git to the comment: each ends in a finding or in something harmless.

Whatever it is, it ends in time, nothing outside of the commit is read, nobody is spoken to, and after it an honest
change is looked at as ever. That what listens here would hear is shown in `test_walls`.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tests.hostile import agents, applications, charts, files, kustomizations, remotes
from tests.hostile.place import DEADLINE, Place

TABLES = (kustomizations.ROWS, remotes.ROWS, charts.ROWS, applications.ROWS, agents.ROWS, files.ROWS)
ROWS = {name: row for table in TABLES for name, row in table.items()}
SLACK = 10.0  # seconds beside the render, on a busy machine: git, an engine's start, and the words
MEMORY = 350  # MB that looking at any one commit may take


def test_the_table_is_as_long_as_it_says() -> None:
    """Rows of two tables that have one name would be one row."""
    assert len(ROWS) == sum(map(len, TABLES)) > 330


@pytest.mark.parametrize("name", ROWS)
def test_it_is_a_finding_or_harmless(place: Place, name: str) -> None:
    commit, words = ROWS[name]
    pushed = place.pushed(commit)
    before = memory()
    started = time.monotonic()
    found, said = place.look(*pushed)
    took = time.monotonic() - started
    assert place.canaries.found_in(said) == []
    assert place.canaries.spoken == [], "nobody is spoken to"
    told = [one for one in found.findings if one.state not in ("pass", "skip")]
    assert not words or re.search(words, "\n".join(f"{one.message} {one.path}" for one in told)), told
    assert took < 2 * DEADLINE + SLACK
    assert memory() - before < MEMORY
    assert place.honest()


def memory() -> float:
    """Return the most memory this process held since this was asked last, in MB; 0 where that cannot be told."""
    status = Path("/proc/self/status")
    if not os.access("/proc/self/clear_refs", os.W_OK):
        return 0
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
    Path("/proc/self/clear_refs").write_text("5")
    return int(found[1]) / 1024 if found else 0
