"""What stands in a repository with a directory for each environment?"""

from __future__ import annotations

from textwrap import dedent

from tests.flows.repository import Files, settings

DEVELOPMENT, STAGING, PRODUCTION = (f"environments/{one}" for one in ("development", "staging", "production"))

DIRECTORIES = """\
version: 1
strategy: directory
environments:
  development:
    branch: main
    path: environments/development
  staging:
    path: environments/staging
  production:
    path: environments/production
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""


def place(environment: str) -> str:
    return f"environments/{environment}"


def web(version: str, replicas: int = 1, name: str = "web") -> str:
    """Return a Deployment, whose image and replicas are far enough apart to be merged."""
    return dedent(f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {name}
        spec:
          replicas: {replicas}
          selector:
            matchLabels: {{app: {name}}}
          template:
            metadata:
              labels: {{app: {name}}}
            spec:
              containers:
                - name: web
                  image: registry.example.com/{name}:{version}
                  imagePullPolicy: IfNotPresent
        """)


def directory(environment: str, replicas: int = 1) -> dict[str, str]:
    """Return the files of one environment: what is deployed, and settings of its own."""
    top = place(environment)
    return {
        f"{top}/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        "resources:\n  - web.yaml\n  - settings.yaml\n",
        f"{top}/web.yaml": web("1.0.0", replicas),
        f"{top}/settings.yaml": settings(environment=environment, level="info"),
    }


def directories() -> Files:
    """Return the directories of the three environments."""
    return {**directory("development"), **directory("staging"), **directory("production", replicas=3)}
