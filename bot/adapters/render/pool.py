"""Which engine process renders what, for how long, and what happens when it dies?

An engine process is shut in for good when it starts, so it can read one directory: the one that holds all
checkouts (`root`), or a single checkout when no such directory is named. In the first case the walk over a
kustomization's files (`bot.checks.closure`) keeps one repository from another's checkout.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal

from bot.adapters.render.kustomize import library_path
from bot.adapters.render.worker import Capabilities, EngineError, Settings, Worker
from bot.model.manifest import Rendered, RenderProblem

MEBIBYTE = 1024 * 1024


class PooledRenderer:
    """Renders roots of checkouts in a few engine processes; implements `bot.ports.Renderer`.

    Engines start when first needed. Safe to use from several threads. A process forked from this one starts
    engines of its own.
    """

    def __init__(  # noqa: PLR0913 - settings, each by name
        self,
        *,
        root: Path | None = None,
        workers: int = 2,
        deadline: float = 30.0,
        memory: int = 1536 * MEBIBYTE,
        retire: int = 768 * MEBIBYTE,
        output: int = 20 * MEBIBYTE,
        prefer: Literal["library", "binary"] = "library",
    ) -> None:
        """Take the settings: `deadline` in seconds for one root, `memory`, `retire` and `output` in bytes.

        `root` is the directory below which all checkouts lie. An engine may hold `memory`, and is replaced
        once it held more than `retire`; a root may render to `output`. `prefer` "binary" uses the `kustomize` or
        `kubectl` on PATH even where the library would load.
        """
        self._root = None if root is None else root.resolve()
        library = None if prefer == "binary" else library_path()
        binary = None if library else _binary()
        self._settings = Settings(deadline, memory, retire, output, binary, library)
        self._count = workers
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._condition = threading.Condition()
        self._idle = [Worker(self._settings) for _ in range(self._count)]
        self._closed = False

    def render(self, checkout: Path, roots: Sequence[str]) -> Mapping[str, Rendered]:
        """Render each root (a directory from the repository's root, '' is the whole) and return them by root.

        A root with a kustomization is built; one without is read as plain manifests; one that does not exist
        is "absent", without a problem. What cannot be rendered is a problem in its `Rendered`, never an
        exception. Raises ValueError when the checkout does not lie below the renderer's `root`.
        """
        place = checkout.resolve()
        if self._root is not None and not place.is_relative_to(self._root):
            raise ValueError("the checkout lies outside of the directory the engines may read")
        wanted = list(dict.fromkeys(roots))
        if len(wanted) <= 1 or self._count == 1:
            return {root: self._one(place, root) for root in wanted}
        with ThreadPoolExecutor(min(self._count, len(wanted))) as threads:
            return dict(zip(wanted, threads.map(lambda root: self._one(place, root), wanted), strict=True))

    def capabilities(self) -> Capabilities:
        """Say which engine works here and which walls stand around it; starts an engine if none runs."""
        with self._worker(self._root or Path(os.devnull)) as worker:
            return worker.capabilities(self._root or Path(os.devnull))

    def close(self) -> None:
        """End the engines. Renders under way come to their end first."""
        if self._pid != os.getpid():
            return
        with self._condition:
            self._condition.wait_for(lambda: len(self._idle) == self._count)
            self._closed = True
            for worker in self._idle:
                worker.close()

    def __enter__(self) -> PooledRenderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _one(self, checkout: Path, root: str) -> Rendered:
        scope = self._root or checkout
        with self._worker(scope) as worker:
            try:
                return worker.render(scope, checkout, root)
            except EngineError as error:
                return Rendered(root, problems=(RenderProblem(root, error.message, how=error.how),))

    @contextmanager
    def _worker(self, scope: Path) -> Iterator[Worker]:
        """Lend out a worker, one that already serves `scope` if there is one."""
        if self._pid != os.getpid():
            self._inherited = self._idle  # kept, so that nothing here ends the engines of another process
            self._reset()
        with self._condition:
            self._condition.wait_for(lambda: self._idle)
            if self._closed:
                raise ValueError("the renderer is closed")
            worker = min(self._idle, key=lambda one: one.distance(scope))
            self._idle.remove(worker)
        try:
            yield worker
        finally:
            with self._condition:
                self._idle.append(worker)
                self._condition.notify_all()


def _binary() -> Path | None:
    found = shutil.which("kustomize") or shutil.which("kubectl")
    return Path(found).resolve() if found else None
