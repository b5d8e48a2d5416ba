"""How much comes in, how fast is it acknowledged, how deep is the queue?

Counters of one gunicorn worker must add up with those of the others: when PROMETHEUS_MULTIPROC_DIR is set
(`share` does it) prometheus_client keeps them in files there. It reads that variable when it is first
imported, therefore the imports inside the functions.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.adapters.queue import Depth

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"


def share(directory: Path, group: int) -> None:
    """Let all processes of one group (the gunicorn master's process id) count together, below `directory`.

    Call it before anything imports prometheus_client. Leftovers of groups that ended are removed.
    """
    for other in directory.glob("*") if directory.is_dir() else ():
        if other.name.isdigit() and int(other.name) != group and not _alive(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    own = directory / str(group)
    own.mkdir(parents=True, exist_ok=True)
    os.environ[_MULTIPROC] = str(own)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Metrics:
    """The counters of the web door."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._registry = CollectorRegistry()
        self._events = Counter(
            "lockkeeper_deliveries",
            "Webhook deliveries by event and outcome.",
            ("event", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "lockkeeper_delivery_seconds",
            "Time from the first byte read to the answer.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self._registry,
        )

    def count(self, event: str, outcome: str, seconds: float) -> None:
        """Count one delivery. `event` must come from a closed list: each value makes a time series."""
        self._events.labels(event, outcome).inc()
        self._seconds.observe(seconds)

    def page(self, depth: Depth | None, counters: Mapping[str, int]) -> bytes:
        """Return all metrics in Prometheus' text format; `depth` is None while Redis is away."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if os.environ.get(_MULTIPROC):
            events = CollectorRegistry()
            MultiProcessCollector(events)  # type: ignore[no-untyped-call]  # the package has no hint there
        else:
            events = self._registry
        # a Gauge would write to the shared files; what Redis knows is the same for all processes
        lines = [
            generate_latest(events),
            _family("lockkeeper_redis_up", "gauge", {"": int(depth is not None)}),
        ]
        if depth is not None:
            states = {f'state="{name}"': getattr(depth, name) for name in Depth.__slots__}
            lines.append(_family("lockkeeper_queue_keys", "gauge", states))
        runs = {f'outcome="{name}"': number for name, number in sorted(counters.items())}
        lines.append(_family("lockkeeper_queue_total", "counter", runs))
        return b"".join(lines)


def _family(name: str, kind: str, samples: Mapping[str, int]) -> bytes:
    lines = [f"# TYPE {name} {kind}"]
    lines += [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in samples.items()]
    return ("\n".join(lines) + "\n").encode()
