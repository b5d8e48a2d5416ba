"""How does one chart become resources: which texts are manifests, which hooks count, what is made anew each time?

Source of the rules: Helm's pkg/release/v1/util/manifest_sorter.go and pkg/action/action.go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.adapters.render import volatile
from bot.adapters.render.chart_files import ChartFiles, read_files
from bot.adapters.render.chart_places import ChartPlaces, explain
from bot.adapters.render.directory import Checkout
from bot.adapters.render.helm import Helm, Library, Texts
from bot.adapters.render.helm_library import HelmError
from bot.adapters.render.order import Order, outcome
from bot.adapters.render.values import ValuesError
from bot.model.manifest import RenderProblem
from bot.model.source import HelmOptions

_BORDER = re.compile(r"(?:^|\s*\n)---\s*")
_HOOK = "helm.sh/hook"
_TESTS = frozenset({"test", "test-success"})
_HOOKS = _TESTS.union(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One rendered manifest: the name of its template, what it says, and its text.

    The text is that of a whole list for its first item, and '' for the others.
    """

    name: str
    body: Mapping[str, Any]
    text: str = ""


class _BodyError(HelmError):
    """What a template makes is no manifest; `name` is the template's."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name = name


def template(order: Order, helm: Helm) -> dict[str, Any]:
    """Render the chart of an order to resources."""
    found = _render(order, helm)
    if isinstance(found, list):
        return outcome(found)
    places = ChartPlaces(order.source.path, order.files, Checkout(order.checkout).read)
    answer = outcome(notes=found.notes)
    answer["resources"] = [
        {"body": body, "path": places.path(one.name), "line": None}
        for one, body in zip(found.manifests, found.bodies, strict=True)
    ]
    return answer


def text(order: Order, helm: Helm) -> dict[str, Any]:
    """Render the chart of an order to one YAML text: Helm's own words, but for what is masked."""
    found = _render(order, helm)
    if isinstance(found, list):
        return outcome(found)
    same = all(one.body is body for one, body in zip(found.manifests, found.bodies, strict=True))
    parts = [one.text for one in found.manifests] if same else [orjson.dumps(one).decode() for one in found.bodies]
    answer = outcome(notes=found.notes)
    answer["text"] = "".join(f"---\n{part}\n" for part in parts if part)
    return answer


@dataclass(frozen=True, slots=True)
class _Found:
    """What a chart renders to: manifests as they were made, their bodies with what is made anew masked, and notes."""

    manifests: list[Manifest]
    bodies: list[Mapping[str, Any]]
    notes: list[str]


def _render(order: Order, helm: Helm) -> _Found | list[RenderProblem]:
    """Render the chart of an order, or say what is wrong with it."""
    place, chart, options = Checkout(order.checkout), order.source.path, order.source.helm
    files = read_files(place, chart)
    problems = [*order.missing, *files.problems]
    if problems:
        return problems
    places = ChartPlaces(chart, order.files, place.read)
    try:
        manifests = _rendered(place, order, files, helm)
    except ValuesError as error:
        path = error.path or posixpath.join(chart, "Chart.yaml")
        return [RenderProblem(path, place.trim(error.message), error.line)]
    except _BodyError as error:
        words = place.trim(_verdict(place, chart, options, helm) or f"YAML parse error on {error.name}: {error}")
        return [RenderProblem(places.path(error.name), words)]
    except HelmError as error:
        return explain(place.trim(str(error)), chart, options, places, place.read)
    odd = [one for one in manifests if not one.body.get("kind") or not one.body.get("apiVersion")]
    if odd:
        return [_oddity(one, places) for one in odd]
    bodies, notes = _masked(place, order, files, helm, manifests)
    return _Found(manifests, bodies, notes)


def _masked(
    place: Checkout, order: Order, files: ChartFiles, helm: Helm, manifests: list[Manifest]
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the manifests' bodies, with what is made anew by each render masked, and what was masked."""
    bodies = [one.body for one in manifests]
    if not volatile.is_suspected(files.files.values(), place, order.source.helm):
        return bodies, []
    others = []
    for later in (True, False):
        try:
            again = _rendered(place, order, files, helm, later=later)
        except (HelmError, ValuesError):
            continue  # what was written into the templates does not suit them
        if [one.name for one in again] == [one.name for one in manifests]:
            others.append([one.body for one in again])
    return volatile.masked(bodies, others)


def _rendered(place: Checkout, order: Order, files: ChartFiles, helm: Helm, *, later: bool = False) -> list[Manifest]:
    options = order.source.helm
    texts = helm.template(place, order.source.path, files, options, later=later)
    found = [one for name, text in texts.crds for one in _manifests(name, text, helm)]
    for name, text in texts.templates:
        if _is_manifest(name, texts):
            found += [one for one in _manifests(name, text, helm) if _counts(one.body, options)]
    return found


def _is_manifest(name: str, texts: Texts) -> bool:
    return texts.split or not (name.endswith("NOTES.txt") or posixpath.basename(name).startswith("_"))


def _manifests(name: str, text: str, helm: Helm) -> Iterator[Manifest]:
    """Yield the manifests of one text, the items of lists one by one."""
    for part in _BORDER.split(text):
        clean = part.strip()
        if not clean:
            continue
        try:
            body = helm.body(clean + "\n")
        except HelmError as error:
            raise _BodyError(name, str(error)) from error
        for index, item in enumerate(_items(name, body)):
            yield Manifest(name, item, "" if index else clean)


def _items(name: str, body: Any) -> Iterator[Mapping[str, Any]]:
    if not body:
        return
    if not isinstance(body, dict):
        raise _BodyError(name, "a manifest is a mapping")
    items = body.get("items")
    if not (str(body.get("kind") or "").endswith("List") and isinstance(items, list)):
        yield body
        return
    for item in items:
        yield from _items(name, item)


def _counts(body: Mapping[str, Any], options: HelmOptions) -> bool:
    """Say whether a manifest is no hook, or a hook that is wanted; Helm skips hooks it does not know."""
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    named = annotations.get(_HOOK) if isinstance(annotations, Mapping) else None
    if named is None:
        return True
    hooks = {one.strip().lower() for one in str(named).split(",")}
    return hooks <= _HOOKS and options.hooks and (options.tests or hooks.isdisjoint(_TESTS))


def _oddity(one: Manifest, places: ChartPlaces) -> RenderProblem:
    lacking = "kind" if one.body.get("apiVersion") else "apiVersion"
    return RenderProblem(places.path(one.name), f"the manifest has no {lacking}")


def _verdict(place: Checkout, chart: str, options: HelmOptions, helm: Helm) -> str:
    """Return what Helm itself says of a chart that does not render to manifests."""
    if isinstance(helm, Library):
        try:
            helm.judge(place, chart, options)
        except HelmError as error:
            return str(error)
    return ""
