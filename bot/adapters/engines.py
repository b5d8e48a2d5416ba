"""Which engines did the workers find when they started?"""

from __future__ import annotations

from datetime import timedelta

from redis import Redis

KEPT = timedelta(days=1)  # a worker notes it again whenever it starts, and with each job
_KEY = "lockkeeper:engines"
NOT_TOLD = "no worker has told of its engines yet"


class RedisEngines:
    """Keeps one line about the engines of the worker that spoke last, for /readyz of the web process."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection

    def note(self, words: str) -> None:
        """Remember what a worker found. RedisError when Redis is away."""
        self._redis.set(_KEY, words, ex=KEPT)

    def read(self) -> str:
        """Return what was noted last. RedisError when Redis is away."""
        found = self._redis.get(_KEY)
        return found.decode() if isinstance(found, bytes) else NOT_TOLD
