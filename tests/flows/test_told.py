"""Does an idle look at the repository read the comments of every change underway again? It need not."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.flows.repository import SETTINGS, settings
from tests.flows.world import REPOSITORY, Town

CHANGES = 12


def idle(town: Town, numbers: list[int]) -> tuple[int, int, int]:
    """Sweep when nothing is to be done; return how many reads, how many of them of comments, and how many writes.

    The comments of many pull requests are one read by GraphQL.
    """
    town.take_held()
    town.sandbox.exchanges.clear()
    town.queue.mark([REPOSITORY])
    town.work()
    reads = [one for one in town.sandbox.exchanges if one.method == "GET" or one.path == "/api/graphql"]
    of = "|".join(map(str, numbers))
    comments = [
        one for one in reads if re.search(rf"/issues/({of})/comments", one.path) or b"comments(" in one.request_body
    ]
    return len(reads), len(comments), len([one for one in town.sandbox.exchanges.writes if "token" not in one.path])


def test_an_idle_look_reads_no_comments_again(make_town: Callable[..., Town]) -> None:
    town = make_town()
    numbers = []
    for count in range(CHANGES):
        numbers.append(town.propose(f"c{count}", {SETTINGS: settings(level="info", colour=f"c{count}")}))
        town.merge(numbers[-1])
    town.settle()
    told = {number: [one.body for one in town.said(number, "journey")] for number in numbers}
    assert all(len(bodies) == 1 for bodies in told.values()), told
    reads, comments, writes = idle(town, numbers)
    assert (comments, writes) == (0, 0)
    for key in town.queue.connection.scan_iter("lockkeeper:told:*"):
        town.queue.connection.delete(key)
    more, comments, writes = idle(town, numbers)
    assert (comments, writes) == (1, 0), "without the memory: one read for all, and no second comment"
    assert reads == more - 1
    assert {number: [one.body for one in town.said(number, "journey")] for number in numbers} == told
