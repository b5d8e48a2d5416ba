"""How many calls of GitHub's API does one merge take, until its promotion waits for people?

Counted at the door of the stand-in, over all jobs from the merge's webhooks until nothing is left to do; see
`tests.flows.budget`.
"""

from __future__ import annotations

from pathlib import Path

from bot.adapters.queue import Queue, connect
from bot.adapters.render.building import build_renderer
from bot.adapters.valkey import embedded_valkey
from bot.sandbox.seeding import Keys
from tests.flows.budget import CONFIGURATION, READS, WRITES, Calls, applications, changed, merge_and_count
from tests.flows.world import Given, Town

MOST = {"reads": READS, "writes": WRITES}
SIZES = (("1 application", 1, 0), ("1 application, 100 files", 1, 100), ("100 applications", 100, 0))


def measured(room: Path, size: tuple[str, int, int]) -> Calls:
    """Count what a merge takes that changes so many applications and other files."""
    _, apps, files = size
    with embedded_valkey(room / "valkey", appendfsync="no") as url, build_renderer(room / "engines") as renderer:
        queue = Queue(connect(url, timeout=5))
        town = Town(Given(Keys.generate().private, queue, renderer), room / "town")
        try:
            town.open(CONFIGURATION, applications(apps, files)).settle()
            return merge_and_count(town, changed(apps, files))
        finally:
            town.close()
