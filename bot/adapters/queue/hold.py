"""How does a run keep a second key to itself, for example a command the repository it writes to?"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator

from bot.adapters.queue.lease import BusyError, Lease
from bot.adapters.queue.store import Queue

_EXTEND_SECONDS = 2.0
_AGAIN_SECONDS = 1.0


@contextlib.contextmanager
def hold(queue: Queue, key: str) -> Iterator[Lease]:
    """Hold `key` for the length of the block, so that no run of it overlaps; its marks are kept for that run.

    BusyError (the run that asks is tried again after a second) when somebody else has the key.
    """
    token = secrets.token_hex(8)
    if not queue.hold(key, token):
        raise BusyError(f"{key} is being worked on", retry_after=_AGAIN_SECONDS)
    lease = Lease(queue, key, token)
    done = threading.Event()

    def pulse() -> None:
        while not done.wait(_EXTEND_SECONDS):
            lease.extend()

    thread = threading.Thread(target=pulse, name="hold-pulse", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        done.set()
        thread.join()
        queue.release(key, token)
