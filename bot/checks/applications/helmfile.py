"""Which Helm releases does a helmfile declare, and which of them have their chart in the repository?

Meaning of the keys: https://helmfile.readthedocs.io/en/latest/configuration/ and helmfile's pkg/state/state.go.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.checks.applications.fields import at, entries, mapping, merged, text
from bot.checks.applications.helmfile_state import Loader, State
from bot.checks.applications.place import Template
from bot.model.manifest import RenderProblem
from bot.model.source import Application, FileParameter, HelmOptions, Parameter, Source, Values, ValuesFile, ValuesText
from bot.model.tree import Tree

MOST = 5000  # releases
NAMES = ("helmfile.yaml.gotmpl", "helmfile.yaml", "helmfile.yml", "helmfile.d")

_DECLARED = "helmfile release"
_VENDOR = "vendor the chart: helm pull --untar it into the repository, and name its directory"
_UNAPPLIED = ("jsonPatches", "strategicMergePatches", "transformers", "forceNamespace", "dependencies")


def helmfile_of(tree: Tree, directory: str) -> str | None:
    """Return the path of the helmfile (or helmfile.d) in a directory, None when there is none."""
    names = tree.names(directory)
    return next((posixpath.join(directory, name) for name in NAMES if name in names), None)


def applications(
    tree: Tree, path: str, environment: str = "", template: Template | None = None
) -> tuple[Application, ...]:
    """Return the releases of a helmfile as applications, one each, in the order of the file.

    `path` is a helmfile, or a `helmfile.d` directory. `environment` is the helmfile environment; "default" where the
    helmfile has none of that name. What the file says with templates is carried out by `template`, where the simplest
    expressions are not enough. What cannot be read or rendered is a problem of an application, never an exception.
    """
    loader = Loader(tree, environment, template)
    found: list[Application] = []
    for state in loader.states(path):
        for release in entries(state.value.get("releases")):
            if len(found) >= MOST:
                loader.problem(path, f"more than {MOST} releases; the others are not rendered")
                break
            found.extend(_application(release, state, loader))
    if loader.problems:
        found.append(Application(path, declared_as="helmfile", path=path, problems=tuple(loader.problems)))
    return tuple(found)


@dataclass(slots=True)
class _Release:
    """One release, with what its state says for all."""

    value: Mapping[str, Any]
    state: State
    loader: Loader
    problems: list[RenderProblem]
    notes: list[str]

    @property
    def name(self) -> str:
        return text(self.value.get("name"))

    @property
    def namespace(self) -> str:
        """Return the namespace; one for the whole file wins (ApplyOverrides in pkg/state/state.go)."""
        return text(self.state.value.get("namespace")) or text(self.value.get("namespace"))

    @property
    def called(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def option(self, key: str) -> Any:
        """Return what the release says, else what the file says for all of them."""
        found = self.value.get(key)
        return at(self.state.value, "helmDefaults", key) if found is None else found

    def problem(self, message: str, how: str = "", *, remote: bool = False) -> None:
        self.problems.append(RenderProblem(self.state.path, message, None, how, remote))


def _application(value: Any, state: State, loader: Loader) -> Iterator[Application]:
    if not isinstance(value, Mapping) or not text(value.get("name")):
        loader.problem(state.path, "a release without a name is not rendered")
        return
    release = _Release(_inherited(value, state), state, loader, [], [])
    if not _is_wanted(release):
        return
    source = _source(release)
    yield Application(
        release.called,
        () if source is None else (source,),
        declared_as=_DECLARED,
        path=state.path,
        problems=tuple(release.problems),
        notes=tuple(release.notes),
        after=tuple(_needed(one, release.namespace) for one in entries(release.value.get("needs")) if text(one)),
    )


def _inherited(value: Mapping[str, Any], state: State) -> Mapping[str, Any]:
    """Lay a release over the templates it inherits from; entries named in `except` are not inherited."""
    below: Any = {}
    for one in entries(value.get("inherit")):
        template = mapping(at(state.value, "templates", text(at(one, "template"))))
        left_out = {text(name) for name in entries(at(one, "except"))}
        below = merged(below, {key: given for key, given in template.items() if key not in left_out})
    found: Mapping[str, Any] = merged(below, value)
    return found


def _is_wanted(release: _Release) -> bool:
    """Say whether a release is installed at all: `installed`, `condition`, and the selectors that lead here."""
    if release.value.get("installed") in (False, "false"):
        return False
    labels = {key: text(one) for key, one in mapping(release.value.get("labels")).items()}
    labels |= {"name": release.name, "namespace": release.namespace, "chart": _chart_name(release)}
    if not release.state.selects(labels):
        return False
    condition = text(release.value.get("condition"))
    if condition:
        found = at(release.state.values, *condition.split("."))
        if found is None:
            release.problem(f"not rendered: its condition {condition} is not among the helmfile's values")
        return found is None or bool(found)
    return True


def _chart_name(release: _Release) -> str:
    return posixpath.basename(text(release.value.get("chart")))


def _needed(need: Any, namespace: str) -> str:
    """Return the name of an application that a release needs: helmfile writes [[context/]namespace/]name."""
    parts = text(need).split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 or not namespace else f"{namespace}/{parts[0]}"


def _source(release: _Release) -> Source | None:
    if release.problems:
        return None
    chart = _chart(release)
    if chart is None:
        return None
    for key in _UNAPPLIED:
        if release.value.get(key):
            release.problem(f"not rendered: helmfile's {key} are not carried out", "write them into the chart")
    if entries(release.value.get("secrets")):
        release.problem("not rendered: its secrets files are encrypted, and are not decrypted here")
    layers = tuple(_layers(release))
    if release.problems:
        return None
    kube = text(release.value.get("kubeVersion")) or text(release.state.value.get("kubeVersion"))
    versions = entries(release.value.get("apiVersions")) or entries(release.state.value.get("apiVersions"))
    options = HelmOptions(
        release=release.name,
        namespace=release.namespace or "default",
        values=layers,
        kube_version=kube,
        api_versions=tuple(text(one) for one in versions if text(one)),
        crds=release.option("skipCRDs") is not True,
    )
    return Source(chart, "helm", helm=options)


def _chart(release: _Release) -> str | None:
    """Return the chart's directory, None (and why) when it is not in this repository."""
    given = text(release.value.get("chart"))
    state = release.state
    local = state.local(given)
    if given and local is not None and release.loader.tree.blob(posixpath.join(local, "Chart.yaml")) is not None:
        return local
    if not given:
        release.problem("not rendered: it has no chart")
    elif given.startswith((".", "/")):
        release.problem(f"not rendered: there is no chart in {given}")
    else:
        version = text(release.value.get("version"))
        words = f"{given} {version}".strip()
        release.problem(f"not rendered: remote chart {words}; Lockkeeper renders offline", _VENDOR, remote=True)
    return None


def _layers(release: _Release) -> Iterator[Values]:
    """Yield the values of a release in helmfile's order: files and mappings as listed, then `set`."""
    handler = text(release.value.get("missingFileHandler")) or text(release.state.value.get("missingFileHandler"))
    for one in entries(release.value.get("values")):
        if isinstance(one, Mapping):
            yield ValuesText(json.dumps(one, ensure_ascii=False))
        elif isinstance(one, str):
            yield from _file(one, handler in ("Warn", "Info", "Debug"), release)
    for key, is_text in (("set", False), ("setString", True)):
        for one in entries(release.value.get(key)):
            yield from _set(one, is_text, release)


def _file(name: str, optional: bool, release: _Release) -> Iterator[Values]:
    state, loader = release.state, release.loader
    path = state.local(name)
    if path is None:
        release.problem(f"not rendered: the values file {name} does not lie in the repository")
    elif not name.endswith(".gotmpl"):
        yield ValuesFile(path, optional)
    elif loader.tree.blob(path) is not None:
        about = {"Name": release.name, "Namespace": release.namespace, "Chart": text(release.value.get("chart"))}
        made = loader.carried_out(path, {**state.parameters, "Release": about, "Namespace": release.namespace})
        if isinstance(made, str):
            yield ValuesText(made)
        else:
            release.problems.append(replace(made, message=f"not rendered: {made.message}"))
    elif not optional:
        release.problem(f"not rendered: the values file {name} does not exist")


def _set(one: Any, is_text: bool, release: _Release) -> Iterator[Values]:
    name = text(at(one, "name"))
    if not name:
        release.problem("not rendered: an entry of `set` has no name")
    elif text(at(one, "file")):
        path = release.state.local(text(at(one, "file")))
        if path is not None:
            yield FileParameter(name, path)
    elif entries(at(one, "values")):
        listed = ",".join(_escaped(text(each)) for each in entries(at(one, "values")))
        yield Parameter(name, f"{{{listed}}}", is_text)
    else:
        yield Parameter(name, _escaped(text(at(one, "value"))), is_text)


def _escaped(value: str) -> str:
    """Escape commas, as helmfile does before it hands a value to `--set`."""
    return value.replace(",", "\\,")
