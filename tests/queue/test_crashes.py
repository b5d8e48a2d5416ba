"""Do acknowledged marks and interrupted runs survive `kill -9`? With real processes only."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from bot.adapters.queue import Queue, connect
from bot.adapters.valkey import embedded_valkey
from bot.errors import TransientError
from bot.intake.tasks import PendingCommand
from tests.queue.servers import environment, process, until


def diary(data: Path) -> list[list[str]]:
    path = data / "diary"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def noted(data: Path, what: str) -> list[list[str]]:
    return [line for line in diary(data) if line[2] == what]


def worker(data: Path, url: str, handler: str):
    env = environment(data, REDIS_URL=url)
    return process("bot.serve", "worker", f"tests.queue.handlers:{handler}", env=env, log=data / "log")


def test_a_killed_workers_job_runs_again_within_15_seconds(tmp_path: Path) -> None:
    """The worst place to die: in the middle of a run, with the only other worker idle."""
    with (
        embedded_valkey(tmp_path / "valkey") as url,
        worker(tmp_path, url, "slow_at_first") as one,
        worker(tmp_path, url, "slow_at_first") as two,
    ):
        queue = Queue(connect(url, timeout=5))
        queue.mark(["ada/sleepy"], [PendingCommand("ada/sleepy", 1, 1, "ada", False, "/promote")])
        until(lambda: noted(tmp_path, "start"), what="the first run")
        victim = int(noted(tmp_path, "start")[0][1])
        assert victim in (one.pid, two.pid)
        os.kill(victim, signal.SIGKILL)
        until(lambda: noted(tmp_path, "end"), seconds=15, what="the second run")
        assert int(noted(tmp_path, "end")[0][1]) != victim


def test_a_frozen_worker_stops_writing_when_its_successor_starts(tmp_path: Path) -> None:
    """SIGSTOP stands for a long pause (swap, a frozen virtual machine): the fence must keep the two apart."""
    with (
        embedded_valkey(tmp_path / "valkey") as url,
        worker(tmp_path, url, "writes_slowly") as one,
        worker(tmp_path, url, "writes_slowly") as two,
    ):
        Queue(connect(url, timeout=5)).mark(["ada/shop"])
        until(lambda: noted(tmp_path, "write"), what="the first write")
        frozen = int(noted(tmp_path, "write")[0][1])
        successor = two.pid if frozen == one.pid else one.pid
        os.kill(frozen, signal.SIGSTOP)
        until(lambda: any(int(line[1]) == successor for line in noted(tmp_path, "write")), seconds=15)
        os.kill(frozen, signal.SIGCONT)
        until(lambda: noted(tmp_path, "end"), seconds=15)
    writes = noted(tmp_path, "write")
    first = next(float(line[0]) for line in writes if int(line[1]) == successor)
    late = [line for line in writes if int(line[1]) == frozen and float(line[0]) > first]
    assert late == []
    assert [int(line[1]) for line in noted(tmp_path, "end")] == [successor]


def test_sigterm_lets_the_run_end(tmp_path: Path) -> None:
    with (
        embedded_valkey(tmp_path / "valkey") as url,
        worker(tmp_path, url, "writes_slowly") as child,
    ):
        Queue(connect(url, timeout=5)).mark(["ada/shop"])
        until(lambda: noted(tmp_path, "write"))
        child.terminate()
        assert child.wait(15) == 0
    assert len(noted(tmp_path, "end")) == 1


def _pid(queue: Queue) -> int:
    return int(queue.connection.info("server")["process_id"])


def test_no_acknowledged_mark_is_lost_when_valkey_is_killed(tmp_path: Path) -> None:
    """Four doors mark without pause while the server is killed and comes back, five times."""
    acknowledged: list[str] = []
    stop = threading.Event()

    def door(number: int, url: str) -> None:
        queue = Queue(connect(url, timeout=2))
        count = 0
        while not stop.is_set():
            count += 1
            key = f"door{number}/r{count}"
            try:
                queue.mark([key])
            except TransientError:
                time.sleep(0.01)
            else:
                acknowledged.append(key)

    with embedded_valkey(tmp_path / "valkey") as url:
        queue = Queue(connect(url, timeout=2))
        doors = [threading.Thread(target=door, args=(number, url)) for number in range(4)]
        for one in doors:
            one.start()
        try:
            for _ in range(5):
                time.sleep(0.3)
                os.kill(_pid(queue), signal.SIGKILL)
                until(lambda: _answers(queue), what="Valkey is back")
        finally:
            stop.set()
            for one in doors:
                one.join()
        kept = {key.decode() for key in queue.connection.zrange("lockkeeper:dirty", 0, -1)}
    assert len(acknowledged) > 200
    assert set(acknowledged) <= kept


def _answers(queue: Queue) -> bool:
    try:
        return bool(queue.connection.ping())
    except RedisError:
        return False


def test_the_worker_comes_back_when_redis_does(tmp_path: Path) -> None:
    with (
        embedded_valkey(tmp_path / "valkey") as url,
        worker(tmp_path, url, "slow_at_first") as child,
    ):
        queue = Queue(connect(url, timeout=2))
        queue.mark(["ada/one"])
        until(lambda: len(noted(tmp_path, "end")) == 1)
        os.kill(_pid(queue), signal.SIGKILL)
        until(lambda: _answers(queue))
        queue.mark(["ada/two"])
        until(lambda: len(noted(tmp_path, "end")) == 2, seconds=15)
        assert child.poll() is None


def test_nothing_of_the_worker_stays_behind(tmp_path: Path) -> None:
    with (
        embedded_valkey(tmp_path / "valkey") as url,
        worker(tmp_path, url, "slow_at_first") as child,
    ):
        queue = Queue(connect(url, timeout=5))
        until(lambda: queue.counters().get("finished"))
        child.send_signal(signal.SIGINT)
        assert child.wait(15) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(child.pid, 0)
