"""Real servers for the tests: an embedded Valkey for the session, and processes that end with their test."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.queue import Queue, connect
from bot.adapters.valkey import embedded_valkey

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a Valkey that lives as long as the test session."""
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def queue(valkey_url: str) -> Queue:
    """Give a queue of its own to each test."""
    return Queue(connect(valkey_url, timeout=5), name=f"q{secrets.token_hex(4)}", job_seconds=30)


@contextlib.contextmanager
def process(*argv: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python module in a process of its own, which ends with the block."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *argv],
            env=env,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGCONT)
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def environment(data: Path, **more: str) -> dict[str, str]:
    """Return the environment of a Lockkeeper process on the loopback device."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LOCKKEEPER_WEBHOOK_SECRET": "for-this-test-only",
        "LOCKKEEPER_DATA": str(data),
        "HOST": "127.0.0.1",
        **more,
    }


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float = 15.0, what: str = "") -> float:
    """Wait until `true()` holds and return how long that took; fail after `seconds`."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(OSError):
            if true():
                return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} seconds: {what or true}")
