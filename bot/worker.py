"""Which task is next, and was it finished?

The worker runs jobs in its own process, so that what a run needs for long (render engines, git mirrors) lives
across runs; see docs/decisions/0003-worker-process.md. A worker that dies loses its lease on the key within
seconds, and any other worker, or its own successor, takes the key up again.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker

from bot import logs
from bot.adapters.queue import Queue, Runner, Work, connect
from bot.adapters.queue.job import Bell, Serializer, serve_jobs_with
from bot.adapters.valkey import embedded_valkey
from bot.errors import LockkeeperError, UserError
from bot.intake.tasks import SWEEP
from bot.settings import Settings

BUILD_HANDLER = "bot.wiring:build_handler"
_TICK_SECONDS = 1.0
_EXTEND_SECONDS = 2.0
_WORKER_TTL = 18  # RQ blocks for worker_ttl - 15 seconds at a time while it is idle
_GRACE_SECONDS = 60.0
_LONGEST_PAUSE = 10.0
_log = structlog.get_logger("bot.worker")


def run_worker(settings: Settings, build: str | Callable[[Settings], object] = BUILD_HANDLER) -> None:
    """Work until SIGTERM or SIGINT; a run in progress is finished first.

    `build(settings)`, or the function that "module:name" names, returns a `Work` or just its handler. While
    Redis is away the worker waits and tries again. UserError when it cannot start.
    """
    logs.configure(settings.log_format)
    stopping = threading.Event()
    signals = _Signals(stopping)
    with contextlib.ExitStack() as stack:
        stack.callback(signals.restore)
        if not settings.redis_url:
            settings = replace(settings, redis_url=stack.enter_context(embedded_valkey(settings.data / "valkey")))
        work = _work(build, settings)
        if work.close is not None:
            stack.callback(work.close)
        _work_until(signals, settings, settings.redis_url, work)


def _work(build: str | Callable[[Settings], object], settings: Settings) -> Work:
    if isinstance(build, str):
        module, _, name = build.partition(":")
        build = getattr(importlib.import_module(module), name)
    built = build(settings) if callable(build) else None
    if isinstance(built, Work):
        return built
    if not callable(built):
        raise UserError("the worker was given no handler", where=str(build))
    return Work(handler=built)


def _work_until(signals: _Signals, settings: Settings, url: str, work: Work) -> None:
    """Run one RQ worker after the other: RQ's loop ends when Redis goes away at a bad moment."""
    pause, stopping = 0.5, signals.stopping
    while not stopping.is_set():
        signals.listen()
        began = time.monotonic()
        pulse = None
        try:
            queue = Queue(connect(url, timeout=5.0))
            runner = Runner(queue, work)
            serve_jobs_with(runner.run_key)
            queue.mark([SWEEP])
            pulse = Pulse(queue, runner, settings.sweep_seconds)
            pulse.start()
            Keeper(queue, stopping).work(logging_level=None)
        except (RedisError, LockkeeperError) as error:
            _log.warning("worker_interrupted", reason=str(error))
        finally:
            signals.listen()  # RQ listened while it worked
            if pulse is not None:
                pulse.stop()
        if time.monotonic() - began > 30:
            pause = 0.5
        stopping.wait(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


class _Signals:
    """SIGTERM and SIGINT set an event wherever no RQ worker listens to them (in the main thread only)."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self._before: dict[int, Any] = {}
        self.listen()

    def listen(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                before = signal.signal(number, self._stop)
                self._before.setdefault(number, before)

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.stopping.set()


class Keeper(SimpleWorker):
    """RQ's in-process worker on our one queue, with our job class and without pickle."""

    max_connection_wait_time = 5.0
    log_result_lifespan = False

    def __init__(self, queue: Queue, stopping: threading.Event) -> None:
        super().__init__(
            [queue.jobs],
            connection=queue.connection,
            job_class=Bell,
            serializer=Serializer,
            worker_ttl=_WORKER_TTL,
            maintenance_interval=60,
            log_job_description=False,
        )
        self._stopping = stopping

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stop after the run in progress, and do not come back."""
        self._stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no hints there

    def subscribe(self) -> None:
        """Listen to no commands over Redis: whoever writes there must not steer this process."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Say "alive" for a shorter time than RQ does, so that its lists forget a dead worker soon."""
        super().heartbeat(timeout or _WORKER_TTL, pipeline)


class Pulse(threading.Thread):
    """Keeps the lease of the run in progress, takes keys back from dead workers, starts the sweeps."""

    def __init__(self, queue: Queue, runner: Runner, sweep_seconds: float) -> None:
        super().__init__(name="pulse", daemon=True)
        kwargs = queue.connection.connection_pool.connection_kwargs
        pool = type(queue.connection.connection_pool)(
            connection_class=queue.connection.connection_pool.connection_class,
            **{**kwargs, "socket_timeout": 2.0},
        )
        self._queue = Queue(Redis(connection_pool=pool), name=queue.name, job_seconds=queue.job_seconds)
        self._runner, self._sweep_seconds = runner, sweep_seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self.join(timeout=5)

    def run(self) -> None:
        """Beat until stopped; Redis may come and go."""
        extended = swept = time.monotonic()
        away = False
        while not self._stopped.wait(_TICK_SECONDS):
            self._watch()
            try:
                if time.monotonic() - extended >= _EXTEND_SECONDS:
                    extended = time.monotonic()
                    self._runner.extend()
                self._queue.tick()
                if time.monotonic() - swept >= self._sweep_seconds:
                    swept = time.monotonic()
                    if self._queue.sweep_is_due(self._sweep_seconds):
                        self._queue.mark([SWEEP])
                away = False
            except (RedisError, LockkeeperError) as error:
                if not away:
                    _log.warning("redis_away", reason=str(error))
                away = True
            except Exception:
                _log.exception("pulse_failed")

    def _watch(self) -> None:
        """End the process when a run neither ends nor can be interrupted; the next worker takes the key."""
        if self._runner.busy_seconds() > self._queue.job_seconds + _GRACE_SECONDS:
            _log.critical("worker_stuck", seconds=round(self._runner.busy_seconds()))
            os.kill(os.getpid(), signal.SIGKILL)
