"""Is every delivery that never arrived asked for again: once at a time, not for ever, and no other one?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.github.deliveries import MOST_ASKED, Failing, Sweep
from bot.adapters.queue import Queue
from bot.adapters.redelivered import RedisRedelivered
from bot.errors import TransientError
from bot.sandbox.deliveries import Delivery
from tests.github.conftest import NAME, House
from tests.queue.servers import queue, valkey_url
from tests.sandbox.test_deliveries import Inbox

__all__ = ["queue", "valkey_url"]
NOW = timedelta()


@pytest.fixture
def inbox(house: House) -> Iterator[Inbox]:
    made = Inbox()
    house.app.webhook_url = made.url
    yield made
    made.server.shutdown()
    made.server.server_close()


def lose(house: House, number: int, *bodies: str) -> list[Delivery]:
    """Comment while the receiver is away; return the deliveries."""
    house.sandbox.deliveries.mode = "drop"
    before = len(house.sandbox.deliveries.log)
    for body in bodies:
        house.world.comment(NAME, number, "bob", body)
    house.sandbox.deliveries.mode = "send"
    return house.sandbox.deliveries.log[before:]


def sweep(house: House, since: Sweep | None = None, *, later: timedelta = NOW) -> Sweep:
    house.sandbox.exchanges.clear()
    seen = house.ours.redeliver_failed(since or Sweep(), datetime.now(UTC) + later)
    assert house.sandbox.deliveries.wait_idle(5)
    return seen


@pytest.fixture
def started(house: House, pull: int, inbox: Inbox) -> Sweep:
    """What is known before the test: all that was sent to build the house has arrived by now."""
    house.sandbox.deliveries.mode = "send"
    seen = sweep(house)
    inbox.seen.clear()
    return sweep(house, seen)


def test_what_was_lost_comes_again_once(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    (lost,) = lose(house, pull, "/status")
    seen = sweep(house, started)
    assert (seen.asked, inbox.guids) == (1, [lost.guid])
    assert inbox.seen[0][1] == lost.body
    for later in (NOW, timedelta(hours=1), timedelta(days=2)):
        seen = sweep(house, seen, later=later)
        assert (seen.asked, seen.failing) == (0, {})
    assert inbox.guids == [lost.guid]


def test_what_arrived_is_left_alone(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    house.world.comment(NAME, pull, "bob", "/status")
    assert house.sandbox.deliveries.wait_idle(5)
    assert sweep(house, started).asked == 0
    assert len(inbox.guids) == 1
    assert sweep(house).asked == 0, "also when nothing is remembered"


def test_what_keeps_failing_is_asked_for_less_and_less(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    (lost,) = lose(house, pull, "/status")
    inbox.status = 500
    seen = started
    for minutes in (*range(0, 200, 5), *range(200, 3 * 24 * 60, 60)):
        seen = sweep(house, seen, later=timedelta(minutes=minutes))
    assert 8 <= len(inbox.guids) <= 13
    assert set(inbox.guids) == {lost.guid}
    assert sweep(house, seen, later=timedelta(days=3, minutes=1)).failing == {}


def test_what_arrives_at_last_is_forgotten(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    (lost,) = lose(house, pull, "/status")
    inbox.status = 500
    seen = sweep(house, started)
    assert seen.failing[lost.guid].tries == 1
    inbox.status = 202
    seen = sweep(house, seen)
    assert seen.asked == 0, "not before its time"
    seen = sweep(house, seen, later=timedelta(minutes=5))
    assert seen.asked == 1
    assert sweep(house, seen).failing == {}


def test_no_more_than_a_bound_in_one_sweep(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    lost = lose(house, pull, *(str(number) for number in range(MOST_ASKED + 5)))
    seen = sweep(house, started)
    assert seen.asked == MOST_ASKED
    assert inbox.guids == [one.guid for one in lost[:MOST_ASKED]], "oldest first, from two pages"
    assert sweep(house, seen).asked == 5
    assert inbox.guids == [one.guid for one in lost]


def test_a_later_look_reads_no_old_pages(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    log = house.sandbox.deliveries.log
    lose(house, pull, *(str(number) for number in range(150)))
    for age, one in enumerate(reversed(log)):
        one.status_code, one.delivered_at = 202, one.delivered_at - timedelta(minutes=age)
    seen = sweep(house)
    assert len(house.calls()) == 2
    assert seen.until is not None
    assert sweep(house, seen).asked == 0
    (lost,) = lose(house, pull, "new")
    seen = sweep(house, seen)
    assert (len(house.calls()), inbox.guids) == (2, [lost.guid]), "one page, one redelivery"


def test_too_old_to_be_sent_again(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    (lost,) = lose(house, pull, "/status")
    lost.delivered_at -= timedelta(days=3, minutes=1)
    assert sweep(house).asked == 0
    assert inbox.seen == []


def test_without_an_answer_yet(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    (lost,) = lose(house, pull, "/status")
    lost.status, lost.status_code = "pending", 0
    seen = sweep(house, started)
    assert seen.asked == 0
    assert sweep(house, seen, later=timedelta(minutes=5)).asked == 1


def test_trouble_with_github_loses_none(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    lost = lose(house, pull, "one", "two", "three")
    house.sandbox.faults.add(("POST", "/attempts$"), "502", skip=1)
    seen = sweep(house, started)
    assert (seen.asked, len(seen.failing)) == (1, 3)
    seen = sweep(house, seen)
    assert seen.asked == 2
    assert inbox.guids == [one.guid for one in lost]
    house.sandbox.faults.add(("GET", "/app/hook/deliveries"), "403-secondary")
    with pytest.raises(TransientError):
        sweep(house, seen)


def test_what_github_refuses_is_given_up(house: House, pull: int, inbox: Inbox, started: Sweep) -> None:
    now = datetime.now(UTC)
    (lost,) = lose(house, pull, "/status")
    gone = Failing(1, now - timedelta(days=2), due=now)
    seen = sweep(house, replace(started, failing={"gone": gone}))
    assert (seen.asked, inbox.guids) == (1, [lost.guid])
    sweep(house, seen, later=timedelta(hours=1))
    assert not house.sandbox.exchanges.writes


def test_what_is_remembered(queue: Queue) -> None:
    store = RedisRedelivered(queue.connection)
    assert store.load() == Sweep()
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    seen = Sweep(at, {"guid": Failing(7, at, at + timedelta(minutes=1), 3)})
    store.save(seen)
    assert store.load() == seen
