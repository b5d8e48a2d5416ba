"""Where in which repository do the files lie that a Flux resource takes from its source?

Kinds of sources: https://fluxcd.io/flux/components/source/, and ArtifactGenerator of
github.com/fluxcd/source-watcher, docs/spec/v1beta1/artifactgenerators.md.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from bot.checks.applications.directories import inside
from bot.checks.applications.fields import at, entries, text
from bot.checks.applications.place import Place
from bot.model.manifest import RenderProblem, Resource
from bot.model.tree import Tree

_GROUP = "source.toolkit.fluxcd.io"
_GENERATOR = "source.extensions.fluxcd.io"
_BOOTSTRAP = "flux-system"  # what `flux bootstrap` calls the repository it is run on
_REMOTE = {
    "OCIRepository": "an OCI artifact",
    "Bucket": "a bucket",
    "HelmRepository": "a Helm repository",
}


@dataclass(frozen=True, slots=True)
class Located:
    """A directory of a repository that is the root of a source.

    `repository` and `revision` are as in `bot.model.source.Source`: '' is the tree at hand. `tree` are its files, None
    where they cannot be looked at. `ignore` are patterns of files that the source leaves out.
    """

    tree: Tree | None
    path: str = ""
    repository: str = ""
    revision: str = ""
    ignore: str = ""
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return words for what the files are of, where that is not the tree at hand."""
        return self.repository or f"revision {self.revision}"


def refused(resource: Resource, message: str, how: str = "", *, remote: bool = False) -> RenderProblem:
    """Return a problem with the place of the resource that declares what is not rendered."""
    return RenderProblem(resource.path, message, resource.line, how, remote)


def found(kind: str, group: str, name: str, namespace: str, place: Place) -> Resource | None:
    """Return a resource that the environment renders to; a namespace that is not written anywhere fits every one."""
    for one in _index(_Resources(place.resources)).get((group, kind, name), ()):
        if not namespace or one.namespace in ("", namespace):
            return one
    return None


def url_of(kind: str, name: str, namespace: str, place: Place) -> str:
    """Return the URL of a source, '' when it is not among what the environment renders to."""
    source = found(kind, _GROUP, name, namespace, place)
    return text(at(source.body, "spec", "url")) if source else ""


class _Resources:
    """The resources of an environment as a key: the very same ones, as comparing them all would take longer."""

    __slots__ = ("all",)

    def __init__(self, resources: tuple[Resource, ...]) -> None:
        self.all = resources

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Resources) and other.all is self.all

    def __hash__(self) -> int:
        return id(self.all)


@lru_cache(maxsize=4)
def _index(resources: _Resources) -> Mapping[tuple[str, str, str], Sequence[Resource]]:
    """Return the resources by group, kind and name."""
    index: dict[tuple[str, str, str], list[Resource]] = {}
    for one in resources.all:
        key = one.key
        index.setdefault((key.group, key.kind, key.name), []).append(one)
    return index


def located(reference: Any, resource: Resource, place: Place) -> Located | RenderProblem:
    """Return where the source lies that a Kustomization or chart refers to, or why it cannot be rendered.

    `reference` is a `sourceRef` or `chartRef` of `resource`: kind, name, and a namespace other than its own.
    """
    kind, name = text(at(reference, "kind")), text(at(reference, "name"))
    namespace = text(at(reference, "namespace")) or resource.namespace
    if not kind or not name:
        return refused(resource, f"not rendered: {resource.key} does not say its source (sourceRef: kind and name)")
    match kind:
        case "GitRepository":
            return _repository(name, namespace, resource, place)
        case "ExternalArtifact":
            return _artifact(name, namespace, resource, place)
        case _ if kind in _REMOTE:
            url = url_of(kind, name, namespace, place)
            what = f"{_REMOTE[kind]}, {kind} {name}" + (f" ({url})" if url else "")
            how = "keep what is deployed in this repository, and refer to it by a GitRepository"
            words = f"not rendered: its source is {what}; Lockkeeper renders offline"
            return refused(resource, words, how, remote=True)
    return refused(resource, f"not rendered: {kind} is no kind of source that Flux knows")


def _repository(name: str, namespace: str, resource: Resource, place: Place) -> Located | RenderProblem:
    source = found("GitRepository", _GROUP, name, namespace, place)
    if source is None:
        if name == _BOOTSTRAP:
            return Located(place.tree)
        words = f"not rendered: its source, GitRepository {namespace}/{name}, is not among what this environment holds"
        return refused(resource, words, "keep the GitRepository beside the resources that refer to it")
    url = text(at(source.body, "spec", "url"))
    other = None if place.is_here(url) else place.other(url)
    if other is None and not place.is_here(url):
        words = f"not rendered: its source is {url or 'a GitRepository without url'}, neither this repository nor"
        how = "name the repository in the configuration, if its files are to be rendered, too"
        return refused(resource, f"{words} one that is configured", how, remote=True)
    revision = _revision(at(source.body, "spec", "ref"))
    if revision is None:
        words = f"not rendered: GitRepository {name} follows a range of versions (semver), which only Flux resolves"
        return refused(resource, words, "name a branch or tag", remote=True)
    ignore = text(at(source.body, "spec", "ignore"))
    notes = ("the GitRepository's `include` is not followed",) if entries(at(source.body, "spec", "include")) else ()
    if other is None and place.is_current(revision):
        return Located(place.tree, ignore=ignore, notes=notes)
    tree = place.trees(other or "", revision) if place.trees else None
    return Located(tree, "", other or "", revision, ignore, notes)


def _revision(ref: Any) -> str | None:
    """Return the revision of a GitRepository's `ref`, None for a range of versions.

    Commit before name before semver before tag before branch; `master` where nothing is said (GitRepositoryRef in
    source-controller, api/v1/gitrepository_types.go).
    """
    if commit := text(at(ref, "commit")):
        return commit
    if name := text(at(ref, "name")):
        return name
    if text(at(ref, "semver")):
        return None
    if tag := text(at(ref, "tag")):
        return f"refs/tags/{tag}"
    return text(at(ref, "branch")) or "master"


def _artifact(name: str, namespace: str, resource: Resource, place: Place) -> Located | RenderProblem:
    """Find the ArtifactGenerator that makes an artifact, and the directory its files are copied from."""
    for generator in place.resources:
        if generator.kind != "ArtifactGenerator" or not generator.api_version.startswith(f"{_GENERATOR}/"):
            continue
        if namespace and generator.namespace not in ("", namespace):
            continue
        for artifact in entries(at(generator.body, "spec", "artifacts")):
            if text(at(artifact, "name")) == name:
                return _copied(artifact, generator, resource, place)
    words = f"not rendered: its source is ExternalArtifact {name}, which no ArtifactGenerator of this environment makes"
    return refused(resource, words, "keep the ArtifactGenerator beside the resources that refer to it")


def _copied(
    artifact: Mapping[str, Any], generator: Resource, resource: Resource, place: Place
) -> Located | RenderProblem:
    """Return the directory that has the artifact's layout, if one has: then nothing moves by being copied."""
    roots: dict[tuple[str, str], None] = {}
    for rule in entries(artifact.get("copy")):
        root = _root(rule, place)
        if root is None:
            words = f"not rendered: ArtifactGenerator {generator.name} lays the files of {artifact['name']} out anew"
            return refused(resource, words, "copy whole directories under the paths they have in the repository")
        roots[root] = None
    if len(roots) != 1:
        words = f"not rendered: ArtifactGenerator {generator.name} composes {artifact['name']} from several places"
        return refused(resource, words, "copy from one directory of one source")
    ((alias, path),) = roots
    for source in entries(at(generator.body, "spec", "sources")):
        if text(at(source, "alias")) == alias:
            top = located(source, replace(generator, path=resource.path, line=resource.line), place)
            return top if isinstance(top, RenderProblem) else replace(top, path=posixpath.join(top.path, path))
    return refused(resource, f"not rendered: ArtifactGenerator {generator.name} has no source {alias}")


def _root(rule: Any, place: Place) -> tuple[str, str] | None:
    """Return the source and the directory in it that an artifact's root stands for, by one copy rule.

    None where the rule moves files: `from: @repo/apps/base/**` and `to: @artifact/base/` keep them in place below
    `apps`. Semantics of the rules: source-watcher, internal/builder/builder.go.
    """
    start, slash, pattern = text(at(rule, "from")).removeprefix("@").partition("/")
    target = text(at(rule, "to"))
    if not start or not slash or not target.startswith("@artifact/") or text(at(rule, "strategy")) == "Extract":
        return None
    to = inside(target.removeprefix("@artifact/"))
    origin, kept = _moved(pattern, to, target.endswith("/"), place)
    if origin == kept:
        return start, ""
    if not kept:
        return start, origin
    return (start, origin[: -len(kept) - 1]) if origin.endswith(f"/{kept}") else None


def _moved(pattern: str, to: str, into: bool, place: Place) -> tuple[str, str]:
    """Return the path that a rule copies from, and the path in the artifact that it becomes."""
    if pattern == "**":
        return "", to
    if pattern.endswith("/**") and not any(sign in pattern[:-3] for sign in "*?[]"):
        return inside(pattern[:-3]), to
    if any(sign in pattern for sign in "*?[]"):
        return "", to
    origin = inside(pattern)
    if into or place.tree.is_directory(origin):
        return origin, posixpath.join(to, posixpath.basename(origin))
    return origin, to


def needs(resource: Resource) -> Iterator[str]:
    """Yield the names of the applications that a resource's `dependsOn` wants applied first."""
    for one in entries(at(resource.body, "spec", "dependsOn")):
        if name := text(at(one, "name")):
            yield called(name, text(at(one, "namespace")) or resource.namespace)


def called(name: str, namespace: str) -> str:
    """Return the name of an application that Flux declares: with its namespace, where that is not Flux's own."""
    return name if namespace in ("", _BOOTSTRAP) else f"{namespace}/{name}"
