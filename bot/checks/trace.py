"""In which file and on which line can a person mend what a finding tells of?

For what kustomize rendered, or what was plain, `bot.checks.origins` looks; for charts `bot.checks.charts.origin`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.checks.charts.layers import Layers, Spot
from bot.checks.charts.metadata import chart_file, packed_in
from bot.checks.charts.origin import ChartOrigin
from bot.checks.fieldpath import Path, parse
from bot.checks.origins import Question, origin, plain_name
from bot.checks.references import references
from bot.checks.sources import KUSTOMIZATIONS, Reading, Sources, sources
from bot.model.finding import Finding
from bot.model.manifest import Rendered, ResourceKey
from bot.model.source import Source

_ABOUT_TAGS = re.compile(r"tag|latest|digest|version", re.IGNORECASE)


def trace(
    findings: Sequence[Finding],
    rendered: Rendered,
    read: Callable[[str], bytes | None],
    source: Source | None = None,
    declared: Spot | None = None,
) -> tuple[Finding, ...]:
    """Return the findings with `path` and `line` of the source where they can be mended.

    `rendered` is the root that the findings are about, at the same commit that `read` reads from: it returns
    the bytes of a path, None when there is no such file. `source` is what was rendered, with its values and overrides;
    `declared` the file and line that declare it, which is the place of all that stands only there. Findings without
    a resource are returned as they are.
    """
    if not any(one.resource for one in findings):
        return tuple(findings)
    tracer = _Tracer(rendered, read, source or Source(rendered.root, "plain"), declared)
    places: dict[tuple[ResourceKey, str, bool], Spot | None] = {}
    traced = []
    for one in findings:
        if one.resource is None:
            traced.append(one)
            continue
        about_tag = bool(_ABOUT_TAGS.search(f"{one.policy} {one.rule}"))
        known = (one.resource, one.field, about_tag)
        if known not in places:
            places[known] = tracer.find(one.resource, parse(one.field), about_tag)
        place = places[known]
        traced.append(replace(one, path=place[0], line=place[1]) if place else one)
    return tuple(traced)


class _Tracer:
    """Finds places in the files of one rendered root, whatever rendered it."""

    def __init__(
        self, rendered: Rendered, read: Callable[[str], bytes | None], source: Source, declared: Spot | None
    ) -> None:
        self._rendered, self._read, self._source, self._declared = rendered, read, source, declared
        self._reading = Reading(read)
        self._by_key = {one.key: one for one in rendered.resources}
        names: dict[str, set[str]] = {}
        for key in self._by_key:
            names.setdefault(key.kind, set()).add(plain_name(key))
        self._names = {kind: frozenset(every) for kind, every in names.items()}
        self._indexed: dict[str, Sources] = {}
        self._chart: ChartOrigin | None = None
        if rendered.kind == "helm":
            layers = Layers(rendered.root, source.helm, self._reading, declared)
            self._chart = ChartOrigin(rendered, layers, self._reading)

    def find(self, key: ResourceKey, path: Path, about_tag: bool) -> Spot | None:
        """Return the file and line to mend a field of a resource at, None when nothing is known."""
        resource = self._by_key.get(key)
        body = resource.body if resource else {}
        asked = Question(key, path, body, self._names.get(key.kind, frozenset()), about_tag)
        if self._chart is None:
            return self._written(asked) or self._root_file()
        if resource is None:
            return chart_file(self._rendered.root, self._reading)
        spot = self._chart.find(resource, path, about_tag=about_tag)
        if (
            spot is None
            and self._read(resource.path) is not None
            and not resource.path.endswith((".tgz", "Chart.yaml"))
        ):
            found = origin(asked, self._index(resource.path, (resource.path,), self._reading))
            spot = (found.path, found.line) if found else (resource.path, 1)
        return spot or packed_in(resource.path, self._rendered.root, self._reading)

    def _written(self, asked: Question) -> Spot | None:
        """Find a field in the files as they are; what only an override says, stands where that is declared."""
        files = self._rendered.files
        found = origin(asked, self._index("", files, self._reading))
        if self._source.overrides:
            laid = dict(self._source.overrides)
            over = Reading(lambda path: laid[path].encode() if path in laid else self._read(path))
            every = (*files, *(path for path in laid if path not in files))
            other = origin(asked, self._index("overrides", every, over))
            if other and other.path in laid and (found is None or other.fit > found.fit):
                return self._declared or ((found.path, found.line) if found else None)
        return (found.path, found.line) if found else None

    def _index(self, name: str, files: Sequence[str], reading: Reading) -> Sources:
        if name not in self._indexed:
            self._indexed[name] = sources(self._rendered.root, files, reading)
        return self._indexed[name]

    def _root_file(self) -> Spot | None:
        """Return the root's kustomization, the last resort; what declares it, where it has none."""
        names = [posixpath.join(self._rendered.root, name) for name in KUSTOMIZATIONS]
        there = (name for name in names if name in self._rendered.files and self._read(name) is not None)
        return self._remote() or next(((name, 1) for name in there), self._declared)

    def _remote(self) -> Spot | None:
        """Return the line that names what was fetched, which all comes from that stands in no file here."""
        found = [
            (path, one.line or 1)
            for path in self._rendered.files
            if posixpath.basename(path) in KUSTOMIZATIONS
            for document in self._reading.documents(path)
            for one in references(document)
            if one.remote
        ]
        return found[0] if len(found) == 1 else None
