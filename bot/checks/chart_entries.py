"""What does one entry of a kustomization's `helmCharts:` ask Helm for?

Source: kustomize, api/types/helmchartargs.go and plugin/builtin/helmchartinflationgenerator.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.checks.closure import normal
from bot.checks.documents import parse
from bot.checks.remote import ROOT
from bot.checks.scalars import DocumentError
from bot.checks.scope import inside
from bot.model.source import Values, ValuesFile, ValuesText
from bot.model.tree import Tree

_HOME = "charts"
_TEXTS = (
    "name",
    "version",
    "repo",
    "releaseName",
    "namespace",
    "valuesFile",
    "valuesMerge",
    "kubeVersion",
    "nameTemplate",
    "chartHome",
    "configHome",
)
_TRUTHS = ("includeCRDs", "skipHooks", "skipTests", "devel", "debug")
_LISTS = ("additionalValuesFiles", "apiVersions")
_KNOWN = frozenset((*_TEXTS, *_TRUTHS, *_LISTS, "valuesInline"))
_PLUGIN = frozenset({"apiVersion", "kind", "metadata"})
_OLD = {
    "chartName": "name",
    "chartVersion": "version",
    "chartRepoUrl": "repo",
    "values": "valuesFile",
    "valuesLocal": "valuesInline",
}
_OLD_UNUSED = frozenset({"chartRepoName", "releaseNamespace", "helmBin", "helmHome", "extraArgs"})


class EntryError(Exception):
    """An entry cannot be rendered: `message` why, `how` to mend it; `remote` when it would have to be fetched."""

    def __init__(self, message: str, how: str = "", *, remote: bool = False) -> None:
        super().__init__(message)
        self.message, self.how, self.remote = message, how, remote


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """One chart to inflate, on a line of its kustomization. `fields` are as they stand there."""

    fields: Mapping[str, Any]
    line: int | None = None
    home: str = _HOME
    plugin: bool = field(default=False)

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def version(self) -> str:
        return self._text("version")

    @property
    def repository(self) -> str:
        return self._text("repo")

    @property
    def namespace(self) -> str:
        return self._text("namespace")

    @property
    def kube_version(self) -> str:
        return self._text("kubeVersion")

    @property
    def release(self) -> str:
        """Return the release's name: without one, what `helm template` calls it. Raises EntryError."""
        template, name = self._text("nameTemplate"), self._text("releaseName")
        if template and name:
            raise EntryError("cannot set --name-template and also specify a name")
        if "{{" in template:
            raise EntryError("not rendered: nameTemplate is a template", "write down the release's name")
        return name or template or "release-name"

    @property
    def crds(self) -> bool:
        return self.fields.get("includeCRDs") is True

    @property
    def hooks(self) -> bool:
        return self.fields.get("skipHooks") is not True

    @property
    def tests(self) -> bool:
        return self.fields.get("skipTests") is not True

    @property
    def api_versions(self) -> tuple[str, ...]:
        return tuple(self.fields.get("apiVersions") or ())

    def _text(self, name: str) -> str:
        return str(self.fields.get(name) or "")

    def check(self) -> None:
        """Raise EntryError for what kustomize does not accept."""
        known = _KNOWN | _PLUGIN if self.plugin else _KNOWN - {"chartHome", "configHome"}
        unknown = next((name for name in self.fields if name not in known), None)
        if unknown is not None:
            raise EntryError(f'invalid Kustomization: json: unknown field "{unknown}"')
        for name, value in self.fields.items():
            fits = (
                value is None
                or (name in _TEXTS and isinstance(value, str))
                or (name in _TRUTHS and isinstance(value, bool))
                or (name in _LISTS and isinstance(value, list) and all(isinstance(one, str) for one in value))
                or (name == "valuesInline" and isinstance(value, dict))
                or name in _PLUGIN
            )
            if not fits:
                raise EntryError(f"invalid Kustomization: helmCharts.{name} is of another type")
        if not self.name:
            raise EntryError("chart name cannot be empty")
        if self._text("valuesMerge") not in ("", "merge", "override", "replace"):
            raise EntryError("valuesMerge must be one of [merge override replace]")


def entries(value: object, home: object, line: int | None) -> Iterator[ChartEntry]:
    """Yield the entries of a list of charts, each on the same line unless the caller knows better."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield ChartEntry(one, line, str(home or _HOME))


def old_entry(value: Mapping[str, Any], line: int | None) -> ChartEntry:
    """Return an entry of the deprecated top-level `helmChartInflationGenerator:`."""
    fields = {_OLD.get(name, name): one for name, one in value.items() if name not in _OLD_UNUSED}
    home = str(fields.pop("chartHome", None) or _HOME)
    return ChartEntry(fields, line, home)


def plugin_entry(value: Mapping[str, Any], line: int | None) -> ChartEntry:
    """Return the entry that a generator of the kind HelmChartInflationGenerator is."""
    return ChartEntry(value, line, str(value.get("chartHome") or _HOME), plugin=True)


def layers(entry: ChartEntry, here: str, chart: str, tree: Tree) -> Iterator[Values]:
    """Yield the values that an entry in directory `here` gives to a chart. Raises EntryError."""
    entry.check()
    given = entry.fields.get("valuesFile")
    file = posixpath.join(here, given) if given else posixpath.join(chart, "values.yaml")
    path = file if inside(file, ROOT) and tree.blob(file) is not None else _loaded(file, here, tree)
    inline = entry.fields.get("valuesInline")
    if not inline:
        yield ValuesFile(path)
    else:
        text = tree.read(path) or b""
        yield ValuesText(json.dumps(_together(entry.fields.get("valuesMerge"), _values(path, text), inline)))
    for one in entry.fields.get("additionalValuesFiles") or ():
        yield ValuesFile(_loaded(posixpath.join(here, one), here, tree))


def _loaded(target: str, here: str, tree: Tree) -> str:
    """Return the path of a file that kustomize may load from a directory. Raises EntryError."""
    path = normal(target)
    if path is None or tree.blob(path) is None:
        raise EntryError(f"not rendered: the values file {path or target} does not exist")
    if not inside(tree.canonical(path) or "", here):
        raise EntryError(
            f"security; file '{path}' is not in or below '{here or '.'}'",
            "keep the values file below the kustomization",
        )
    return path


def _values(path: str, text: bytes) -> dict[str, Any]:
    try:
        found = next((one.value for one in parse(text)), None)
    except DocumentError as error:
        raise EntryError(f"{path}: {error.message}") from error
    if found is not None and not isinstance(found, dict):
        raise EntryError(f"{path} is no mapping of values")
    return found or {}


def _together(way: object, below: dict[str, Any], inline: dict[str, Any]) -> dict[str, Any]:
    match way:
        case "replace":
            return inline
        case "merge":
            return merged(inline, below)
        case _:
            return merged(below, inline)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay values over others as kustomize merges YAML: null takes away, lists replace. Raises EntryError.

    Source: kyaml/yaml/merge2.
    """
    found = dict(below)
    for key, value in above.items():
        there = found.get(key)
        if value is None:
            found.pop(key, None)
        elif there is None:
            found[key] = value
        elif isinstance(value, dict) != isinstance(there, dict) or isinstance(value, list) != isinstance(there, list):
            raise EntryError(f"could not merge values: {key} is of another kind in each")
        else:
            found[key] = merged(there, value) if isinstance(value, dict) else value
    return found
