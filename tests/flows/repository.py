"""What stands in the repository of the flow tests? A small kustomize tree, and configurations to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

PATH = ".github/lockkeeper.yaml"
DEPLOYMENT = "base/deployment.yaml"
SETTINGS = "base/settings.yaml"

PIPELINE = """\
version: 1
environments:
  development:
    branch: main
    path: overlays/development
  staging:
    branch: staging
    path: overlays/staging
  production:
    branch: production
    path: overlays/production
    promote: manual
    promoters: {teams: [leads]}
    approvers: {teams: [leads], required: 1}
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""


def overlay(name: str, tail: str = "") -> str:
    """Return the kustomization of one environment."""
    return (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"namespace: web-{name}\nresources:\n  - ../../base\n{tail}"
    )


def settings(**data: str) -> str:
    """Return the ConfigMap with these values, one a line."""
    lines = "".join(f"  {key}: {value!r}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-settings\ndata:\n{lines}"


def replicas(number: int) -> str:
    """Return a patch of the Deployment's replicas."""
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {number}\n"


def deployment(image: str = "registry.example.com/web:1.0.0", pull_policy: str = "imagePullPolicy") -> str:
    """Return the Deployment; `pull_policy` is the field's name, to be misspelt."""
    return dedent(f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          selector:
            matchLabels: {{app: web}}
          template:
            metadata:
              labels: {{app: web}}
            spec:
              containers:
                - name: web
                  image: {image}
                  {pull_policy}: IfNotPresent
        """)


IMAGE_LINE, POLICY_LINE = 15, 16


def files(configuration: str | None = PIPELINE) -> dict[str, str]:
    """Return the repository's files; `configuration` None leaves the configuration out."""
    kustomization = (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        "resources:\n  - deployment.yaml\n  - settings.yaml\n"
    )
    found = {
        "base/kustomization.yaml": kustomization,
        DEPLOYMENT: deployment(),
        SETTINGS: settings(level="info", colour="blue"),
        "overlays/development/kustomization.yaml": overlay("development"),
        "overlays/staging/kustomization.yaml": overlay("staging"),
        "overlays/production/kustomization.yaml": overlay("production", "patches:\n  - path: replicas.yaml\n"),
        "overlays/production/replicas.yaml": replicas(2),
    }
    return found if configuration is None else {PATH: configuration, **found}


def pipeline(**changes: str) -> str:
    """Return the usual configuration with lines put below environments: name → YAML lines without indentation.

    `top` adds lines at the top level.
    """
    lines = []
    for line in PIPELINE.splitlines():
        lines.append(line)
        name = line.strip().removesuffix(":")
        if line.startswith("  ") and not line.startswith("   ") and name in changes:
            lines += [f"    {one}" for one in changes[name].splitlines()]
    return "\n".join([*lines, *changes.get("top", "").splitlines()]) + "\n"


Files = Mapping[str, str | None]
