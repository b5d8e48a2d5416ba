"""Am I still the only one who works on this key?"""

from __future__ import annotations

import time
from typing import Protocol

from redis.exceptions import RedisError

from bot.errors import LockkeeperError, TransientError

LEASE_SECONDS = 9.0
_MARGIN = 2.0  # clocks drift and calls take time: stop believing in an unconfirmed lease this much earlier


class LeaseLostError(LockkeeperError):
    """Another worker may hold the key now: write nothing more, and leave. The other one does the work."""


class BusyError(TransientError):
    """Another run holds a key that this one needs as well: come back after `retry_after` seconds, exactly."""


class Holder(Protocol):
    """What a lease needs of the queue."""

    def extend(self, key: str, token: str) -> bool: ...
    def bind_command(self, key: str, comment_id: int, sha: str) -> str: ...
    def finish_command(self, key: str, comment_id: int) -> None: ...


class Lease:
    """The right to work on one key, until it is lost.

    `installation` is the id of the App installation that deliveries named for it, None if unknown.
    Threads may share a lease.
    """

    def __init__(self, queue: Holder, key: str, token: str, *, installation: int | None = None) -> None:
        self.key, self.token, self.installation = key, token, installation
        self._queue = queue
        self._lost = False
        self._ends = time.monotonic() + LEASE_SECONDS

    def check(self) -> None:
        """Return while the key is ours, and prolong it; call it right before each write to GitHub or git.

        LeaseLostError when it is not. While Redis is away the lease is believed until shortly before it ends:
        nobody else can take a key that Redis has given to us and not yet let go.
        """
        if not self.extend():
            raise LeaseLostError(f"{self.key}: another worker may have taken over")

    def extend(self) -> bool:
        """Prolong the lease and say whether it is still held."""
        asked = time.monotonic()
        try:
            held = self._queue.extend(self.key, self.token)
        except RedisError:
            return not self._lost and asked < self._ends - _MARGIN
        if held and not self._lost:
            self._ends = asked + LEASE_SECONDS
        else:
            self._lost = True
        return not self._lost

    def bind_command(self, comment_id: int, sha: str) -> str:
        """Bind a command to the head commit seen first; a retry gets the same one."""
        return self._queue.bind_command(self.key, comment_id, sha)

    def finish_command(self, comment_id: int) -> None:
        """Note that a command was carried out, so that no retry and no redelivery repeats it."""
        self._queue.finish_command(self.key, comment_id)
