"""Which head of which pull request was looked at last, so that a sweep finds what no webhook told?"""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import TransientError
from bot.model.repository import Repository


class RedisCheckedHeads:
    """Implements `bot.ports.CheckedHeads`. When Redis is emptied, everything is looked at once more."""

    def __init__(self, connection: Redis) -> None:
        self._redis = connection

    def note(self, repository: Repository, number: int, sha: str) -> None:
        """Remember that this head was looked at. TransientError when Redis is away."""
        try:
            self._redis.hset(_key(repository), str(number), sha)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error

    def stale(self, repository: Repository, heads: dict[int, str], *, whole: bool = True) -> list[int]:
        """Return the numbers whose head was not looked at.

        Where `heads` are the `whole` of the open pull requests, forget all others.
        """
        key = _key(repository)
        try:
            known = {int(number): sha.decode() for number, sha in self._redis.hgetall(key).items()}  # type: ignore[union-attr]  # sync client
            gone = [str(number) for number in known if number not in heads and whole]
            if gone:
                self._redis.hdel(key, *gone)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        return [number for number, sha in heads.items() if known.get(number) != sha]


def _key(repository: Repository) -> str:
    return f"lockkeeper:checked:{repository.full_name}"
