"""Is a key run when its time has come, once, whoever looks, and whatever dies until then?"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from bot.adapters.queue import Queue, Runner, Work, connect
from bot.adapters.valkey import embedded_valkey
from bot.errors import TransientError
from tests.queue.servers import environment, process, until

KEY = "ada/shop"


def is_due(queue: Queue) -> None:
    """Let the time pass for which keys sleep."""
    asleep = f"{queue.name}:wake"
    queue.connection.zadd(asleep, dict.fromkeys(queue.connection.zrange(asleep, 0, -1), 0))


def test_it_is_run_when_its_time_has_come_and_not_before(queue: Queue) -> None:
    queue.wake(KEY, 1.0)
    queue.tick()
    assert queue.jobs.count == 0 and queue.depth().asleep == 1
    began = time.monotonic()
    waited = until(lambda: queue.tick() or queue.jobs.count, 5)
    assert time.monotonic() - began <= 1.5 and waited >= 0.8
    assert queue.depth().asleep == 0 and queue.counters()["woken"] == 1
    queue.tick()
    assert queue.jobs.count == 1, "it was woken once"


def test_the_newest_word_counts(queue: Queue) -> None:
    queue.wake(KEY, 60)
    queue.wake(KEY, 3600)
    queue.wake("ada/other", 60)
    assert queue.depth().asleep == 2
    score = queue.connection.zscore(f"{queue.name}:wake", KEY)
    assert score is not None and 3590 < score - time.time() < 3610
    queue.wake(KEY, None)
    queue.forget(["ada/other"])
    assert queue.depth().asleep == 0


@pytest.mark.parametrize("seconds", [0.0, -3600.0, 0.001])
def test_a_time_that_is_over_wakes_it_with_the_next_beat(queue: Queue, seconds: float) -> None:
    """A worker's clock may be behind that of Redis: then a key would be woken again and again at once."""
    queue.wake(KEY, seconds)
    queue.tick()
    assert queue.jobs.count == 0
    until(lambda: queue.tick() or queue.jobs.count, 3)


def test_no_key_is_refused(queue: Queue) -> None:
    with pytest.raises(ValueError, match="is no key"):
        queue.wake("sweep", 1)


def test_one_that_is_running_runs_again_afterwards(queue: Queue) -> None:
    runs = []

    def handler(key: str, commands: object, lease: object) -> None:
        runs.append(key)
        if len(runs) == 1:
            queue.wake(KEY, 1.0)
            is_due(queue), queue.tick()
            assert queue.jobs.count == before, "not while it runs"

    queue.mark([KEY])
    before = queue.jobs.count
    runner = Runner(queue, Work(handler))
    runner.run_key(KEY)
    assert queue.jobs.count == before + 1
    runner.run_key(KEY)
    assert runs == [KEY, KEY]


def test_one_that_waits_after_a_failure_waits_on(queue: Queue) -> None:
    def handler(key: str, commands: object, lease: object) -> None:
        raise TransientError("GitHub is away", retry_after=30)

    queue.mark([KEY])
    Runner(queue, Work(handler)).run_key(KEY)
    before = queue.jobs.count
    queue.wake(KEY, 1.0)
    is_due(queue), queue.tick()
    assert queue.jobs.count == before and queue.depth().waiting == 1 and queue.depth().dirty == 1


def test_many_workers_that_look_at_once_ring_one_bell(queue: Queue, valkey_url: str) -> None:
    for number in range(50):
        queue.wake(f"ada/shop{number}", 1.0)
    others = [Queue(connect(valkey_url, timeout=5), name=queue.name) for _ in range(4)]
    barrier = threading.Barrier(len(others))

    def look(one: Queue) -> None:
        barrier.wait()
        for _ in range(20):
            one.tick()

    is_due(queue)
    threads = [threading.Thread(target=look, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.jobs.count == 50 and queue.counters()["woken"] == 50


def test_it_outlives_a_restart_of_redis(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        Queue(connect(url, timeout=5)).wake(KEY, 2.0)
    with embedded_valkey(tmp_path) as url:
        queue = Queue(connect(url, timeout=5))
        assert queue.depth().asleep == 1
        until(lambda: queue.tick() or queue.jobs.count, 5)


def test_workers_wake_it_by_themselves(tmp_path: Path) -> None:
    """Two workers, no sweep, no webhook: one of them runs the key, once."""
    with embedded_valkey(tmp_path / "valkey") as url:
        queue = Queue(connect(url, timeout=5))
        env = environment(tmp_path, REDIS_URL=url, LOCKKEEPER_SWEEP_SECONDS="86400")
        argv = ("bot.serve", "worker", "tests.queue.handlers:slow_at_first")
        with process(*argv, env=env, log=tmp_path / "log"), process(*argv, env=env, log=tmp_path / "log"):
            queue.wake("ada/awake", 2.0)
            diary = tmp_path / "diary"
            until(lambda: "end ada/awake" in diary.read_text(), 20)
            time.sleep(2.5)
            assert diary.read_text().count("end ada/awake") == 1
