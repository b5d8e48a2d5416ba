"""How many calls of GitHub's API does one merge take, until its promotion waits for people?

Counted at the door of the stand-in, over all jobs from the merge's webhooks until nothing is left to do; see
`tests.flows.budget`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.adapters.queue import Queue, connect
from bot.adapters.render.building import build_renderer
from bot.adapters.valkey import embedded_valkey
from bot.sandbox.seeding import Keys
from tests.flows.budget import READS, WRITES, Calls, Crowd, applications, changed, merge_and_count, pipeline, stretch
from tests.flows.world import Given, Town

MOST = {"reads": READS, "writes": WRITES}


@dataclass(frozen=True)
class Size:
    """How many applications and other files a merge changes, in how long a pipeline, beside which old pull requests."""

    name: str
    apps: int = 1
    files: int = 0
    environments: int = 3
    old: Crowd | None = None


SIZES = (
    Size("1 application"),
    Size("1 application, 100 files", files=100),
    Size("100 applications", apps=100),
    Size("1,000 pull requests", old=Crowd(closed=1000)),
    Size("10 environments, 1,000 pull requests", environments=10, old=Crowd(closed=700, opened=300)),
)


def measured(room: Path, size: Size) -> Calls:
    """Count what a merge of that size takes."""
    with embedded_valkey(room / "valkey", appendfsync="no") as url, build_renderer(room / "engines") as renderer:
        queue = Queue(connect(url, timeout=5))
        town = Town(Given(Keys.generate().private, queue, renderer), room / "town")
        try:
            town.open(pipeline(size.environments), applications(size.apps, size.files)).settle()
            stretch(town, size.environments)
            if size.old is not None:
                size.old.come(town)
            return merge_and_count(town, changed(size.apps, size.files))
        finally:
            town.close()
