"""Which end of a run means done, again, later, or given up; and can two runs of a key ever overlap?"""

from __future__ import annotations

import time

import pytest
import structlog

from bot.adapters.queue import BusyError, LeaseLostError, Queue, Runner, Work, hold
from bot.adapters.queue.run import BUG_DELAYS
from bot.adapters.queue.store import MOST_CRASHES
from bot.errors import TransientError, UserError
from bot.intake.tasks import PendingCommand

KEY = "ada/shop#7"
COMMAND = PendingCommand("ada/shop", 7, 1, "ada", False, "/promote")


def runner_that(queue: Queue, handler, **more) -> Runner:
    return Runner(queue, Work(handler, **more))


def raises(error: BaseException):
    def handler(key, commands, lease):
        raise error

    return handler


def wait_is_over(queue: Queue) -> None:
    queue.connection.zadd(f"{queue.name}:due", {KEY: time.time() - 1})


def lease_has_ended(queue: Queue) -> None:
    queue.connection.zadd(f"{queue.name}:running", {KEY: time.time() - 1})


def test_a_transient_error_runs_again_when_its_time_has_come(queue: Queue) -> None:
    runner = runner_that(queue, raises(TransientError("rate limit", retry_after=60)))
    queue.mark([KEY], [COMMAND])
    queue.jobs.empty()
    runner.run_key(KEY)
    due = queue.connection.zscore(f"{queue.name}:due", KEY)
    assert due == pytest.approx(time.time() + 60, abs=5), "Retry-After is honoured, and nobody sleeps"
    queue.tick()
    queue.mark([KEY])
    assert queue.jobs.count == 0, "until then neither the clock nor another delivery starts it"
    wait_is_over(queue)
    queue.tick()
    assert queue.jobs.count == 1
    start = queue.begin(KEY, "t")
    assert start is not None
    assert start.tries == 1
    assert start.commands == (COMMAND,)


def test_a_transient_error_is_never_given_up(queue: Queue) -> None:
    runner = runner_that(queue, raises(TransientError("GitHub is away")))
    queue.mark([KEY], [COMMAND])
    for _ in range(30):
        runner.run_key(KEY)
        wait_is_over(queue)
    assert queue.failed() == {}
    assert queue.depth().dirty == 1


def test_a_bug_is_logged_once_with_traceback_retried_then_parked(queue: Queue) -> None:
    told = []
    runner = runner_that(queue, raises(KeyError("x")), on_parked=lambda *what: told.append(what))
    queue.mark([KEY], [COMMAND])
    with structlog.testing.capture_logs() as lines:
        for _ in range(len(BUG_DELAYS) + 3):
            runner.run_key(KEY)
            wait_is_over(queue)
    assert sum(bool(line.get("exc_info")) for line in lines) == 1
    failure = queue.failed()[KEY]
    assert (failure.reason, failure.tries, failure.commands) == (
        "KeyError: 'x'",
        len(BUG_DELAYS) + 1,
        (COMMAND,),
    )
    assert told == [(KEY, (COMMAND,), "an internal error (KeyError)")]
    assert queue.depth().dirty == 0


def test_a_parked_run_tries_once_for_each_new_mark_and_heals(queue: Queue) -> None:
    failing = runner_that(queue, raises(KeyError("x")))
    queue.mark([KEY])
    for _ in range(len(BUG_DELAYS) + 1):
        failing.run_key(KEY)
        wait_is_over(queue)
    queue.mark([KEY])
    with structlog.testing.capture_logs() as lines:
        failing.run_key(KEY)
    assert not any(line.get("exc_info") for line in lines), "the same traceback is not logged at every sweep"
    assert queue.depth().dirty == 0
    assert KEY in queue.failed()
    queue.mark([KEY])
    runner_that(queue, lambda *_: None).run_key(KEY)
    assert queue.failed() == {}


def test_what_a_person_must_mend_is_parked_at_once(queue: Queue) -> None:
    queue.mark([KEY], [COMMAND])
    runner_that(queue, raises(UserError("the App was uninstalled"))).run_key(KEY)
    assert queue.failed()[KEY].reason == "the App was uninstalled"


def test_a_mark_during_a_run_that_is_parked_is_not_lost(queue: Queue) -> None:
    def handler(key, commands, lease):
        queue.mark([KEY], [PendingCommand("ada/shop", 7, 2, "ada", False, "/status")])
        raise UserError("no")

    queue.mark([KEY], [COMMAND])
    queue.jobs.empty()
    runner_that(queue, handler).run_key(KEY)
    assert queue.jobs.count == 1
    start = queue.begin(KEY, "t")
    assert start is not None
    assert [one.comment_id for one in start.commands] == [2]


def test_a_second_bell_never_runs_beside_the_first_run(queue: Queue) -> None:
    """An orphaned run and its retry must not write at the same time: the fence is the key's lease."""
    runs = []

    def handler(key, commands, lease):
        runs.append(key)
        if len(runs) == 1:
            queue.mark([KEY])
            Runner(queue, Work(handler)).run_key(KEY)  # another worker answers a bell meanwhile
            lease.check()

    queue.mark([KEY])
    runner_that(queue, handler).run_key(KEY)
    assert runs == [KEY]
    queue.tick()
    runner_that(queue, handler).run_key(KEY)
    assert runs == [KEY, KEY], "its wish was kept"


def test_an_orphan_is_told_before_its_next_write(queue: Queue) -> None:
    wrote = []

    def orphan(key, commands, lease):
        lease.check()
        lease_has_ended(queue)  # as if this process had slept for longer than its lease
        queue.tick()
        runner_that(queue, lambda *_: wrote.append("successor")).run_key(KEY)
        lease.check()
        wrote.append("orphan")

    queue.mark([KEY])
    runner_that(queue, orphan).run_key(KEY)
    assert wrote == ["successor"]
    assert queue.depth() == type(queue.depth())(dirty=0, rung=0, running=0, waiting=0, failed=0)


def test_a_lost_lease_stays_lost(queue: Queue) -> None:
    def handler(key, commands, lease):
        queue.connection.delete(f"{queue.name}:holders")
        for _ in range(2):
            with pytest.raises(LeaseLostError):
                lease.check()
            queue.connection.hset(f"{queue.name}:holders", KEY, lease.token)
        raise LeaseLostError("gone")

    queue.mark([KEY])
    runner_that(queue, handler).run_key(KEY)


def test_a_dead_workers_key_is_taken_up_again_with_its_commands(queue: Queue) -> None:
    queue.mark([KEY], [COMMAND])
    assert queue.begin(KEY, "the dead one") is not None
    queue.jobs.empty()
    queue.tick()
    assert queue.jobs.count == 0, "its lease still runs"
    lease_has_ended(queue)
    queue.tick()
    assert queue.jobs.count == 1
    start = queue.begin(KEY, "the next one")
    assert start is not None
    assert start.commands == (COMMAND,)


def test_work_that_kills_every_worker_is_parked(queue: Queue) -> None:
    queue.mark([KEY], [COMMAND])
    for number in range(MOST_CRASHES):
        assert queue.begin(KEY, f"victim {number}") is not None
        lease_has_ended(queue)
        queue.tick()
    assert queue.begin(KEY, "survivor") is None
    failure = queue.failed()[KEY]
    assert "worker died" in failure.reason
    assert failure.commands == (COMMAND,)


def test_a_lost_bell_is_rung_again(queue: Queue) -> None:
    queue.mark([KEY])
    queue.connection.delete(queue.jobs.key)  # a worker took the bell and died before it answered
    queue.tick()
    assert queue.jobs.count == 0
    queue.connection.zadd(f"{queue.name}:rung", {KEY: time.time() - 60})
    queue.tick()
    assert queue.jobs.count == 1


def test_a_bell_that_waits_in_a_long_queue_is_not_rung_twice(queue: Queue) -> None:
    queue.mark([KEY])
    queue.connection.zadd(f"{queue.name}:rung", {KEY: time.time() - 600})
    queue.tick()
    assert queue.jobs.count == 1


REPOSITORY = "ada/shop"


def test_a_held_key_does_not_run_and_its_marks_are_kept(queue: Queue) -> None:
    """A command holds its repository: a push that came before or meanwhile must still be converged."""
    runs = []
    runner = runner_that(queue, lambda key, commands, lease: runs.append(key))
    queue.mark([REPOSITORY])
    with hold(queue, REPOSITORY) as lease:
        runner.run_key(REPOSITORY)
        queue.mark([REPOSITORY])
        lease.check()
        assert runs == []
        queue.jobs.empty()
    assert queue.jobs.count == 1, "the run follows when the key is free"
    runner.run_key(REPOSITORY)
    assert runs == [REPOSITORY]


def test_holding_an_unmarked_key_makes_no_run(queue: Queue) -> None:
    with hold(queue, REPOSITORY):
        pass
    assert queue.jobs.count == 0
    assert queue.depth().running == 0


def test_a_key_that_runs_cannot_be_held_and_the_asker_comes_back_in_a_second(queue: Queue) -> None:
    queue.mark([REPOSITORY])
    assert queue.begin(REPOSITORY, "a run") is not None

    def handler(key, commands, lease):
        with hold(queue, REPOSITORY):
            raise AssertionError("both at once")

    for tries in range(4):
        queue.mark([KEY], [COMMAND])
        runner_that(queue, handler).run_key(KEY)
        due = queue.connection.zscore(f"{queue.name}:due", KEY)
        assert due == pytest.approx(time.time() + 1, abs=0.5), f"after {tries} tries"
        wait_is_over(queue)


def test_busy_is_a_transient_error() -> None:
    assert issubclass(BusyError, TransientError)


def test_a_held_key_is_free_after_its_holder_died(queue: Queue) -> None:
    assert queue.hold(REPOSITORY, "the dead one")
    assert not queue.hold(REPOSITORY, "another")
    queue.connection.zadd(f"{queue.name}:running", {REPOSITORY: time.time() - 1})
    with hold(queue, REPOSITORY) as lease:
        lease.check()
