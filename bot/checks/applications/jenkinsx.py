"""Which environments does Jenkins X promote through, and which applications does an environment repository declare?

Layouts: `config-root/`, the manifests that Jenkins X 3 commits and applies (https://jenkins-x.io/v3/about/how-it-works/);
a helmfile; and the chart of Jenkins X 2 in `env/`, whose dependencies are the applications
(https://github.com/jenkins-x-plugins/jx-promote). Fields of jx-requirements: github.com/jenkins-x/jx-api,
pkg/apis/core/v4beta1/types_requirements.go, and github.com/jenkins-x/jx, pkg/config/install_requirements.go.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.checks.applications import helmfile
from bot.checks.applications.fields import at, entries, mapping, text
from bot.checks.applications.place import Template
from bot.checks.documents import Document, parse
from bot.checks.scalars import DocumentError
from bot.model.manifest import RenderProblem
from bot.model.source import Application, HelmOptions, PlainOptions, Source, ValuesText
from bot.model.tree import Tree

REQUIREMENTS = ("jx-requirements.yml", "jx-requirements.yaml")
STRATEGIES = ("Auto", "Manual", "Never")
MOST = 5000  # applications

_DECLARED = "Jenkins X"
_PARTS = ("customresourcedefinitions", "cluster", "namespaces")  # of config-root, in the order they are applied


@dataclass(frozen=True, slots=True)
class JenkinsEnvironment:
    """One environment of jx-requirements.

    `strategy` is "Auto", "Manual" or "Never", '' where the file says nothing. `owner` and `repository` are '' for an
    environment that lives in the repository at hand; `remote` says that it runs on a cluster of its own.
    """

    name: str
    namespace: str
    strategy: str = ""
    owner: str = ""
    repository: str = ""
    server: str = ""
    remote: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What jx-requirements says of environments, in the order of the file, which is that of promotion."""

    path: str
    environments: tuple[JenkinsEnvironment, ...] = ()
    problems: tuple[RenderProblem, ...] = ()


def environments(tree: Tree) -> Requirements | None:
    """Return the environments that the repository's jx-requirements names, None when there is no such file.

    Both forms are read: `environments` at the top (Jenkins X 2), and below `spec` (v4beta1, Jenkins X 3). A file or
    entry that cannot be understood is a problem.
    """
    path = next((one for one in REQUIREMENTS if tree.blob(one) is not None), None)
    if path is None:
        return None
    try:
        documents = parse(tree.read(path) or b"", lines=True)
    except DocumentError as error:
        return Requirements(path, problems=(RenderProblem(path, error.message, error.line),))
    if not documents or not isinstance(documents[0].value, Mapping):
        return Requirements(path, problems=(RenderProblem(path, "it says nothing of environments"),))
    found: list[JenkinsEnvironment] = []
    problems: list[RenderProblem] = []
    for one in _environments(documents[0]):
        if isinstance(one, RenderProblem):
            problems.append(RenderProblem(path, one.message, one.line))
        else:
            found.append(one)
    return Requirements(path, tuple(found), tuple(problems))


def _environments(document: Document) -> Iterator[JenkinsEnvironment | RenderProblem]:
    above: tuple[str, ...] = ("spec",) if isinstance(at(document.value, "spec"), Mapping) else ()
    spec = at(document.value, *above)
    cluster = mapping(at(spec, "cluster"))
    for number, one in enumerate(entries(at(spec, "environments"))):
        line = document.lines.get((*above, "environments", number))
        name = text(at(one, "key"))
        if not name:
            yield RenderProblem("", "an environment has no key", line)
            continue
        strategy = text(at(one, "promotionStrategy"))
        if strategy and strategy not in STRATEGIES:
            yield RenderProblem("", f"promotionStrategy {strategy} of {name} is none of {', '.join(STRATEGIES)}", line)
            strategy = ""
        repository = text(at(one, "repository"))
        owner = text(at(one, "owner")) or (text(cluster.get("environmentGitOwner")) if repository else "")
        namespace = text(at(one, "namespace")) or ("jx" if name == "dev" else f"jx-{name}")
        server = text(at(one, "gitServer")) or text(cluster.get("gitServer"))
        remote = at(one, "remoteCluster") is True
        yield JenkinsEnvironment(name, namespace, strategy, owner, repository, server, remote, line)


def applications(
    tree: Tree, path: str, environment: str = "", template: Template | None = None
) -> tuple[Application, ...]:
    """Return what an environment repository (or the directory `path` of one) declares; () when it is none.

    The committed manifests of `config-root` are what is applied, so they win over the helmfile they were made from.
    `environment` is the helmfile environment, `template` carries out helmfile's templates.
    """
    root = posixpath.join(path, "config-root")
    if tree.is_directory(root):
        return tuple(_committed(tree, root))
    found = helmfile.helmfile_of(tree, path)
    if found is not None:
        return helmfile.applications(tree, found, environment, template)
    chart = posixpath.join(path, "env")
    if tree.blob(posixpath.join(chart, "Chart.yaml")) is not None and _is_jenkins_x(tree, path, chart):
        return (_chart(tree, path, chart),)
    return ()


def _committed(tree: Tree, root: str) -> Iterator[Application]:
    """Yield the applications of config-root: each release of each namespace, the cluster's, and the CRDs."""
    parts = [one for one in _PARTS if tree.is_directory(posixpath.join(root, one))]
    if not parts:
        yield Application("", (Source(root, "plain"),), _DECLARED, root)
        return
    first = tuple(one for one in parts if one != "namespaces")
    for number, part in enumerate(first):
        place = posixpath.join(root, part)
        yield Application(part, (Source(place, "plain"),), _DECLARED, place, after=first[:number])
    if "namespaces" not in parts:
        return
    for path, recurse in _releases(tree, posixpath.join(root, "namespaces")):
        name = path[len(root) + len("/namespaces/") :]
        source = Source(path, "plain", plain=PlainOptions(recurse=recurse))
        yield Application(name or "namespaces", (source,), _DECLARED, path, after=first)


def _releases(tree: Tree, top: str) -> Iterator[tuple[str, bool]]:
    """Yield namespaces/<namespace>/<release>, and directories above whose own files count, without recursion."""
    count = 0
    for directory in (top, *(posixpath.join(top, name) for name in tree.names(top))):
        if not tree.is_directory(directory):
            continue
        below = [posixpath.join(directory, name) for name in tree.names(directory)]
        if any(one.endswith((".yaml", ".yml", ".json")) and tree.blob(one) is not None for one in below):
            yield directory, False
        for one in below if directory != top else ():
            if tree.is_directory(one) and count < MOST:
                count += 1
                yield one, True


def _is_jenkins_x(tree: Tree, path: str, chart: str) -> bool:
    """Say whether a chart in `env/` is a Jenkins X environment's, and not any chart that is called so."""
    signs = ("jenkins-x.yml", *REQUIREMENTS, ".jx")
    names = tree.names(path)
    return any(sign in names for sign in signs) or tree.blob(posixpath.join(chart, "requirements.yaml")) is not None


def _chart(tree: Tree, path: str, chart: str) -> Application:
    """Return the environment's chart: one release, installed to the environment's namespace under its name."""
    namespace = _namespace(tree, path)
    notes = () if namespace else ("jenkins-x.yml does not say the namespace; jx is assumed",)
    problems = [*_missing(tree, chart), *_templated(tree, chart)]
    options = HelmOptions(namespace or "jx", namespace or "jx", values=tuple(_nested_values(tree, chart, problems)))
    sources = () if problems else (Source(chart, "helm", helm=options),)
    return Application("", sources, _DECLARED, chart, problems=tuple(problems), notes=notes)


def _namespace(tree: Tree, path: str) -> str:
    """Return DEPLOY_NAMESPACE of the repository's pipeline, '' where it does not say."""
    for name in ("jenkins-x.yml", "jenkins-x.yaml"):
        for document in _documents(tree, posixpath.join(path, name)):
            for one in (*entries(at(document, "env")), *entries(at(document, "pipelineConfig", "env"))):
                if at(one, "name") == "DEPLOY_NAMESPACE":
                    return text(at(one, "value"))
    return ""


def _documents(tree: Tree, path: str) -> list[Any]:
    try:
        return [one.value for one in parse(tree.read(path) or b"")]
    except DocumentError:
        return []


def _missing(tree: Tree, chart: str) -> Iterator[RenderProblem]:
    """Yield the dependencies that are not vendored in `charts/`; Helm renders none of a chart while one is missing."""
    vendored = tree.names(posixpath.join(chart, "charts"))
    for name in ("requirements.yaml", "Chart.yaml"):
        path = posixpath.join(chart, name)
        for document in _documents(tree, path):
            for one in entries(at(document, "dependencies")):
                called, version = text(at(one, "name")), text(at(one, "version"))
                local = text(at(one, "repository")).startswith("file://")
                here = called in vendored or any(file.startswith(f"{called}-") for file in vendored)
                if called and not here and not local:
                    yield RenderProblem(
                        path,
                        f"not rendered: remote chart {called} {version}".rstrip() + "; Lockkeeper renders offline",
                        how=f"vendor it: helm dependency build {chart}, and commit {chart}/charts/",
                        remote=True,
                    )


def _templated(tree: Tree, chart: str) -> Iterator[RenderProblem]:
    for path in tree.files(chart)[:MOST]:
        if posixpath.basename(path) == "values.tmpl.yaml":
            yield RenderProblem(path, "not rendered: only jx carries out values.tmpl.yaml, a template of its own")


def _nested_values(tree: Tree, chart: str, problems: list[RenderProblem]) -> Iterator[ValuesText]:
    """Yield the values files in directories below the chart: env/web/values.yaml says values of `web`.

    Source: github.com/jenkins-x/jx, pkg/helm/values_tree.go (GenerateValues).
    """
    for path in tree.files(chart)[:MOST]:
        inner = posixpath.dirname(path)[len(chart) + 1 :]
        if posixpath.basename(path) != "values.yaml" or not inner or inner.split("/")[0] in ("charts", "templates"):
            continue
        try:
            documents = parse(tree.read(path) or b"")
        except DocumentError as error:
            problems.append(RenderProblem(path, error.message, error.line))
            continue
        value: Any = documents[0].value if documents else {}
        for name in reversed(inner.split("/")):
            value = {name: value}
        yield ValuesText(json.dumps(value, ensure_ascii=False))
