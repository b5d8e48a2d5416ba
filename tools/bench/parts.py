"""What is measured on which repository, in which order?

Ours and theirs take turns, round by round, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools.bench import calls, policies, theirs
from tools.bench.charts import charts
from tools.bench.mixed import mixed
from tools.bench.overlays import overlays
from tools.bench.repositories import Generated
from tools.bench.table import Bar, Row, Samples
from tools.bench.workers import Prepared, Worker, cold
from tools.conformance.oracles import Oracles, prepare_checkov

MEBIBYTE = 1024 * 1024
SIZES = (10, 100, 1000)
CHARTS = 20
LOOPED = 100  # the largest repository that the shell loop is made to walk


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts work with: a directory to fill, the real tools and where they lie, how often, and who is told.

    `sizes` are the numbers of overlays to measure.
    """

    room: Path
    tools: Path
    oracles: Oracles
    runs: int
    samples: Samples
    say: Callable[[str], None]
    sizes: tuple[int, ...] = SIZES

    def prepared(self, made: Generated, name: str = "") -> Prepared:
        """Write a generated repository."""
        self.say(f"{name or made.name}: {len(made.roots)} to render")
        return Prepared(made, self.room / (name or made.name))

    def take(self, name: str, value: float) -> None:
        """Take down one measurement, and tell it."""
        self.samples.add(name, value)
        self.say(f"  {name}: {value:.3f}")


def everything_changed(bench: Bench, prepared: Prepared, loop: Callable[[], Mapping[str, float]]) -> None:
    """Measure a change of everything: cold, with nothing known, with the base known, and again; beside the loop.

    `loop` runs what people would run in its place, and returns seconds by name.
    """
    name = prepared.made.name
    with Worker(prepared) as worker:
        worker.evaluate("all")  # loads code and engines
        for number in range(bench.runs):
            bench.take(f"{name} cold", _checked(prepared, cold(prepared, "all", number)))
            bench.take(f"{name} warm", _checked(prepared, worker.evaluate("all", forget=True)))
            worker.evaluate("other", forget=True)
            bench.take(f"{name} base known", _checked(prepared, worker.evaluate("all")))
            bench.take(f"{name} again", _checked(prepared, worker.evaluate("all")))
            for what, seconds in loop().items():
                bench.take(f"{name} {what}", seconds)


def _pipeline(loop: theirs.Loop | None) -> Mapping[str, float]:
    return {"pipeline": loop.pipeline()} if loop else {}


def _checked(prepared: Prepared, answer: Mapping[str, float]) -> float:
    """Return the seconds of an evaluation; RuntimeError when it did not do the work."""
    roots = prepared.made.roots
    if answer["errors"] or answer["changes"] < len(roots):
        raise RuntimeError(f"{prepared.made.name}: {len(roots)} changed, but the evaluation says {answer}")
    return answer["seconds"]


def measure_overlays(bench: Bench) -> None:
    """Overlays over a shared base: 10, 100 and 1,000 of them, beside the pipeline of a shell."""
    for size in bench.sizes:
        prepared = bench.prepared(overlays(size))
        loop = theirs.Loop(prepared.made, "all", bench.oracles, prepared.directory / "loop") if size <= LOOPED else None
        everything_changed(bench, prepared, partial(_pipeline, loop))


def measure_one(bench: Bench) -> None:
    """One overlay changed, among 10, 100 and 1,000: a worker that knows the base, one that knows nothing, a new one."""
    with ExitStack() as stack:
        every = {size: bench.prepared(overlays(size), f"one-of-{size}") for size in bench.sizes}
        workers = {size: stack.enter_context(Worker(prepared)) for size, prepared in every.items()}
        heads = [head for head in every[bench.sizes[0]].made.heads if head.startswith("one-")]
        for number, head in enumerate(heads):  # all of them: they take little, and differ
            for size, worker in workers.items():
                if number == 0:
                    worker.evaluate(head)
                    continue
                bench.take(f"one of {size} warm", _one(worker.evaluate(head)))
        for number in range(bench.runs):
            for size, worker in workers.items():
                bench.take(f"one of {size} at first sight", _one(worker.evaluate(heads[0], forget=True)))
                bench.take(f"one of {size} cold", _one(cold(every[size], heads[0], number)))


def _one(answer: Mapping[str, float]) -> float:
    if answer["errors"] or answer["changes"] != 1:
        raise RuntimeError(f"one overlay changed, but the evaluation says {answer}")
    return answer["seconds"]


def measure_charts(bench: Bench) -> None:
    """Charts with values for three environments, beside `helm template` in a loop."""
    prepared = bench.prepared(charts(CHARTS))
    loop = theirs.Loop(prepared.made, "all", bench.oracles, prepared.directory / "loop")
    everything_changed(bench, prepared, lambda: {"helm template": loop.render()})


def measure_mixed(bench: Bench) -> None:
    """A repository with everything in it, beside the pipeline of a shell over each part."""
    prepared = bench.prepared(mixed())
    loop = theirs.Loop(prepared.made, "all", bench.oracles, prepared.directory / "loop")
    everything_changed(bench, prepared, partial(_pipeline, loop))


def measure_policies(bench: Bench) -> None:
    """Twenty policies of each kind over a thousand resources, on one core."""
    for kind in policies.KINDS:
        for seconds in policies.measured(kind, bench.runs):
            bench.take(kind.title, seconds)


def measure_calls(bench: Bench) -> None:
    """The calls of GitHub's API that a merge takes: of little, of much, and beside very many pull requests."""
    for number, size in enumerate(calls.SIZES):
        room = bench.room / f"calls-{number}"
        room.mkdir()
        found = calls.measured(room, size)
        bench.say(f"{size.name}: {found}")
        bench.take(f"{size.name} reads", found.reads)
        bench.take(f"{size.name} writes", found.writes)


def measure_checkov(bench: Bench) -> None:
    """A hundred overlays judged by the security pack, beside checkov over the same manifests."""
    made = overlays(LOOPED, policies=True)
    prepared = bench.prepared(made, "policies")
    program = prepare_checkov(bench.tools, bench.say)
    room = prepared.directory / "checkov"
    room.mkdir()
    with Worker(prepared) as worker:
        worker.evaluate("all")
        for number in range(bench.runs):
            bench.take("policies cold", cold(prepared, "all", number)["seconds"])
            bench.take("policies warm", worker.evaluate("all", forget=True)["seconds"])
            bench.take("policies checkov", theirs.checkov(program, made, bench.oracles, room))


def measure_memory(bench: Bench) -> None:
    """The peak of a worker process, and of its engines, that evaluates a change of all 1,000 overlays."""
    prepared = bench.prepared(overlays(bench.sizes[-1]), "memory")
    for number in range(bench.runs):
        answer = cold(prepared, "all", number)
        _checked(prepared, answer)
        bench.take("memory worker", answer["peak"] / MEBIBYTE)
        bench.take("memory engine", answer["engines"] / MEBIBYTE)


PARTS: Mapping[str, Callable[[Bench], None]] = {
    "overlays": measure_overlays,
    "one": measure_one,
    "charts": measure_charts,
    "mixed": measure_mixed,
    "policies": measure_policies,
    "calls": measure_calls,
    "checkov": measure_checkov,
    "memory": measure_memory,
}


def rows(samples: Samples) -> Iterator[Row]:
    """Yield the lines of the table, those with a bar first."""
    row = samples.row
    pipeline = "overlays-100 pipeline"
    yield from row("100 overlays, all changed: cold", "overlays-100 cold", pipeline, bar=Bar(least=40))
    yield from row("100 overlays, all changed: warm", "overlays-100 warm", pipeline, bar=Bar(least=60))
    yield from row(
        "one of 1,000 overlays, beside one of 10: warm",
        "one of 1000 warm",
        "one of 10 warm",
        bar=Bar(most=1.3),
        inverse=True,
    )
    yield from row("one of 1,000 overlays: warm", "one of 1000 warm", bar=Bar(most=0.3))
    for kind in policies.KINDS:
        bar = None if kind.most is None else Bar(most=kind.most)
        yield from row(f"{kind.title} over 1,000 resources, one core", kind.title, bar=bar)
    for name in (size.name for size in calls.SIZES):
        for what, most in calls.MOST.items():
            called = f"a merge and its promotion, {name}: {what}"
            yield from row(called, f"{name} {what}", unit="calls", bar=Bar(most=most))
    yield from row("peak of the worker, 1,000 overlays", "memory worker", unit="MB", bar=Bar(most=400))
    yield from row("peak of an engine process", "memory engine", unit="MB")
    for size in SIZES:
        name = f"overlays-{size}"
        for what in ("cold", "warm", "base known", "again"):
            if size != LOOPED or what in ("base known", "again"):
                beside = f"{name} pipeline" if size <= LOOPED else ""
                yield from row(f"{size:,} overlays, all changed: {what}", f"{name} {what}", beside)
    for what in ("at first sight", "cold"):
        for size in SIZES:
            yield from row(f"one of {size:,} overlays: {what}", f"one of {size} {what}")
    for name, beside in ((f"charts-{CHARTS}", "helm template"), ("mixed", "pipeline")):
        for what in ("cold", "warm", "base known", "again"):
            yield from row(f"{name}, all changed: {what}", f"{name} {what}", f"{name} {beside}")
    for what in ("cold", "warm"):
        yield from row(
            f"100 overlays with policies, both sides; checkov over one: {what}", f"policies {what}", "policies checkov"
        )
