"""How do the charts of a kustomization become files that it is built on?

Each is rendered by Helm, and what it says is written where `bot.checks.inflation` says that the kustomization looks.
"""

from __future__ import annotations

import posixpath
import tempfile
from dataclasses import replace
from pathlib import Path

from bot.adapters.render.order import Order, encode
from bot.adapters.render.worker import Worker
from bot.model.manifest import Rendered, RenderProblem


def inflate(worker: Worker, scope: Path, order: Order) -> tuple[list[RenderProblem], list[str]]:
    """Render and write the charts of an order; return what was wrong and what is to be said. Raises EngineError."""
    problems: list[RenderProblem] = []
    notes: list[str] = []
    for path, chart in order.charts:
        answer = worker.ask(scope, "helm", encode(replace(order, source=chart, missing=(), charts=()), "inflate"))
        problems += [RenderProblem(**one) for one in answer["problems"]]
        notes += answer["notes"]
        if not problems:
            _write(order.checkout / path, answer["text"].encode("utf-8", "replace"))
    return problems, notes


def built_on(order: Order) -> Order:
    """Return the order for the kustomization itself, once its charts have been written."""
    return replace(order, files=(*(path for path, _ in order.charts), *order.files), charts=())


def in_the_chart(order: Order, rendered: Rendered) -> Rendered:
    """Return an outcome whose problems name the chart where they were about the file that it was written to."""
    own = {path: chart.path for path, chart in order.charts}
    problems = (
        replace(one, path=posixpath.join(own[one.path], "Chart.yaml"), line=None) if one.path in own else one
        for one in rendered.problems
    )
    return replace(rendered, problems=tuple(problems))


def _write(path: Path, text: bytes) -> None:
    """Write a file at once: others may build on it at the same time, and what they find is the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix=".lockkeeper-", dir=path.parent, delete=False) as file:
        try:
            file.write(text)
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
