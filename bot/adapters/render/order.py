"""What is an engine asked to render, and how do order and outcome travel between the pool and an engine process?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.checks.documents import MAX_DEPTH
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import FileParameter, HelmOptions, Parameter, Source, Values, ValuesFile, ValuesText

TOO_DEEP = f"not rendered: the manifests are nested deeper than {MAX_DEPTH} levels"
_LAYERS: Mapping[str, type[Values]] = {
    "file": ValuesFile,
    "text": ValuesText,
    "set": Parameter,
    "set-file": FileParameter,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What an engine is asked to render: a source, in a directory that holds (at least) its files.

    `checkout` is that directory on disk, with the source's overrides laid over it. `files` are all paths that the
    source may read, `missing` its references to files that are not there, with the line that asks. `charts` are
    rendered first, each into a file that the source is built on (`bot.checks.inflation`).
    """

    checkout: Path
    source: Source
    files: tuple[str, ...] = ()
    missing: tuple[RenderProblem, ...] = ()
    charts: tuple[tuple[str, Source], ...] = ()


def encode(order: Order, what: str = "render") -> bytes:
    """Return an order as a request for an engine process: to `render` it, or to `inflate` a chart into one text."""
    options = order.source.helm
    layers = [
        {"layer": name, **asdict(one)}
        for one in options.values
        for name, kind in _LAYERS.items()
        if isinstance(one, kind)
    ]
    return orjson.dumps(
        {
            "do": what,
            "checkout": str(order.checkout),
            "path": order.source.path,
            "engine": order.source.engine,
            "helm": {**asdict(options), "values": layers},
            "files": order.files,
            "missing": [asdict(one) for one in order.missing],
        }
    )


def decode(request: Mapping[str, Any]) -> Order:
    """Return the order that a request holds, without what only the pool needs."""
    given = request["helm"]
    values = tuple(
        _LAYERS[one["layer"]](**{name: value for name, value in one.items() if name != "layer"})
        for one in given["values"]
    )
    options = HelmOptions(**{**given, "values": values, "api_versions": tuple(given["api_versions"])})
    return Order(
        Path(request["checkout"]),
        Source(request["path"], request["engine"], options),
        tuple(request["files"]),
        tuple(RenderProblem(**one) for one in request["missing"]),
    )


def outcome(problems: Sequence[RenderProblem] = (), notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return the beginning of an answer: what was wrong and what is to be said.

    To it come either `resources` (each with body, path, line) or `built` (kustomize's own JSON) with the `path` that
    it comes from, and the `seconds` it took.
    """
    return {"problems": [asdict(one) for one in problems], "notes": list(notes)}


def rendered(order: Order, answer: Mapping[str, Any]) -> Rendered:
    """Return an engine's answer in our words."""
    if "built" in answer:
        bodies = (answer["built"] or {}).get("resources") or []
        resources = tuple(Resource(body, answer["path"]) for body in bodies)
    else:
        resources = tuple(Resource(one["body"], one["path"], one["line"]) for one in answer.get("resources") or [])
    return Rendered(
        order.source.path,
        resources,
        tuple(RenderProblem(**one) for one in answer["problems"]),
        order.files,
        order.source.engine,
        answer.get("seconds", 0.0),
        tuple(answer["notes"]),
    )
