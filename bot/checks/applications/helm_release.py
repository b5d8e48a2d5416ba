"""What does a Flux HelmRelease render: which chart, with which values, under which name?

Behaviour: https://fluxcd.io/flux/components/helm/helmreleases/, github.com/fluxcd/helm-controller, and for charts
github.com/fluxcd/source-controller, docs/spec/v1/helmcharts.md.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.checks.applications.directories import did_you_mean, inside
from bot.checks.applications.fields import at, entries, mapping, merged, text
from bot.checks.applications.flux_declaration import Declaration
from bot.checks.applications.flux_sources import Located, found, located, refused, url_of
from bot.checks.applications.flux_values import MissingError, data_of, hidden, hidden_text
from bot.checks.applications.place import Place
from bot.checks.closure import normal
from bot.checks.documents import parse
from bot.checks.remote import NotFetched, RemoteChart, pinned_chart, repository_of
from bot.checks.scalars import DocumentError
from bot.model.manifest import RenderProblem, Resource
from bot.model.source import Application, HelmOptions, Parameter, Source, Values, ValuesText
from bot.model.tree import Tree

GROUP = "helm.toolkit.fluxcd.io"

_DECLARED = "Flux HelmRelease"
_VENDOR = "vendor the chart: helm pull --untar it into this repository, and refer to it by a GitRepository"
_LONGEST = 53  # characters of a release's name


def application(resource: Resource, place: Place) -> Application:
    """Return the application that a HelmRelease declares; what is not rendered of it is a problem, never raised."""
    return _Release(resource, place).application()


class _Release(Declaration):
    """One HelmRelease while it is read, with what is found to be wrong or worth saying."""

    def application(self) -> Application:
        source = self._source()
        if self.spec.get("suspend") is True:
            self.notes.append("suspended: Flux applies no change until it is resumed")
        return self.declares(_DECLARED, source)

    def _source(self) -> Source | None:
        chart = self._chart()
        if chart is None:
            return None
        path, root, values_files = chart
        overrides = self._defaults(path, root, values_files)
        if self.problems:
            return None
        if entries(self.spec.get("postRenderers")):
            words = "not rendered in full: its post-renderers are not applied; patches and images of them do not show"
            self.problem(words, "set the same by the chart's values, where it offers them")
        options = HelmOptions(
            release=self._name(),
            namespace=self._namespace,
            values=tuple(self._values()),
            crds=at(self.spec, "install", "crds") != "Skip" and at(self.spec, "install", "skipCRDs") is not True,
            hooks=at(self.spec, "install", "disableHooks") is not True,
            tests=at(self.spec, "test", "enable") is True,
        )
        return Source(path, "helm", options, overrides=overrides, repository=root.repository, revision=root.revision)

    @property
    def _namespace(self) -> str:
        return text(self.spec.get("targetNamespace")) or self.resource.namespace or "default"

    def _name(self) -> str:
        """Return the release's name, shortened as helm-controller does (internal/release/name.go)."""
        target = text(self.spec.get("targetNamespace"))
        own = f"{target}-{self.resource.name}" if target else self.resource.name
        name = text(self.spec.get("releaseName")) or own
        if len(name) <= _LONGEST:
            return name
        return f"{name[:40]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"

    def _chart(self) -> tuple[str, Located, Mapping[str, Any]] | None:
        """Return the chart's directory, the root of its source, and the chart's spec; None (and why) for no chart."""
        reference = mapping(self.spec.get("chartRef"))
        namespace = text(reference.get("namespace")) or self.resource.namespace
        spec: Mapping[str, Any] = mapping(at(self.spec, "chart", "spec"))
        if at(self.spec, "chart", "kind") == "OCIRepository":
            return self._artifact(spec, "")
        match text(reference.get("kind")):
            case "HelmChart":
                name = text(reference.get("name"))
                chart = found("HelmChart", "source.toolkit.fluxcd.io", name, namespace, self.place)
                if chart is None:
                    self.problem(f"not rendered: HelmChart {name} is not among what this environment holds")
                    return None
                spec = mapping(chart.body.get("spec"))
                return self._local(spec, {"namespace": namespace, **mapping(spec.get("sourceRef"))})
            case "OCIRepository" as kind:
                name = text(reference.get("name"))
                oci = found(kind, "source.toolkit.fluxcd.io", name, namespace, self.place)
                return self._artifact(mapping(oci.body.get("spec")) if oci else {}, name)
            case "":
                return self._local(spec, mapping(spec.get("sourceRef")))
        return self._local({"chart": "."}, reference)

    def _local(
        self, spec: Mapping[str, Any], reference: Mapping[str, Any]
    ) -> tuple[str, Located, Mapping[str, Any]] | None:
        name = text(spec.get("chart"))
        if not name:
            self.problem("not rendered: it says no chart (chart.spec.chart, or chartRef)")
            return None
        if reference.get("kind") == "HelmRepository":
            namespace = text(reference.get("namespace")) or self.resource.namespace
            url = url_of("HelmRepository", text(reference.get("name")), namespace, self.place)
            version = text(spec.get("version"))
            words = f"{name} {version}".strip() + (f" of {url}" if url else "")
            return self._fetched(words, self.place.chart(url, name, version), spec)
        root = located(reference, self.resource, self.place)
        if isinstance(root, RenderProblem):
            self.problems.append(root)
            return None
        self.notes += root.notes
        path = inside(name, root.path)
        if root.tree is not None and root.tree.blob(posixpath.join(path, "Chart.yaml")) is None:
            self.problem(f"not rendered: there is no chart in {path or '.'}", did_you_mean(root.tree, path))
            return None
        if reference.get("kind") == "GitRepository" and spec.get("reconcileStrategy") != "Revision":
            self.notes.append("Flux takes changes of the chart up only with a new version in its Chart.yaml")
        return path, root, spec

    def _artifact(self, spec: Mapping[str, Any], name: str) -> tuple[str, Located, Mapping[str, Any]] | None:
        """Return the chart that an OCIRepository is; its own `ref.digest` pins it as well as the configuration does."""
        url, digest = text(spec.get("url")), text(at(spec, "ref", "digest"))
        registry, _, chart = url.rstrip("/").rpartition("/")
        version = text(at(spec, "ref", "tag"))
        asked = self.place.chart(registry, chart, version)
        if digest and self.place.remotes.allows(url):
            asked = pinned_chart(RemoteChart(repository_of(registry), chart, version, digest), self.place.remotes)
        return self._fetched(url or f"of OCIRepository {name}" if name else url or "of an OCIRepository", asked, {})

    def _fetched(
        self, words: str, found: tuple[RemoteChart, Tree] | NotFetched, spec: Mapping[str, Any]
    ) -> tuple[str, Located, Mapping[str, Any]] | None:
        if isinstance(found, NotFetched):
            message = f"not rendered: remote chart {words}; {found.reason}"
            problem = refused(self.resource, message, found.or_else(_VENDOR), remote=found.remote)
            self.problems.append(replace(problem, passing=found.passing))
            return None
        chart, tree = found
        return "", Located(tree, repository=chart.repository, revision=chart.revision), spec

    def _defaults(self, chart: str, root: Located, spec: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Return the chart's values.yaml as `valuesFiles` make it: they replace it, merged in their order.

        Paths are from the source's root (source-controller, internal/helm/chart/builder_local.go).
        """
        names = [one for one in (spec.get("valuesFile"), *entries(spec.get("valuesFiles"))) if text(one)]
        if not names:
            return ()
        if root.tree is None:
            self.problem(f"not rendered: its valuesFiles lie in {root.words}, which is not read here", remote=True)
            return ()
        value: Any = {}
        for name in names:
            path = inside(text(name), root.path)
            given = self._parsed(root.tree.read(path), path)
            if given is not None:
                value = merged(value, given)
            elif spec.get("ignoreMissingValuesFiles") is not True:
                self.problem(f"not rendered: its values file {text(name)} does not exist")
        return ((posixpath.join(chart, "values.yaml"), json.dumps(value, ensure_ascii=False, indent=1)),)

    def _parsed(self, content: bytes | None, path: str) -> Mapping[str, Any] | None:
        """Return what a values file says; None when it is not there."""
        try:
            documents = parse(content) if content is not None else []
        except DocumentError as error:
            self.problems.append(RenderProblem(path, f"not rendered: {error.message}", error.line))
            return {}
        return None if content is None else mapping(documents[0].value) if documents else {}

    def _values(self) -> Iterator[Values]:
        """Yield values in Flux's order: `valuesFrom` as listed, `values` over them, and `targetPath` over all."""
        single: list[Parameter] = []
        for reference in entries(self.spec.get("valuesFrom")):
            for one in self._from(reference):
                if isinstance(one, Parameter):
                    single.append(one)
                else:
                    yield one
        inline = mapping(self.spec.get("values"))
        if inline:
            yield ValuesText(json.dumps(inline, ensure_ascii=False))
        yield from single

    def _from(self, reference: Any) -> Iterator[Parameter | ValuesText]:
        kind, name = text(at(reference, "kind")), text(at(reference, "name"))
        key = text(at(reference, "valuesKey")) or "values.yaml"
        if kind not in ("ConfigMap", "Secret") or not name:
            self.problem("not rendered in full: an entry of valuesFrom names no ConfigMap or Secret")
            return
        try:
            data = data_of(kind, name, self.resource.namespace, self.place)
            if key not in data:
                raise MissingError(f"{kind} {name} has no key {key}")
        except MissingError as error:
            if at(reference, "optional") is True:
                self.notes.append(f"{error}; it is optional")
            else:
                how = "keep it in this environment, or give the values in spec.values"
                self.problem(f"not rendered in full: {error}; the chart is rendered without", how, remote=True)
            return
        if kind == "Secret":
            self.notes.append(f"values from Secret {name} are replaced by words that stand for them")
        path = text(at(reference, "targetPath"))
        if path:
            yield _parameter(path, data[key], kind, name, at(reference, "literal") is True)
        else:
            yield from self._document(data[key], kind, f"{name}.{key}")

    def _document(self, content: str, kind: str, about: str) -> Iterator[ValuesText]:
        try:
            documents = parse(content.encode("utf-8", "replace"))
        except DocumentError as error:
            words = "it is no YAML" if kind == "Secret" else error.message
            self.problem(f"not rendered in full: the values of {kind} {about}: {words}")
            return
        value = mapping(documents[0].value) if documents else {}
        yield ValuesText(json.dumps(hidden(value, about) if kind == "Secret" else value, ensure_ascii=False))


def _parameter(path: str, value: str, kind: str, name: str, literal: bool) -> Parameter:
    """Return one value by its path, as `--set` reads it; in quotes it is text (ReplacePathValue in pkg/chartutil)."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    plain = value.strip("'\"") if quoted and not literal else value
    if kind == "Secret":
        return Parameter(path, hidden_text(plain, f"{name}.{path}"), quoted or literal)
    if literal:
        escaped = plain.replace("\\", "\\\\").replace(",", "\\,")
        return Parameter(path, f"\\{escaped}" if escaped.startswith("{") else escaped, True)
    return Parameter(path, plain, quoted)


def reads(resource: Resource) -> Iterator[str]:
    """Yield the values files of a HelmRelease: they are read when it is declared, from the root of its source."""
    spec = mapping(at(resource.body, "spec", "chart", "spec"))
    for name in (spec.get("valuesFile"), *entries(spec.get("valuesFiles"))):
        path = normal(text(name)) if text(name) else None
        if path:
            yield path
