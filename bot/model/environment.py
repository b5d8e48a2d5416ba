"""What does a repository's configuration say about its environments?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Strategy = Literal["branch"]
When = Literal["auto", "manual"]
Worth = Literal["ignore", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class People:
    """Users by login and teams by slug (of the repository's organisation)."""

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.users or self.teams)


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may approve a promotion into an environment, and how many of them it takes."""

    people: People = People()
    required: int = 0
    assign: tuple[str, ...] = ()  # logins assigned to the pull request


@dataclass(frozen=True, slots=True)
class ApplicationRule:
    """One entry of `applications`: a path or pattern of directories, and how charts found there are rendered.

    `values` are paths from the chart's directory (with `/` in front: from the top of the repository), `parameters`
    values by their Helm path.
    """

    path: str
    name: str = ""
    release: str = ""
    namespace: str = ""
    values: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A place a GitOps agent deploys from: a branch and a path within it ('' is the whole repository).

    `applications` say what there is to render; where there are none, it is found by looking. `kubernetes` is the
    minor of its cluster, '' for that of the whole configuration.
    """

    name: str
    branch: str
    path: str = ""
    after: tuple[str, ...] = ()
    promote: When = "auto"
    merge: When = "manual"
    approvers: Approvers = Approvers()
    promoters: People = People()
    checks: tuple[str, ...] = ()  # names of check runs or statuses the source commit must carry
    applications: tuple[ApplicationRule, ...] = ()
    kubernetes: str = ""


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """A pack to run: `builtin` names one under `policies/`, else `path` is a directory of the repository."""

    builtin: str = ""
    path: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environments: tuple[str, ...] = ()  # empty: all

    @property
    def name(self) -> str:
        return self.builtin or self.path


@dataclass(frozen=True, slots=True)
class CheckRules:
    """How manifests are validated: the Kubernetes minor ("1.33") and what an unknown kind is worth.

    `unrendered` is what something that cannot be rendered offline is worth; `crds` are files and directories with
    CustomResourceDefinitions.
    """

    kubernetes: str = "1.33"
    unknown_kinds: Worth = "warn"
    unrendered: Worth = "warn"
    crds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """A cluster that generators of an ApplicationSet may name."""

    name: str
    server: str
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChartPin:
    """A chart of a Helm repository, as what its archive's digest ("sha256:…") says it is."""

    repository: str
    chart: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class RenderRules:
    """What declarations of Argo CD and Flux are read against: other addresses of this repository, repositories
    ("owner/name") that may be read beside it, clusters, and what remote charts are."""

    addresses: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    clusters: tuple[ClusterRule, ...] = ()
    charts: tuple[ChartPin, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """`.github/lockkeeper.yaml`, parsed, or the defaults when the file is absent (`found` is False)."""

    environments: tuple[Environment, ...] = ()
    strategy: Strategy = "branch"
    protect: tuple[str, ...] = ()  # gitignore-style patterns of paths that stay as the target has them
    policies: tuple[PolicyPack, ...] = (PolicyPack(builtin="security"),)
    checks: CheckRules = CheckRules()
    render: RenderRules = RenderRules()
    found: bool = True

    def environment(self, name: str) -> Environment | None:
        """Return the environment of that name, or None."""
        return next((one for one in self.environments if one.name == name), None)


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake in the configuration: its dotted path, 1-based line, what is wrong, what to write instead."""

    key: str
    line: int | None
    message: str
    suggestion: str = ""
