"""Who are we on GitHub, for the web process, which never asks GitHub anything?"""

from __future__ import annotations

import time

from redis import Redis
from redis.exceptions import RedisError

_KEY = "lockkeeper:login"
_BELIEVED = 60.0  # seconds


class RedisOurselves:
    """Keeps the login of our App (`lockkeeper[bot]`), as the worker that started last learnt it."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection
        self._login, self._until = "", 0.0

    def note(self, login: str) -> None:
        """Remember our login. RedisError when Redis is away."""
        self._redis.set(_KEY, login)

    def login(self) -> str:
        """Return our login, '' where no worker has told it, or Redis is away; it is asked for once a minute."""
        if time.monotonic() >= self._until:
            try:
                found = self._redis.get(_KEY)
            except RedisError:
                return self._login
            self._login = found.decode() if isinstance(found, bytes) else ""
            self._until = time.monotonic() + (_BELIEVED if self._login else 1.0)
        return self._login
