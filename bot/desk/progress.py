"""How does somebody who waits learn that it goes on?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from bot.report.text import progress

PATIENCE = 0.7  # seconds before anything is said
PAUSE = 0.1  # seconds between two lines on a terminal
LOG_PAUSE = 5.0  # and elsewhere, where each line stays


class Progress:
    """Tells on a stream how far work is: a terminal's line is written over, a log gets a line now and then."""

    def __init__(
        self,
        stream: TextIO,
        *,
        silent: bool = False,
        clock: Callable[[], float] = time.monotonic,
        words: Callable[[int, int], str] = progress,
    ) -> None:
        """Begin to wait; `clock` tells the time in seconds, `words` say how much of how much is done."""
        self._stream, self._silent, self._clock, self._words = stream, silent, clock, words
        self._terminal = stream.isatty()
        self._next = clock() + (PATIENCE if self._terminal else LOG_PAUSE)
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Hear how much of how much is done."""
        now = self._clock()
        if self._silent or now < self._next:
            return
        words = self._words(done, total)
        if self._terminal:
            self._next = now + PAUSE
            self._stream.write(f"\r{words.ljust(self._width)}")
            self._width = len(words)
        else:
            self._next = now + LOG_PAUSE
            self._stream.write(f"{words}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Leave a clean line behind."""
        if self._width:
            self._stream.write(f"\r{' ' * self._width}\r")
            self._stream.flush()
            self._width = 0
