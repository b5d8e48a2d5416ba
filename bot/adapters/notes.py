"""What was read of GitHub before and has not changed since, so that it is not read again?"""

from __future__ import annotations

from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import TransientError

KEPT = timedelta(days=1)  # then it is read again, and healed if it was wrong


class RedisNotes:
    """Implements `bot.ports.Notes`. When Redis is emptied, everything is read once more."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection

    def read(self, key: str) -> str:
        """Return what was noted within a day, else ''. TransientError when Redis is away."""
        try:
            found = self._redis.get(_key(key))
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        return found.decode() if isinstance(found, bytes) else ""

    def write(self, key: str, text: str) -> None:
        """Note something. TransientError when Redis is away."""
        try:
            self._redis.set(_key(key), text, ex=KEPT)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error


def _key(key: str) -> str:
    return f"lockkeeper:notes:{key}"
