"""How are questions put to the Rego process, and what if it takes too long, or dies?

A program that ends its process costs a few seconds and its own answers; the others are asked again in a new process.
What was answered before is not asked again: both sides of a change, and most of its applications, are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from types import TracebackType

from bot.adapters.rego.child import Limits, RegoChild
from bot.adapters.rego.exchange import Exchange, Memory
from bot.policy.gatekeeper.rego import ABSENT, INSTALL, Answer, Question, Trouble


class WalledRego:
    """`bot.policy.gatekeeper.rego.Rego` in a process of its own, started when first needed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._lock = threading.Lock()
        self._child = RegoChild(limits or Limits())
        self._memory = Memory()

    @property
    def absent(self) -> str:
        """Why there is no engine here; nothing is started to find out."""
        return "" if find_spec("regorus") else f"{ABSENT}: {INSTALL}"

    def words(self) -> str:
        """Start the engine, and say in one line which it is, or why there is none."""
        if self.absent:
            return f"none: {self.absent}"
        with self._lock:
            problem = self._child.start()
            return f"none: {problem}" if problem else f"regorus {self._child.version}"

    def ask(
        self, questions: Sequence[Question], reviews: Sequence[bytes], inventory: bytes = b"{}"
    ) -> Sequence[Answer]:
        """Answer every question, from memory as far as it goes; see the protocol."""
        if self.absent:
            return [Answer(trouble=Trouble("not evaluable here", self.absent)) for _ in questions]
        with self._lock:
            return Exchange(self._child, self._memory, questions, reviews, inventory).answers()

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._child.close()

    def __enter__(self) -> WalledRego:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
