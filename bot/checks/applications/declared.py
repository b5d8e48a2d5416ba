"""Which applications do rendered resources declare, for whichever agent?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.checks.applications import applicationset, argocd, flux, helm_release
from bot.checks.applications.place import Place
from bot.model.manifest import Resource
from bot.model.source import Application

# What a file has to mention before it is worth rendering to see what it declares.
WORDS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"argoproj.io/", (b"Application",)),
    (b"toolkit.fluxcd.io/", (b"Kustomization", b"HelmRelease")),
)


def may_declare(text: bytes) -> bool:
    """Say whether a file may declare applications."""
    return any(group in text and any(kind in text for kind in kinds) for group, kinds in WORDS)


def declared(resources: Iterable[Resource], place: Place) -> tuple[Application, ...]:
    """Return the applications that resources declare, in their order."""
    return tuple(one for resource in resources for one in _by(resource, place))


def _by(resource: Resource, place: Place) -> tuple[Application, ...]:
    group = resource.api_version.partition("/")[0]
    match group, resource.kind:
        case "argoproj.io", "Application":
            return argocd.applications(resource, place)
        case "argoproj.io", "ApplicationSet":
            return applicationset.applications(resource, place)
        case ("kustomize.toolkit.fluxcd.io", "Kustomization") | ("helm.toolkit.fluxcd.io", "HelmRelease"):
            return flux.applications(resource, place)
        case _:
            return ()


def listings(resources: Iterable[Resource], place: Place) -> Iterator[str]:
    """Yield the paths and patterns of the tree that decide what resources declare, beyond what sources read."""
    for resource in resources:
        match resource.api_version.partition("/")[0], resource.kind:
            case "argoproj.io", "Application":
                yield from argocd.reads(resource, place)
            case "argoproj.io", "ApplicationSet":
                yield from applicationset.reads(resource, place)
            case "helm.toolkit.fluxcd.io", "HelmRelease":
                yield from helm_release.reads(resource)
