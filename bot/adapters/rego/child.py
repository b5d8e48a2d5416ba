"""The process that runs Rego: how is it started, spoken to, and why did it die?"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from bot.adapters import process
from bot.adapters.render import wire
from bot.policy.gatekeeper.rego import ABSENT

_MIB = 1024 * 1024
_START = 20.0  # seconds a process may take to say hello


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process gets: seconds for one question of up to 250 reviews, and for all of one exchange; bytes.

    `ends` is how many processes a program may end before it is left alone for a minute. `walls` is False in tests
    only.
    """

    deadline: float = 5.0
    total: float = 60.0
    memory: int = 512 * _MIB
    output: int = 16 * _MIB
    ends: int = 2
    walls: bool = True


class RegoChild:
    """One process at a time, started when needed. `programs` and `inventory` are what it has been sent."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._child: process.Child | None = None
        self._prints: IO[bytes] | None = None
        self.programs: set[str] = set()
        self.inventory = b""
        self.version, self.reason = "", ""  # what runs, and what is missing of its walls

    def close(self) -> None:
        """End the process; the next request starts another."""
        if self._pid == os.getpid() and self._child is not None:
            self._child.close()
        if self._prints is not None:
            self._prints.close()
        self._reset()

    def start(self) -> str:
        """See that a process runs; return why none does."""
        if self._pid != os.getpid():
            self._inherited = self._child  # kept, so that nothing here ends the process of another one
            self._reset()
        if self._child is not None and self._child.status() is None:
            return ""
        self.close()
        limits = self.limits
        self._prints = tempfile.TemporaryFile(prefix="lockkeeper-rego-")  # noqa: SIM115 - lives as the process
        settings = {"deadline": limits.deadline, "memory": limits.memory, "walls": limits.walls}
        self._child = process.spawn(
            [sys.executable, "-P", "-s", "-m", "bot.adapters.rego.engine", orjson.dumps(settings).decode()],
            cwd=Path("/"),
            env={
                "PATH": "/nonexistent",
                "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stderr=self._prints,
        )
        try:
            hello = orjson.loads(self._read(time.monotonic() + _START))
        except (wire.LateError, wire.ClosedError, wire.TooLargeError):
            said = self._printed()
            self.close()
            return f"the Rego engine does not start: {said}"
        self.version, self.reason = hello["version"], hello["reason"]
        return f"{ABSENT}: {hello['absent']}" if hello["absent"] else ""

    def send(self, request: Mapping[str, Any]) -> str:
        """Send a request; return why it cannot be sent."""
        problem = self.start()
        if problem or self._child is None:
            return problem
        try:
            wire.send(self._child.stdin.fileno(), orjson.dumps(request))
        except wire.ClosedError:
            return "the Rego engine died before it was asked"
        return ""

    def _read(self, deadline: float) -> bytes:
        if self._child is None:
            raise wire.ClosedError
        return wire.receive(self._child.stdout.fileno(), limit=self.limits.output, deadline=deadline)

    def receive(self, left: float) -> dict[str, Any] | str:
        """Return the next answer, or why there will be none; then the process is gone."""
        limits = self.limits
        deadline = min(limits.deadline, max(left, 0.1))
        try:
            found: dict[str, Any] = orjson.loads(self._read(time.monotonic() + deadline))
            return found
        except wire.LateError:
            words = f"it took longer than {deadline:.2g} s and was stopped"
        except wire.TooLargeError:
            words = "its answer is too large"
        except wire.ClosedError:
            words = self._obituary()
        except BaseException:
            self.close()  # half a conversation: the next question must not read the rest of this answer
            raise
        self.close()
        return words

    def _obituary(self) -> str:
        status = self._child.close() if self._child is not None else 0
        said = self._printed()
        if "memory allocation" in said or "MemoryError" in said or status == -6:
            return f"it needs more than {self.limits.memory // _MIB} MB of memory"
        if status == -11:
            return "it ended the engine: perhaps a function of it calls itself without end"
        return f"it ended the engine: {said or f'status {status}'}"

    def _printed(self) -> str:
        """Return the last line that the process printed."""
        if self._prints is None:
            return ""
        lines = os.pread(self._prints.fileno(), 64 * 1024, 0).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""
