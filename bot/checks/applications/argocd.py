"""What does an Argo CD Application deploy?

Sources: docs/user-guide/application-specification.md, multiple_sources.md and source-hydrator.md of argoproj/argo-cd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.checks.applications.argocd_asked import Asked, Said
from bot.checks.applications.argocd_fields import Fields, is_monstrous
from bot.checks.applications.argocd_ground import Ground, Refused, ground
from bot.checks.applications.argocd_source import read_source
from bot.checks.applications.place import Place
from bot.model.manifest import Resource
from bot.model.source import Application

DECLARED = "Argo CD Application"
_MOST_SOURCES = 100


def applications(resource: Resource, place: Place) -> tuple[Application, ...]:
    """Return the one Application that a resource of that kind declares, with all that keeps it from being rendered."""
    return (declared(resource, resource.body, place).application,)


def reads(resource: Resource, place: Place) -> tuple[str, ...]:
    """Return paths and patterns of the tree that decide what `applications` returns, beyond what its sources read.

    Those are kustomizations that options are edited into, committed parameter overrides, and patterns of values files.
    """
    return declared(resource, resource.body, place).reads


@dataclass(frozen=True, slots=True)
class Declared:
    """An Application, and the paths and patterns that decided over it."""

    application: Application
    reads: tuple[str, ...] = ()


def declared(resource: Resource, body: Mapping[str, Any], place: Place, by: str = DECLARED) -> Declared:
    """Return the Application that a body means; the resource is where it is declared, and `by` what declares it."""
    said = Said(resource)
    if is_monstrous(body):
        said.problem("not rendered: the Application is larger or deeper than any can be")
        return _done("", (), said, by)
    wrong: list[str] = []
    whole = Fields(body, "the Application", wrong)
    name = Fields.of(whole.value.get("metadata"), "metadata", wrong).text("name")
    spec = Fields.of(whole.value.get("spec"), "spec", wrong)
    destination = spec.inner("destination")
    asked = Asked(said, place, name, destination.text("namespace"), spec.text("project"))
    if not name:
        said.problem("not rendered: it has no name", "give it a `metadata.name`")
        return _done(name, (), said, by)
    sources = _sources(spec, said)
    refs = _refs(sources, place)
    found = []
    for one in sources[:_MOST_SOURCES]:
        called = f"`{one.at}`: " if len(sources) > 1 else ""
        source = read_source(one, Asked(said, place, name, asked.namespace, asked.project, called, refs))
        if source is not None:
            found.append(source)
    for sentence in dict.fromkeys(wrong):
        said.problem(f"wrong in the Application: {sentence}")
    done = _done(name, tuple(found), said, by)
    cluster = destination.text("server") or destination.text("name")
    return replace(done, application=replace(done.application, cluster=cluster, namespace=asked.namespace))


def _done(name: str, sources: tuple[Any, ...], said: Said, by: str) -> Declared:
    application = Application(
        name,
        sources,
        by,
        said.resource.path,
        said.resource.line,
        tuple(said.problems),
        tuple(said.notes),
    )
    return Declared(application, tuple(said.reads))


def _sources(spec: Fields, said: Said) -> tuple[Fields, ...]:
    """Return the sources that count: what the hydrator renders, else `sources`, else `source`."""
    if spec.has("sourceHydrator"):
        return (spec.inner("sourceHydrator").inner("drySource"),)
    several = spec.each("sources")
    if several:
        if spec.has("source"):
            said.note("`spec.source` does not count, because `spec.sources` is there")
        if len(several) > _MOST_SOURCES:
            said.problem(f"a part is not rendered: it has more than {_MOST_SOURCES} sources")
        return several
    if not spec.has("source"):
        said.problem("not rendered: it has no source", "say what it deploys in `spec.source` or `spec.sources`")
        return ()
    return (spec.inner("source"),)


def _refs(sources: tuple[Fields, ...], place: Place) -> dict[str, Ground | Refused]:
    """Return the files that sources with a `ref` stand for. Their types are told when they are read as sources."""
    found: dict[str, Ground | Refused] = {}
    for one in sources[:_MOST_SOURCES]:
        ref, url, revision = (one.value.get(key) for key in ("ref", "repoURL", "targetRevision"))
        if isinstance(ref, str) and ref and isinstance(url, str):
            found[ref] = ground(url, revision if isinstance(revision, str) else "", place)
    return found
