"""What did the last look at GitHub's log of deliveries leave to the next one?"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import RedisError

from bot.adapters.github.deliveries import KEPT, Failing, Sweep
from bot.errors import TransientError

_KEY = "lockkeeper:redelivered"


class RedisRedelivered:
    """Keeps one `Sweep`. When Redis is emptied, the log of three days is read once more."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection

    def load(self) -> Sweep:
        """Return what was saved last, an empty one without it. TransientError when Redis is away."""
        try:
            text = self._redis.get(_KEY)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        if not isinstance(text, bytes):
            return Sweep()
        until, failing = json.loads(text)
        return Sweep(
            _time(until) if until is not None else None,
            {guid: Failing(number, _time(first), _time(due), tries) for guid, number, first, due, tries in failing},
        )

    def save(self, sweep: Sweep) -> None:
        """Keep what was seen, for as long as GitHub could send it again. TransientError when Redis is away."""
        failing = [
            [guid, one.id, one.first.timestamp(), one.due.timestamp(), one.tries] for guid, one in sweep.failing.items()
        ]
        text = json.dumps([sweep.until.timestamp() if sweep.until else None, failing])
        try:
            self._redis.set(_KEY, text, ex=KEPT)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
