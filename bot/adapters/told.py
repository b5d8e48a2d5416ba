"""What was each pull request told last, so that nobody is told the same again?"""

from __future__ import annotations

from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import TransientError
from bot.model.repository import Repository

KEPT = timedelta(days=1)  # then the comment itself is looked at again, and healed if someone edited it


class RedisTold:
    """Implements `bot.ports.Told`. When Redis is emptied, the comments themselves are read once more."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection

    def is_told(self, repository: Repository, number: int, digest: str) -> bool:
        """Say whether this is what was told last, within a day. TransientError when Redis is away."""
        try:
            return self._redis.get(_key(repository, number)) == digest.encode()
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error

    def note(self, repository: Repository, number: int, digest: str) -> None:
        """Remember what was told. TransientError when Redis is away."""
        try:
            self._redis.set(_key(repository, number), digest, ex=KEPT)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error


def _key(repository: Repository, number: int) -> str:
    return f"lockkeeper:told:{repository.full_name}#{number}"
