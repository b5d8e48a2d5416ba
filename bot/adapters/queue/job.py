"""Which functions may a job from Redis name? One: whoever can write to Redis must not run code here."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from rq.job import Job
from rq.serializers import JSONSerializer

from bot.errors import LockkeeperError
from bot.intake.tasks import SWEEP, is_key

Serializer = JSONSerializer
CONVERGE = "bot.adapters.queue.job.converge"

_run_key: ContextVar[Callable[[str], None]] = ContextVar("run_key")


class JobRefusedError(LockkeeperError):
    """A job asks for something no job of ours asks for."""


def serve_jobs_with(run_key: Callable[[str], None]) -> None:
    """Say what `converge` does in this process (a worker calls this once, before it takes jobs)."""
    _run_key.set(run_key)


def converge(key: str) -> None:
    """Converge what the key names: the one function jobs may name."""
    if key != SWEEP and not (isinstance(key, str) and is_key(key)):
        raise JobRefusedError("the job names no repository or pull request")
    _run_key.get()(key)


class Bell(Job):
    """An RQ job that can only call `converge`: no other function, callback, webhook or bound method."""

    _refused = ""

    @property
    def func(self) -> Callable[..., Any]:
        """Return `converge`; JobRefusedError for any other name. Nothing is ever imported by name."""
        if not self._refused and self.func_name != CONVERGE:
            self._refused = "it names a function that is not on the list"
        if not self._refused and self.instance is not None:
            self._refused = "it is bound to an object"
        if self._refused:
            raise JobRefusedError(f"job {self.id} was refused: {self._refused}")
        return converge

    def restore(self, raw_data: Any) -> Any:
        """Read the job from Redis, without the callbacks and webhooks it may carry."""
        result = super().restore(raw_data)
        if self._success_callback_name or self._failure_callback_name or self._stopped_callback_name:
            self._refused = "it carries a callback"
        if self.webhooks:
            self._refused = "it carries a webhook"
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        return result

    @property
    def should_retry(self) -> bool:
        """Say whether RQ should run this job once more after it failed."""
        return not self._refused and bool(super().should_retry)

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        """Send nothing: a job must not choose whom this server calls."""
