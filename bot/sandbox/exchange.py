"""What passed between a client and the stand-in? Frozen records for observers and for counting writes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `path` is `/api/v3/…` or `/api/graphql`; `query` is without the question mark."""

    method: str
    path: str
    query: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes

    @property
    def is_write(self) -> bool:
        """Say whether the request may change repositories; taking a token or redelivering is no such write.

        Nor is GraphQL, of which only queries are known here.
        """
        upkeep = self.path.endswith(("/access_tokens", "/api/graphql")) or "/hook/deliveries/" in self.path
        return self.method not in ("GET", "HEAD", "OPTIONS") and not upkeep


class Exchanges:
    """The newest exchanges, `limit` at most, oldest first."""

    def __init__(self, observers: Sequence[Callable[[Exchange], None]] = (), limit: int = 10_000) -> None:
        self.observers = list(observers)
        self._kept: deque[Exchange] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange and show it to the observers."""
        with self._lock:
            self._kept.append(exchange)
        for observer in self.observers:
            observer(exchange)

    def clear(self) -> None:
        """Forget what was kept, for example before the part of a test that counts."""
        with self._lock:
            self._kept.clear()

    @property
    def writes(self) -> list[Exchange]:
        """Return the requests that may have changed something."""
        return [exchange for exchange in self if exchange.is_write]

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)
