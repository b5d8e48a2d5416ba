"""Argo CD resources for tests, written as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.checks.applications import applicationset, argocd
from bot.checks.applications.place import Cluster, Place
from bot.checks.documents import parse
from bot.model.manifest import Resource
from bot.model.source import Application, Source
from tests.applications.trees import MemoryTree

HERE = "https://github.com/acme/shop.git"
KUSTOMIZATION = "resources: [web.yaml]\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
CLUSTERS = (
    Cluster("Eng_Dev", "https://dev.example", (("env", "dev"), ("team", "web")), (("note", "old"),)),
    Cluster("prod", "https://prod.example", (("env", "prod"),)),
)


def place(files: Mapping[str, str | bytes] | None = None, **more: Any) -> Place:
    """Return a place with these files; `more` are further fields of it."""
    return replace(Place("acme/shop", "main", MemoryTree(files or {}), default_branch="main"), **more)


def resource(text: str) -> Resource:
    """Return what a YAML text declares, as it is rendered from `apps/web.yaml`, line 3."""
    (document,) = parse(text.encode())
    return Resource(document.value, "apps/web.yaml", 3)


def application(spec: str, where: Place, name: str = "web") -> Application:
    """Return the Application of a spec: the text below `spec:`, with {here} for this repository."""
    (found,) = argocd.applications(declaration(spec, name), where)
    return found


def declaration(spec: str, name: str = "web") -> Resource:
    """Return the resource of an Application with this spec."""
    (document,) = parse(spec.replace("HERE", HERE).encode())
    return Resource({"kind": "Application", "metadata": {"name": name}, "spec": document.value}, "apps/web.yaml", 3)


def only_source(spec: str, where: Place, name: str = "web") -> Source:
    """Return the one source of an Application that has no problems."""
    found = application(spec, where, name)
    assert found.problems == ()
    (source,) = found.sources
    return source


def messages(found: Sequence[Application]) -> list[str]:
    """Return all that is said to be wrong."""
    return [problem.message for one in found for problem in one.problems]


def generated(spec: str, where: Place, *, name: str = "set") -> tuple[Application, ...]:
    """Return what an ApplicationSet with this spec makes."""
    return applicationset.applications(declared_set(spec, name), where)


def declared_set(spec: str, name: str = "set") -> Resource:
    """Return the resource of an ApplicationSet with this spec."""
    (document,) = parse(spec.replace("HERE", HERE).encode())
    return Resource({"kind": "ApplicationSet", "metadata": {"name": name}, "spec": document.value}, "apps/set.yaml", 3)
