"""Flux resources, and the place they are read in, for the tests of what Flux declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from bot.checks.applications import flux
from bot.checks.applications.place import Place
from bot.model.manifest import Resource
from bot.model.source import Application
from tests.applications.trees import MemoryTree

GIT = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: shop, namespace: flux-system}
spec: {url: "ssh://git@github.com/acme/shop.git", ref: {branch: main}}
"""
FILES = {
    "apps/web/kustomization.yaml": "resources: [deployment.yaml]\nimages: [{name: web, newTag: '1'}, {name: db}]\n",
    "apps/web/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
}


def resources(text: str) -> tuple[Resource, ...]:
    """Return the documents of a text as resources of one file."""
    return tuple(Resource(one, "clusters/prod/flux.yaml", 7) for one in yaml.safe_load_all(text) if one)


def place(text: str = GIT, files: Mapping[str, str] = FILES, **more: Any) -> Place:
    """Return the place `acme/shop` on `main`, where the environment renders to the text's resources."""
    return Place("acme/shop", "main", MemoryTree(files), "main", resources=resources(text), **more)


def kustomization(spec: str = "", where: Place | None = None) -> Application:
    """Return what a Kustomization over apps/web declares, with more in its spec (flow style, without braces)."""
    fields = yaml.safe_load(f"{{{spec}}}")
    fields = {"path": "./apps/web", "sourceRef": {"kind": "GitRepository", "name": "shop"}, **fields}
    body = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "flux-system"},
        "spec": fields,
    }
    (found,) = flux.applications(Resource(body, "clusters/prod/web.yaml", 3), where or place())
    return found
