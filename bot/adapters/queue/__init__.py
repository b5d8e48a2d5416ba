"""What is to be done next, who does it, and what happens when they fail? Durable answers, kept in Redis."""

from __future__ import annotations

from bot.adapters.queue.hold import hold
from bot.adapters.queue.lease import BusyError, Lease, LeaseLostError
from bot.adapters.queue.run import Handler, Runner, Work
from bot.adapters.queue.store import Depth, Failure, Queue, Start, connect

__all__ = [
    "BusyError",
    "Depth",
    "Failure",
    "Handler",
    "Lease",
    "LeaseLostError",
    "Queue",
    "Runner",
    "Start",
    "Work",
    "connect",
    "hold",
]
