"""What happens to a key when its bell rings: which end of a run means done, again, later, or given up?"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from rq.timeouts import JobTimeoutException

from bot.adapters.queue.lease import BusyError, Lease, LeaseLostError
from bot.adapters.queue.store import Queue, Start
from bot.errors import LockkeeperError, TransientError, UserError
from bot.intake.tasks import SWEEP, PendingCommand

Handler = Callable[[str, Sequence[PendingCommand], Lease], None]
OnParked = Callable[[str, Sequence[PendingCommand], str], None]
ListRepositories = Callable[[], Sequence[tuple[str, int | None]]]

TRANSIENT_DELAYS = (1.0, 5.0, 20.0, 60.0, 120.0, 300.0)  # seconds; the last one again and again
BUG_DELAYS = (5.0, 30.0, 120.0)  # then the run is parked
_LONGEST_WAIT = 3600.0
_log = structlog.get_logger("bot.queue")


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs to know to work.

    `handler(key, commands, lease)` converges a key. Returning means done, for the key and for the commands it
    was given. `TransientError` means again later (honouring `retry_after`), `UserError` that a person
    was told and must act first, any other exception a bug.
    `list_repositories` returns (`owner/name`, installation id) of all installed repositories, for the sweep;
    without it the sweep covers the repositories that deliveries named.
    `redeliver` asks GitHub for the deliveries that never arrived and returns for how many; its errors are logged.
    `on_parked(key, commands, reason)` is told of each run that was given up (its errors are logged), and with
    the reason '' that a later one succeeded.
    `close` is called when the worker stops.
    """

    handler: Handler
    list_repositories: ListRepositories | None = None
    on_parked: OnParked | None = None
    close: Callable[[], None] | None = None
    redeliver: Callable[[], int] | None = None


class Runner:
    """Runs keys one after the other in this process, and knows the lease of the one that runs."""

    def __init__(self, queue: Queue, work: Work) -> None:
        self.queue, self.work = queue, work
        self._current: tuple[Lease, float] | None = None
        self._lock = threading.Lock()

    def extend(self) -> None:
        """Prolong the lease of the run in progress, if there is one (called from the pulse thread)."""
        with self._lock:
            current = self._current
        if current:
            current[0].extend()

    def busy_seconds(self) -> float:
        """Return for how long the run in progress has been going on, 0 when idle."""
        with self._lock:
            return time.monotonic() - self._current[1] if self._current else 0.0

    def run_key(self, key: str) -> None:
        """Answer the bell of one key."""
        start = self.queue.begin(key, secrets.token_hex(8))
        if start is None:
            return
        lease = Lease(self.queue, key, start.token, installation=start.installation)
        with self._lock:
            self._current = (lease, time.monotonic())
        repository, _, pull = key.partition("#")
        where = {"repo": repository, **({"pull": int(pull)} if pull else {})}
        with structlog.contextvars.bound_contextvars(**where):
            try:
                self._run(start, lease)
            finally:
                with self._lock:
                    self._current = None

    def _run(self, start: Start, lease: Lease) -> None:
        began = time.monotonic()
        try:
            if start.key == SWEEP:
                self._sweep()
            else:
                self.work.handler(start.key, start.commands, lease)
                if start.parked_reason and self.work.on_parked is not None:
                    self.work.on_parked(start.key, (), "")
        except LeaseLostError as error:
            _log.warning("lease_lost", reason=str(error))
        except TransientError as error:
            known = 0.0 if isinstance(error, BusyError) else math.inf
            wanted = min(TRANSIENT_DELAYS[min(start.tries, len(TRANSIENT_DELAYS) - 1)], known)
            delay = min(max(wanted, error.retry_after), _LONGEST_WAIT)
            self.queue.retry(start, delay)
            _log.warning("run_postponed", seconds=delay, tries=start.tries + 1, reason=str(error))
        except UserError as error:
            self._park(start, str(error), str(error))
        except JobTimeoutException:
            words = f"it took longer than {self.queue.job_seconds} seconds"
            self._bug(start, words, words)
        except Exception as error:
            self._bug(start, f"{type(error).__name__}: {error}", f"an internal error ({type(error).__name__})")
        else:
            held = self.queue.finish(start)
            _log.info("run_done" if held else "run_done_late", seconds=round(time.monotonic() - began, 3))

    def _bug(self, start: Start, reason: str, told: str) -> None:
        """Log the traceback at the first failure of a row only, retry a few times, then park."""
        known = start.parked_reason == reason
        if start.tries == 0 and not known:
            _log.exception("run_failed", reason=reason)
        else:
            _log.error("run_failed_again", reason=reason, tries=start.tries + 1)
        if known or start.tries >= len(BUG_DELAYS):
            self._park(start, reason, told)
        else:
            self.queue.retry(start, BUG_DELAYS[start.tries])

    def _park(self, start: Start, reason: str, told: str) -> None:
        """Give the run up. `told` is what others may read: the words of a bug may hold anything."""
        held = self.queue.park(start, reason)
        _log.error("run_parked", reason=reason, tries=start.tries + 1)
        if held and self.work.on_parked is not None:
            try:
                self.work.on_parked(start.key, start.commands, told)
            except Exception:
                _log.exception("parked_run_not_told")

    def _sweep(self) -> None:
        """Mark every installed repository, so that what no delivery told is found; then ask for lost deliveries."""
        if self.work.list_repositories is not None:
            for name, installation in self.work.list_repositories():
                self.queue.mark([name], installation=installation)
        else:
            self.queue.mark(self.queue.repositories())
        asked = 0
        if self.work.redeliver is not None:
            try:
                asked = self.work.redeliver()
            except LockkeeperError as error:
                _log.warning("deliveries_not_asked_for", reason=str(error))
            except Exception:
                _log.exception("deliveries_not_asked_for")
        _log.debug("swept", asked=asked)
