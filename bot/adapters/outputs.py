"""Where are texts kept that are longer than GitHub takes?

A text is kept in Redis for a month under an identifier derived from the text and a secret: nobody can guess it,
and the same text has the same link. Who has the link can read the text, so the link is given only on the pull
request, to the people who may read the repository anyway.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import TransientError
from bot.model.repository import Repository

KEPT_SECONDS = 30 * 24 * 3600
LARGEST = 8_000_000  # characters


@dataclass(frozen=True, slots=True)
class Output:
    """One kept text, as Markdown."""

    repository: str
    title: str
    text: str


class RedisOutputs:
    """Implements `bot.ports.Outputs`; `public_url` is the bot's own address, '' when it has none."""

    def __init__(self, connection: Redis, secret: str, public_url: str) -> None:
        self._redis, self._secret, self._public_url = connection, secret.encode(), public_url.rstrip("/")

    def keep(self, repository: Repository, title: str, text: str) -> str:
        """Keep a text and return its link; '' without a public address. TransientError when Redis is away."""
        if not self._public_url:
            return ""
        cut = text if len(text) <= LARGEST else text[:LARGEST] + "\n\n(cut here)"
        body = json.dumps([repository.full_name, title, cut]).encode()
        identifier = hmac.new(self._secret, b"output:" + body, hashlib.sha256).hexdigest()[:40]
        try:
            self._redis.set(_key(identifier), zlib.compress(body), ex=KEPT_SECONDS)
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        return f"{self._public_url}/output/{identifier}"

    def read(self, identifier: str) -> Output | None:
        """Return a kept text, None when there is none (any more). TransientError when Redis is away."""
        try:
            found = self._redis.get(_key(identifier))
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        return Output(*json.loads(zlib.decompress(found))) if isinstance(found, bytes) else None


def _key(identifier: str) -> str:
    return f"lockkeeper:output:{identifier}"
