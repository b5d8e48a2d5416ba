"""What goes wrong, where and how often? Switches that make single REST calls fail as networks and GitHub do."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "502",  # GitHub's unicorn, nothing done
    "502-after",  # done, and yet answered with 502
    "500",
    "503",
    "403",  # GitHub refuses, and will again
    "403-secondary",  # secondary rate limit with retry-after
    "403-primary",  # the hour's requests are used up
    "429",
    "timeout",  # nothing done, no answer for `seconds`, then the connection ends
    "timeout-after",  # done, no answer
    "crash-before",  # the connection ends before anything was done
    "crash-after",  # the connection ends after it was done
    "slow",  # answered after `seconds`
    "stale",  # a GET answers what it answered last time (read lag)
]


@dataclass(eq=False)
class Fault:
    """One switch: which requests (method or "*", pattern searched in the path below /api/v3), what, how often."""

    method: str
    pattern: re.Pattern[str]
    kind: Kind
    times: int
    skip: int
    seconds: float
    hits: int = 0

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and self.pattern.search(path) is not None


class Faults:
    """The switches that are set. A fault fits the first `times` matching requests after `skip` of them."""

    def __init__(self) -> None:
        self._set: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, match: tuple[str, str], kind: Kind, *, times: int = 1, skip: int = 0, seconds: float = 1.0) -> Fault:
        """Set a switch; `match` is (method or "*", regular expression for the path). Its `hits` count."""
        fault = Fault(match[0].upper(), re.compile(match[1]), kind, times, skip, seconds)
        with self._lock:
            self._set.append(fault)
        return fault

    def clear(self) -> None:
        """Take all switches back."""
        with self._lock:
            self._set.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault this request meets, and count it."""
        with self._lock:
            for fault in self._set:
                if not fault.fits(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.times > 0:
                    fault.times -= 1
                    fault.hits += 1
                    return fault
        return None
