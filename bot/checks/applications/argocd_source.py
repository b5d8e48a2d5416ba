"""What does Argo CD render for one source of an Application: which directory, with which tool and options?

Sources: reposerver/repository/repository.go, util/app/discovery/discovery.go and
docs/user-guide/application_sources.md of argoproj/argo-cd.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from bot.checks.applications.argocd_asked import Asked
from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.argocd_ground import Ground, Refused, ground
from bot.checks.applications.argocd_helm import helm_options
from bot.checks.applications.argocd_kustomize import kustomize_source
from bot.checks.applications.argocd_plugin import is_vault, vault_values
from bot.checks.applications.build_environment import variables
from bot.checks.applications.directories import did_you_mean
from bot.checks.applications.globs import glob
from bot.checks.closure import KUSTOMIZATION_FILES, normal
from bot.checks.documents import parse
from bot.checks.remote import NotFetched
from bot.checks.scalars import DocumentError
from bot.model.quoting import quoted
from bot.model.source import PlainOptions, Source
from bot.model.tree import Tree

Tool = Literal["helm", "kustomize", "directory", "plugin"]
_TOOLS: tuple[Tool, ...] = ("kustomize", "helm", "directory", "plugin")
_OVERRIDES = (".argocd-source.yaml", ".argocd-source-{}.yaml")
_FIXED = ("repoURL", "targetRevision", "path", "chart", "ref", "name")  # not for `.argocd-source.yaml` to say


def read_source(spec: Fields, asked: Asked) -> Source | None:
    """Return what is rendered for a source; None where nothing is, with the reason said unless it is but a `ref`."""
    url, revision, path = spec.text("repoURL"), spec.text("targetRevision"), spec.text("path")
    if not url:
        asked.problem(f"not rendered: `{spec.at}` names no `repoURL`")
        return None
    if chart := spec.text("chart"):
        return _chart(chart, url, spec, asked)
    if url.startswith("oci://") and path in (".", "./", "/"):
        registry, _, chart = url.rstrip("/").rpartition("/")
        return _chart(chart, registry, spec, asked)
    if not path:
        if not spec.text("ref"):
            asked.problem(f"not rendered: `{spec.at}` has neither `path` nor `chart`")
        return None
    found = ground(url, revision, asked.place)
    if isinstance(found, Refused):
        asked.refuse("not rendered: ", found)
        return None
    clean = _directory(path, found, asked)
    if clean is None:
        return None
    known = variables(name=asked.name, namespace=asked.namespace, project=asked.project, source=(url, path, revision))
    return _rendered(spec, asked.at(found, clean, known))


def _chart(chart: str, url: str, spec: Fields, asked: Asked) -> Source | None:
    """Return what is rendered for a chart of a Helm repository or an OCI registry; None, and why, if it is not had.

    What an OCI address without `chart` names: docs/user-guide/oci.md of argoproj/argo-cd.
    """
    revision = spec.text("targetRevision")
    found = asked.place.chart(url, chart, revision)
    if isinstance(found, NotFetched):
        kind = "Helm repository" if url.startswith("http") else "registry"
        words = f"not rendered: the chart {quoted(chart, 80)} lies in the {kind} {quoted(url, 100)}: {found.reason}"
        how = found.or_else("commit the chart to this repository and name its directory as `path`")
        asked.problem(words, how, remote=found.remote, passing=found.passing)
        return None
    pinned, tree = found
    there = Ground(pinned.repository, pinned.revision, tree)
    known = variables(name=asked.name, namespace=asked.namespace, project=asked.project, source=(url, "", revision))
    return _by("helm", spec.inner("helm"), asked.at(there, "", known))


def _directory(path: str, found: Ground, asked: Asked) -> str | None:
    """Return a source's directory from the top of its tree; None, and a problem said, when it is none."""
    clean = None if path.startswith("/") else normal(path)
    if clean is None:
        asked.problem(f"not rendered: the path {quoted(path, 80)} leads out of the repository")
        return None
    tree = found.tree
    if tree is None or tree.is_directory(clean):
        return clean
    if tree.blob(clean) is not None:
        asked.problem(f"not rendered: {quoted(clean, 80)} is a file, and `path` must name a directory")
    else:
        asked.problem(f"not rendered: the directory {quoted(clean, 80)} does not exist", did_you_mean(tree, clean))
    return None


def _rendered(spec: Fields, asked: Asked) -> Source | None:
    look = asked.ground.tree or (None if asked.ground.repository else asked.place.tree)
    spec = _overridden(spec, asked)
    given = [tool for tool in _TOOLS if spec.has(tool)]
    if len(given) > 1:
        asked.problem(f"not rendered: `{spec.at}` asks for several tools at once: {', '.join(given)}")
        return None
    tool = given[0] if given else _discovered(asked.path, look)
    if tool is None:
        asked.problem(
            f"not rendered: which tool {quoted(asked.path, 80)} needs cannot be seen from here",
            "say so with `kustomize: {}`, `helm: {}` or `directory: {}`",
            remote=True,
        )
        return None
    if tool == "plugin":
        return _plugin(spec.inner("plugin"), look, asked)
    return _by(tool, spec.inner(tool), asked)


def _by(tool: Tool, options: Fields, asked: Asked) -> Source | None:
    source = Source(asked.path, "plain", repository=asked.ground.repository, revision=asked.ground.revision)
    if tool == "kustomize":
        return kustomize_source(options, asked)
    if tool == "helm":
        helm = helm_options(options, asked)
        return None if helm is None else replace(source, engine="helm", helm=helm)
    plain = PlainOptions(options.flag("recurse"), options.text("include"), options.text("exclude"), True)
    for name in _jsonnet(asked.ground.tree, asked.path, plain):
        asked.problem(
            f"a part is not rendered: {quoted(name, 80)} is Jsonnet, which only Argo CD evaluates", remote=True
        )
    return replace(source, plain=plain)


def _plugin(plugin: Fields, look: Tree | None, asked: Asked) -> Source | None:
    """Return what is rendered in place of a plugin, for the one whose work can be left out."""
    if not is_vault(plugin, asked):
        return None
    tool = _discovered(asked.path, look) or "directory"
    nothing: dict[str, Any] = {"recurse": True} if tool == "directory" else {}
    source = _by(tool, Fields(nothing, f"{plugin.at}", plugin.wrong), asked)
    if source is None or source.engine != "helm":
        return source
    helm = vault_values(plugin, source.helm, asked)
    return None if helm is None else replace(source, helm=helm)


def _discovered(path: str, tree: Tree | None) -> Tool | None:
    """Return the tool that a directory is for. Where it is both a chart and a kustomization, kustomize goes first."""
    if tree is None:
        return None
    names = tree.names(path)
    if any(name in KUSTOMIZATION_FILES for name in names):
        return "kustomize"
    return "helm" if "Chart.yaml" in names else "directory"


def _overridden(spec: Fields, asked: Asked) -> Fields:
    """Return a source with the parameter overrides laid over it that are committed beside the manifests.

    Source: docs/user-guide/parameters.md of argoproj/argo-cd, "Store Overrides In Git".
    """
    merged: Any = {key: value for key, value in spec.value.items() if key not in _FIXED}
    tree = asked.ground.tree
    for name in _OVERRIDES if tree is not None else ():
        path = posixpath.join(asked.path, name.format(asked.name))
        text = tree.read(path) if tree is not None and "/" not in asked.name else None
        if text is None:
            continue
        if asked.ground.at_hand:
            asked.said.reads[path] = None
        try:
            documents = parse(text)
        except DocumentError as error:
            asked.problem(f"not read: {quoted(path, 80)}: {error.message}")
            continue
        merged = merge_patch(merged, documents[0].value if documents else {})
    return Fields.of(merged, spec.at, spec.wrong)


def merge_patch(value: Any, patch: Any) -> Any:
    """Lay a JSON merge patch over a value, both left as they are. Source: RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(value) if isinstance(value, Mapping) else {}
    for key, one in patch.items():
        if one is None:
            found.pop(key, None)
        else:
            found[key] = merge_patch(found.get(key), one)
    return found


def _jsonnet(tree: Tree | None, path: str, plain: PlainOptions) -> Iterator[str]:
    """Yield the Jsonnet files that a directory source would evaluate."""
    if tree is None:
        return
    inner: Sequence[str] = tree.names(path)
    if plain.recurse:
        inner = [one[len(path) + 1 if path else 0 :] for one in tree.files(path)]
    for name in inner:
        left_out = plain.exclude and glob(plain.exclude, name)
        if name.endswith(".jsonnet") and not left_out and (not plain.include or glob(plain.include, name)):
            yield posixpath.join(path, name)
