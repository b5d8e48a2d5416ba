"""How is a wish for work kept so that neither a crash nor a restart loses it?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry as RedisRetry
from rq import Queue as JobQueue
from rq import Retry as JobRetry

from bot.adapters.queue import scripts
from bot.adapters.queue.job import CONVERGE, Bell, Serializer
from bot.adapters.queue.lease import LEASE_SECONDS
from bot.errors import TransientError
from bot.intake.tasks import SWEEP, PendingCommand, is_key

DONE_SECONDS = 7 * 24 * 3600  # GitHub redelivers for 3 days
MOST_CRASHES = 5
LOST_BELL_SECONDS = 10.0
SHORTEST_SLEEP = 1.0  # so that a time that is wrong wakes a key no faster than a pulse beats
_BELL_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Start:
    """What a run is given: the commands waiting, how often it failed in a row, why it was parked before."""

    key: str
    token: str
    tries: int
    parked_reason: str
    installation: int | None
    commands: tuple[PendingCommand, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that was given up: why, when (seconds since 1970), after how many tries, with which commands."""

    reason: str
    at: float
    tries: int
    commands: tuple[PendingCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class Depth:
    """How many keys are in which state."""

    dirty: int
    rung: int
    running: int
    waiting: int
    failed: int
    asleep: int = 0


def connect(url: str, *, timeout: float = 0.4) -> Redis:
    """Return a client for `url` (redis://, rediss://, unix://); a call fails after `timeout` seconds."""
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=RedisRetry(NoBackoff(), 0),
        health_check_interval=0,
    )


class Queue:
    """The durable set of keys to converge, with one coalesced RQ job ("bell") for each.

    `job_seconds` is how long one run may take. Methods raise `TransientError` when Redis is away, except
    where said otherwise.
    """

    def __init__(self, connection: Redis, *, name: str = "lockkeeper", job_seconds: int = 900) -> None:
        self.connection, self.name, self.job_seconds = connection, name, job_seconds
        self.jobs = JobQueue(
            name, connection=connection, job_class=Bell, serializer=Serializer, default_timeout=job_seconds
        )
        register = connection.register_script
        self._mark, self._begin, self._extend = map(register, (scripts.MARK, scripts.BEGIN, scripts.EXTEND))
        self._finish, self._retry = register(scripts.FINISH), register(scripts.RETRY)
        self._park, self._tick = register(scripts.PARK), register(scripts.TICK)
        self._wake = register(scripts.WAKE)
        self._hold, self._release = register(scripts.HOLD), register(scripts.RELEASE)

    # the door

    def mark(
        self,
        keys: Iterable[str],
        commands: Iterable[PendingCommand] = (),
        installation: int | None = None,
    ) -> None:
        """Note that keys want a run, and keep the commands; when this returns, both are stored in Redis.

        A key that already waits gets no second job; a key that runs is run again afterwards. A command
        that is known, or was finished within the last week, is not kept again. ValueError: a key
        is malformed.
        """
        wanted = tuple(dict.fromkeys(keys))
        for key in wanted:
            if key != SWEEP and not is_key(key):
                raise ValueError(f"{key!r} is no key")
        named = {key.partition("#")[0] for key in wanted if key != SWEEP} if installation is not None else set()
        asked = {
            "keys": wanted,
            "commands": [(one.key, str(one.comment_id), one.to_json()) for one in commands],
            "repositories": {name: str(installation) for name in named},
        }
        try:
            bells = self._mark(keys=[self.name], args=[json.dumps(asked)])
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error
        try:
            self._ring(bells)
        except (RedisConnectionError, RedisTimeoutError):
            return  # the mark is stored; the next tick of a worker misses the bell and rings it

    def wake(self, key: str, seconds: float | None) -> None:
        """Mark the key in so many seconds, whatever happens until then; None forgets what was asked before.

        The newest word for a key counts. It outlives workers and restarts. ValueError: the key is malformed.
        """
        if not is_key(key):
            raise ValueError(f"{key!r} is no key")
        delay = "" if seconds is None else f"{max(seconds, SHORTEST_SLEEP):.3f}"
        try:
            self._wake(keys=[self.name], args=[key, delay])
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error

    def forget(self, repositories: Sequence[str]) -> None:
        """Forget repositories that are no longer installed; sweeps pass them by from now on."""
        if repositories:
            try:
                self.connection.hdel(self._key("repositories"), *repositories)
                self.connection.zrem(self._key("wake"), *repositories)
            except RedisError as error:
                raise TransientError("Redis cannot be reached") from error

    def ping(self) -> None:
        """Return when Redis answers."""
        try:
            self.connection.ping()
        except RedisError as error:
            raise TransientError("Redis cannot be reached") from error

    # the worker: these let RedisError through, the worker's loop knows what to do with it

    def begin(self, key: str, token: str) -> Start | None:
        """Answer a bell: take the key and clear its mark. None when there is nothing to do, now or for us."""
        status, *found = self._begin(keys=[self.name], args=[key, token, LEASE_SECONDS, MOST_CRASHES])
        if status != b"go":
            return None
        tries, failed, installation, commands, shas = found
        bound = _pairs(shas)
        return Start(
            key=key,
            token=token,
            tries=int(tries),
            parked_reason=str(json.loads(failed).get("reason", "")) if failed else "",
            installation=int(installation) if installation else None,
            commands=tuple(
                replace(PendingCommand.from_json(text), sha=bound.get(comment, b"").decode())
                for comment, text in sorted(_pairs(commands).items(), key=lambda pair: int(pair[0]))
            ),
        )

    def extend(self, key: str, token: str) -> bool:
        """Prolong a lease; False when it is lost."""
        return bool(self._extend(keys=[self.name], args=[key, token, LEASE_SECONDS]))

    def hold(self, key: str, token: str) -> bool:
        """Take a key without running it, and leave its mark alone; False when somebody has it."""
        return bool(self._hold(keys=[self.name], args=[key, token, LEASE_SECONDS, MOST_CRASHES]))

    def release(self, key: str, token: str) -> None:
        """Let go of a held key; if it is marked, its run follows now."""
        self._ring(self._release(keys=[self.name], args=[key, token]))

    def finish(self, start: Start) -> bool:
        """Note that a run ended well and its commands are done; False when its lease was lost before."""
        ids = [str(command.comment_id) for command in start.commands]
        held, bells = self._finish(keys=[self.name], args=[start.key, start.token, DONE_SECONDS, *ids])
        self._ring(bells)
        return bool(held)

    def retry(self, start: Start, delay: float) -> bool:
        """Run the key again, `delay` seconds from now at the earliest; False: lease lost."""
        return bool(self._retry(keys=[self.name], args=[start.key, start.token, delay]))

    def park(self, start: Start, reason: str) -> bool:
        """Give the run up until its key is marked again; it stays visible in `failed`. False: lease lost."""
        ids = [str(command.comment_id) for command in start.commands]
        held, bells = self._park(keys=[self.name], args=[start.key, start.token, reason, *ids])
        self._ring(bells)
        return bool(held)

    def tick(self) -> None:
        """Take keys back from dead workers, and ring for keys whose time has come or whose bell was lost.

        The time of a key comes after a failure, or when `wake` said so.
        """
        args = [MOST_CRASHES, LOST_BELL_SECONDS, self.jobs.key]
        self._ring(self._tick(keys=[self.name], args=args))

    def sweep_is_due(self, interval: float) -> bool:
        """Say True to one caller in each interval (seconds)."""
        key, milliseconds = self._key("swept"), max(1, int(interval * 1000) - 50)
        return bool(self.connection.set(key, "1", nx=True, px=milliseconds))

    # commands

    def bind_command(self, key: str, comment_id: int, sha: str) -> str:
        """Bind a command to the head commit seen first; return the commit it is bound to."""
        with self.connection.pipeline() as pipe:
            pipe.hsetnx(self._key(f"shas:{key}"), str(comment_id), sha)
            pipe.hget(self._key(f"shas:{key}"), str(comment_id))
            found = pipe.execute()[1]
        return bytes(found).decode()

    def finish_command(self, key: str, comment_id: int) -> None:
        """Note that a command was carried out: no retry and no redelivery within a week repeats it."""
        with self.connection.pipeline() as pipe:
            pipe.set(self._key(f"done:{key}:{comment_id}"), "1", ex=DONE_SECONDS)
            pipe.hdel(self._key(f"commands:{key}"), str(comment_id))
            pipe.hdel(self._key(f"shas:{key}"), str(comment_id))
            pipe.execute()

    # looking in

    def depth(self) -> Depth:
        """Count the keys by state; RedisError when Redis is away."""
        with self.connection.pipeline(transaction=False) as pipe:
            for name in ("dirty", "rung", "running", "due"):
                pipe.zcard(self._key(name))
            pipe.hlen(self._key("failed"))
            pipe.zcard(self._key("wake"))
            return Depth(*(int(number) for number in pipe.execute()))

    def counters(self) -> Mapping[str, int]:
        """Return how often keys were marked and runs finished, retried, parked and revived, ever."""
        found = cast("Mapping[bytes, bytes]", self.connection.hgetall(self._key("counters")))
        return {name.decode(): int(value) for name, value in found.items()}

    def failed(self) -> Mapping[str, Failure]:
        """Return the runs that were given up, by key."""
        found = cast("Mapping[bytes, bytes]", self.connection.hgetall(self._key("failed")))
        return {key.decode(): _failure(json.loads(text)) for key, text in found.items()}

    def repositories(self) -> Mapping[str, int | None]:
        """Return the repositories that deliveries named, with their installation where known."""
        found = cast("Mapping[bytes, bytes]", self.connection.hgetall(self._key("repositories")))
        return {name.decode(): int(number) if number else None for name, number in found.items()}

    def _key(self, name: str) -> str:
        return f"{self.name}:{name}"

    def _ring(self, bells: Iterable[Sequence[Any]]) -> None:
        """Enqueue one RQ job for each (key, job id, 1 if commands wait: those go first)."""
        jobs = [
            self.jobs.prepare_data(
                CONVERGE,
                args=[key.decode()],
                description=f"converge {key.decode()}",
                job_id=job_id.decode(),
                at_front=bool(at_front),
                timeout=self.job_seconds,
                retry=JobRetry(max=2),  # RQ's own: for a bell whose worker died between taking and answering it
                result_ttl=0,
                failure_ttl=_BELL_KEPT_SECONDS,
            )
            for key, job_id, at_front in bells
        ]
        if jobs:
            self.jobs.enqueue_many(jobs)


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _failure(record: Mapping[str, Any]) -> Failure:
    commands = tuple(PendingCommand.from_json(text) for text in record.get("commands", ()))
    return Failure(str(record["reason"]), float(record["at"]), int(record["tries"]), commands)
