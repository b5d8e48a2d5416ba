"""How do the web door and the workers run: each alone, or all together under one supervisor?

`python -m bot.serve web` and `… worker` run one part with the settings of the environment; that is also how
`serve` starts them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, NoReturn

import structlog
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn ships no types

from bot import logs
from bot.adapters.valkey import die_with_parent, embedded_valkey
from bot.settings import Settings
from bot.worker import BUILD_HANDLER, run_worker

__all__ = ["run_web", "run_worker", "serve"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_STABLE_SECONDS = 60.0
_STOP_SECONDS = 60.0
_log = structlog.get_logger("bot.serve")


class GunicornLogger(Logger):  # type: ignore[misc]  # as above
    """Send gunicorn's own lines the same way as ours."""

    def setup(self, cfg: Any) -> None:
        """Configure logging for the gunicorn master; its workers inherit it."""
        super().setup(cfg)
        logs.configure("console" if os.environ.get("LOCKKEEPER_LOG_FORMAT") == "console" else "json")
        for logger in (self.error_log, self.access_log):
            logger.handlers[:] = []
            logger.propagate = True


def run_web(settings: Settings) -> NoReturn:
    """Become gunicorn with the web door, on `settings.host` and `settings.port`. Does not return."""
    env = {**os.environ, **settings.to_environment()}
    os.execve(sys.executable, _web_argv(settings), env)  # noqa: S606 - no shell is wanted


def serve(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    stopping: threading.Event | None = None,
    build: str = BUILD_HANDLER,
) -> None:
    """Run the web door and `settings.workers` workers until SIGTERM, SIGINT or the event `stopping`.

    A part that ends is started again, after a pause that doubles up to 30 seconds. `ready` is called once
    with the Redis URL in use; `build` names what the workers call (see `run_worker`). UserError when there is
    neither a REDIS_URL nor an embedded Valkey.
    """
    logs.configure(settings.log_format)
    stopping = stopping or threading.Event()
    listening = threading.current_thread() is threading.main_thread()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)} if listening else {}
    with contextlib.ExitStack() as stack:
        for number, handler in before.items():
            stack.callback(signal.signal, number, handler)
        if not settings.redis_url:
            url = stack.enter_context(embedded_valkey(settings.data / "valkey"))
            settings = replace(settings, redis_url=url)
        if ready is not None:
            ready(settings.redis_url)
        _supervise(_parts(settings, build), {**os.environ, **settings.to_environment()}, stopping)


@dataclass(slots=True)
class _Part:
    """One child of the supervisor, and when it may be started (again)."""

    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    not_before: float = 0.0


def _parts(settings: Settings, build: str) -> list[_Part]:
    worker = [sys.executable, "-m", "bot.serve", "worker", build]
    workers = [_Part(f"worker-{number}", worker) for number in range(1, settings.workers + 1)]
    return [_Part("web", _web_argv(settings)), *workers]


def _web_argv(settings: Settings) -> list[str]:
    bind = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{bind}:{settings.port}",
        "workers": str(settings.web_concurrency),
        "worker-class": "gthread",
        "threads": "8",
        "timeout": "30",
        "graceful-timeout": "10",
        "keep-alive": "15",
        "logger-class": "bot.serve.GunicornLogger",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *flags, "bot.web:from_environment()"]


def _supervise(parts: Sequence[_Part], env: dict[str, str], stopping: threading.Event) -> None:
    prepare = die_with_parent()
    try:
        while not stopping.is_set():
            for part in parts:
                _look_after(part, env, prepare)
            stopping.wait(0.1)
    finally:
        _stop(parts)


def _look_after(part: _Part, env: dict[str, str], prepare: Callable[[], None] | None) -> None:
    """Start the part when it does not run and its pause is over; notice when it has ended."""
    now = time.monotonic()
    if part.process is not None and part.process.poll() is not None:
        if now - part.started > _STABLE_SECONDS:
            part.pause = _FIRST_PAUSE
        _log.error("part_ended", part=part.name, status=part.process.returncode, again_in=part.pause)
        part.process, part.not_before = None, now + part.pause
        part.pause = min(part.pause * 2, _LONGEST_PAUSE)
    if part.process is None and now >= part.not_before:
        part.process = subprocess.Popen(
            part.argv,
            env=env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C reaches us alone, and we stop the parts in order
            preexec_fn=prepare,  # noqa: PLW1509 - two system calls, nothing that could take a lock
        )
        part.started = now
        _log.info("part_started", part=part.name, process=part.process.pid)


def _stop(parts: Sequence[_Part]) -> None:
    """Ask all parts to finish what they do, wait, and kill what is left."""
    running = [part for part in parts if part.process is not None and part.process.poll() is None]
    for part in running:
        assert part.process is not None
        part.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for part in running:
        assert part.process is not None
        try:
            part.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.error("part_killed", part=part.name)
            part.process.kill()
            part.process.wait()


def main(arguments: Sequence[str]) -> None:
    """Run one part with the settings of the environment: `web`, or `worker` with an optional module:name."""
    settings = Settings.from_environment(os.environ)
    match list(arguments):
        case ["web"]:
            run_web(settings)
        case ["worker", *build]:
            run_worker(settings, *build[:1])
        case _:
            raise SystemExit("usage: python -m bot.serve web | worker [module:name]")


if __name__ == "__main__":
    main(sys.argv[1:])
