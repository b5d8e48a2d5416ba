"""Handlers that worker processes of these tests are started with; they tell what happens in a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from bot.settings import Settings


def slow_at_first(settings: Settings) -> Callable[..., None]:
    """Return a handler that hangs in its first run of each key, and says which process started and ended."""
    diary = settings.data / "diary"

    def handler(key: str, commands: object, lease: object) -> None:
        if key == "ada/sleepy" and note(diary, "start", key) == 1:
            time.sleep(60)
        note(diary, "end", key)

    return handler


def writes_slowly(settings: Settings) -> Callable[..., None]:
    """Return a handler that writes eight times, each time after asking its lease."""
    diary = settings.data / "diary"

    def handler(key: str, commands: object, lease: object) -> None:
        note(diary, "start", key)
        for _ in range(8):
            lease.check()  # type: ignore[attr-defined]  # the test needs no more of a Lease
            note(diary, "write", key)
            time.sleep(0.25)
        note(diary, "end", key)

    return handler


def note(diary: Path, what: str, key: str) -> int:
    """Append a line (time, process, what, key) and return how often `what` of this key was noted."""
    with diary.open("a") as file:
        file.write(f"{time.time():.3f} {os.getpid()} {what} {key}\n")
    return sum(line.split()[2:] == [what, key] for line in diary.read_text().splitlines())
