"""Which engine process renders what, for how long, and what happens when it dies?

An engine process is shut in for good when it starts, so it can read one directory: the one that holds all
checkouts (`root`), or a single checkout when no such directory is named.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import orjson

from bot.adapters.render import helm_library
from bot.adapters.render.bench import Bench
from bot.adapters.render.inflating import built_on, in_the_chart, inflate
from bot.adapters.render.kustomize import library_path
from bot.adapters.render.order import Order, encode, rendered
from bot.adapters.render.worker import Capabilities, EngineError, Place, Settings, Tool, Worker
from bot.checks.applications.place import EngineEndedError, TemplateError
from bot.model.manifest import Rendered, RenderProblem

__all__ = ["MEBIBYTE", "Capabilities", "EnginePool", "Order", "Tool"]

MEBIBYTE = 1024 * 1024
_OURS = "1"  # raised when this code makes something else of what engines say
MOST_ENDED = 10  # orders of one run that may take too long, or too much memory, before the others are refused
_AHEAD = 6  # orders per worker that are taken on before an outcome was fetched


class EnginePool:
    """Renders orders in a few engine processes.

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
        """Take the settings: `deadline` in seconds for one order, `memory`, `retire` and `output` in bytes.

        `root` is the directory below which all checkouts lie. An engine may hold `memory`, and is replaced
        once it held more than `retire`; an order may render to `output`. `prefer` "binary" uses the programs on PATH
        even where the libraries would load. `identity` names the engines: another one may render otherwise.
        """
        self._root = None if root is None else root.resolve()
        tools = {
            "kustomize": _place(prefer, library_path(), "kustomize", "kubectl"),
            "helm": _place(prefer, helm_library.library_path(), "helm"),
        }
        self._settings, self._count = Settings(deadline, memory, retire, output, tools), workers
        self.identity = "; ".join([_OURS, *(f"{name} {_version(place)}" for name, place in tools.items())])
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._bench = Bench(self._settings, self._count)

    def run(self, orders: Iterable[Order]) -> Iterator[tuple[Order, Rendered]]:
        """Render orders and yield each with its outcome as it is done, in any order.

        Orders are taken on as engines become free, a few ahead. What cannot be rendered is a problem in its
        `Rendered`, never an exception. Raises ValueError for a checkout that does not lie below the pool's `root`,
        and whatever `orders` raises. Orders for one tool in a row are faster than a mixture.
        """
        bench, run = self._benched(), _Run()
        if bench.closed:
            raise ValueError("the renderer is closed")
        threads = [threading.Thread(target=self._serve, args=(bench, run), daemon=True) for _ in range(self._count)]
        source, open_ = iter(orders), 0
        try:
            for thread in threads:
                thread.start()
            while not (run.complete and open_ == 0):
                while not run.complete and open_ < _AHEAD * self._count:
                    order = next(source, None)
                    if order is not None:
                        self._scope(order)
                    with bench.condition:
                        run.complete = order is None
                        if order is not None:
                            run.pending.append(_Job(order, order))
                            open_ += 1
                        bench.condition.notify_all()
                        if run.done:
                            break
                if open_:
                    with bench.condition:
                        bench.condition.wait_for(lambda: run.done)
                        order, outcome = run.done.popleft()
                    open_ -= 1
                    if isinstance(outcome, BaseException):
                        raise outcome
                    yield order, outcome
        finally:
            with bench.condition:
                run.stopped = True
                bench.condition.notify_all()
            for thread in threads:
                thread.join()

    def start(self) -> None:
        """Start engines that do not run yet, without waiting: they will be needed soon."""
        bench = self._benched()
        if not bench.started():
            for _ in range(self._count):
                threading.Thread(target=self._wake, args=(bench,), daemon=True).start()

    def _wake(self, bench: Bench) -> None:
        with contextlib.suppress(EngineError, ValueError), bench.lend(None, "") as worker:
            worker.walls(self._root)

    def template(self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        """Carry out Go templates, each on its own, with the functions that Argo CD has, but for `slugify`.

        `strict` makes a missing key an error (`missingkey=error`); without it `<no value>` stands in its place.
        Raises TemplateError with the template engine's own words.
        """
        request = {"do": "template", "texts": list(texts), "parameters": parameters, "strict": strict}
        try:
            with self._benched().lend(None, "helm") as worker:
                answer = worker.ask(self._root, "helm", orjson.dumps(request))
        except EngineError as error:
            raise EngineEndedError(error.message.replace("not rendered: ", "", 1)) from error
        if "error" in answer:
            raise TemplateError(answer["error"])
        found: list[str] = answer["texts"]
        return found

    def capabilities(self) -> Capabilities:
        """Say which tools work here and which walls stand around them; starts engines where none run."""
        bench = self._benched()
        tools: dict[str, Tool] = {}
        try:
            for name in reversed([*self._settings.tools]):  # a lone worker ends up with the commoner one
                with bench.lend(None, name) as worker:
                    walls = worker.walls(self._root)
                    tools[name] = Tool(**worker.ask(self._root, name, orjson.dumps({"do": "load", "tool": name})))
        except EngineError as error:
            none = Tool("none")
            return Capabilities(tools.get("kustomize", none), tools.get("helm", none), reason=error.message)
        reasons = "; ".join(one for one in (walls.reason, *(tool.reason for tool in tools.values())) if one)
        return Capabilities(tools["kustomize"], tools["helm"], walls.landlock, walls.netns, walls.trusted, reasons)

    def close(self) -> None:
        """End the engines. Renders under way come to their end first."""
        if self._pid == os.getpid():
            self._bench.close()

    def __enter__(self) -> EnginePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _benched(self) -> Bench:
        if self._pid != os.getpid():
            self._inherited = self._bench  # kept, so that nothing here ends the engines of another process
            self._reset()
        return self._bench

    def _scope(self, order: Order) -> Path:
        """Return the directory that an engine must be able to read for an order."""
        if self._root is None:
            return order.checkout
        if not order.checkout.is_relative_to(self._root) and not order.checkout.resolve().is_relative_to(self._root):
            raise ValueError("the checkout lies outside of the directory the engines may read")
        return self._root

    def _serve(self, bench: Bench, run: _Run) -> None:
        """Render what is pending, with whichever worker fits, until there will be no more."""
        while True:
            since = time.monotonic()
            with bench.condition:
                while True:
                    if run.stopped or (run.complete and not run.pending and not run.between):
                        return
                    chosen = bench.choose([(self._scope(one.order), one.tool) for one in run.pending], since)
                    if chosen is not None:
                        break
                    if not run.pending:
                        since = time.monotonic()
                    bench.wait()
                index, worker = chosen
                job = run.pending[index]
                del run.pending[index]
                run.between += job.is_first
            try:
                found: Rendered | _Job | BaseException = self._one(worker, job, run)
            except BaseException as error:
                found = error
            with bench.condition:
                run.between -= job.is_first
                if isinstance(found, _Job):
                    run.pending.appendleft(found)
                else:
                    run.done.append((job.asked, found))
            bench.give(worker)

    def _one(self, worker: Worker, job: _Job, run: _Run) -> Rendered | _Job:
        """Do a job, or its first step and return its second."""
        order, scope = job.order, self._scope(job.order)
        path, kind = job.asked.source.path, job.asked.source.engine
        try:
            if run.ended >= MOST_ENDED:
                raise EngineError(f"not rendered: {MOST_ENDED} others of this change ended their engines", "mend those")
            if job.is_first:
                problems, notes = inflate(worker, scope, order)
                if problems:
                    return Rendered(path, problems=tuple(problems), files=order.files, kind=kind)
                return _Job(job.asked, built_on(order), tuple(notes))
            found = in_the_chart(job.asked, rendered(order, worker.ask(scope, job.tool, encode(order))))
            return replace(found, files=job.asked.files, notes=(*job.notes, *found.notes))
        except EngineError as error:
            run.ended += 1
            return Rendered(path, problems=(RenderProblem(path, error.message, how=error.how),), kind=kind)


@dataclass(frozen=True, slots=True)
class _Job:
    """An order as it was asked for, and what is left to be done for it."""

    asked: Order
    order: Order
    notes: tuple[str, ...] = ()

    @property
    def is_first(self) -> bool:
        """Say whether charts are to be rendered before the order itself."""
        return bool(self.order.charts)

    @property
    def tool(self) -> str:
        engine = "helm" if self.is_first else self.order.source.engine
        return "" if engine == "plain" else engine


@dataclass(slots=True)
class _Run:
    """Orders under way: those that wait, those that are done and not fetched yet, how many are `between` steps.

    `ended` counts those that ended their engines.
    """

    pending: deque[_Job] = field(default_factory=deque)
    done: deque[tuple[Order, Rendered | BaseException]] = field(default_factory=deque)
    between: int = 0
    ended: int = 0
    complete: bool = False
    stopped: bool = False


def _place(prefer: str, library: Path | None, *programs: str) -> Place:
    """Choose between a library and the first of some programs on PATH."""
    if library and prefer == "library":
        return Place(library)
    found = next((path for path in map(shutil.which, programs) if path), None)
    return Place(program=Path(found).resolve()) if found else Place()


def _version(place: Place) -> str:
    """Tell a library or program from every other one, without starting it."""
    path = place.library or place.program
    if path is None:
        return "none"
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
