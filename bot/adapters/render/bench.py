"""Which idle engine serves which of the waiting orders best?

An engine process holds one tool, and changing it costs as much as dozens of renders. So an order goes to an engine
that is ready for it; where only another could take it, that one waits as long as the change would take, and then
changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.render.worker import Settings, Worker

Wish = tuple[Path | None, str]  # directory to read (None for any) and tool ('' for any)
_REPLACED = 3  # Worker.distance
_PATIENCE = 0.25  # seconds, about what changing an engine takes


class Bench:
    """The workers of one process. `condition` guards them, and whatever waits for them."""

    def __init__(self, settings: Settings, count: int) -> None:
        self.condition = threading.Condition()
        self._all = tuple(Worker(settings) for _ in range(count))
        self._idle = list(self._all)
        self.closed = False

    def started(self) -> bool:
        """Say whether any engine runs."""
        with self.condition:
            return any(worker.distance(None, "") == 0 for worker in self._all)

    def choose(self, wishes: Sequence[Wish], since: float) -> tuple[int, Worker] | None:
        """Take the worker that fits best to any of the wishes; None when none does yet. Hold the condition.

        `since` is when the caller began to wait, on the monotonic clock. Returns the index of the wish, too.
        """
        best: tuple[int, int, Worker] | None = None
        for index, wish in enumerate(wishes):
            for worker in self._idle:
                distance = worker.distance(*wish)
                if best is None or distance < best[0]:
                    best = (distance, index, worker)
        if best is None:
            return None
        distance, index, worker = best
        if distance == _REPLACED and time.monotonic() - since < _PATIENCE and self._served(wishes[index]):
            return None
        self._idle.remove(worker)
        return index, worker

    def _served(self, wish: Wish) -> bool:
        """Say whether a worker that is at work now could fulfil a wish afterwards."""
        return any(worker.distance(*wish) < _REPLACED for worker in self._all if worker not in self._idle)

    def give(self, worker: Worker) -> None:
        """Take back a worker."""
        with self.condition:
            self._idle.append(worker)
            self.condition.notify_all()

    def wait(self) -> None:
        """Wait for any news, not much longer than anyone is patient. Hold the condition."""
        self.condition.wait(_PATIENCE)

    @contextmanager
    def lend(self, scope: Path | None, tool: str) -> Iterator[Worker]:
        """Lend out the worker that fits best. Raises ValueError once closed."""
        since = time.monotonic()
        with self.condition:
            while True:
                if self.closed:
                    raise ValueError("the renderer is closed")
                chosen = self.choose([(scope, tool)], since)
                if chosen is not None:
                    break
                self.wait()
        try:
            yield chosen[1]
        finally:
            self.give(chosen[1])

    def close(self) -> None:
        """End the engines, once those at work have finished."""
        with self.condition:
            self.closed = True
            self.condition.wait_for(lambda: len(self._idle) == len(self._all))
            for worker in self._all:
                worker.close()
