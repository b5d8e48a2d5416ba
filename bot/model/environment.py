"""What does a repository's configuration say about its environments?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from bot.model.finding import Severity
from bot.model.gates import NO_GATES, FreezeRule, GateRules

Strategy = Literal["branch", "directory", "repository", "values", "tag"]
Method = Literal["merge", "squash", "rebase"]
Batch = Literal["together", "each"]
OnDrift = Literal["keep", "block"]
When = Literal["auto", "manual"]
Worth = Literal["ignore", "warn", "fail"]
Action = Literal["block", "warn", "ignore"]
Blocks = Literal["critical", "high", "medium", "low", "info", "never"]


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
    codeowners: bool = False  # the owners of the paths that change are asked, and count, as well
    ask: int = 0  # how many of the people are asked, those with the least to review first; 0: all
    unknown: tuple[str, ...] = ()  # teams among the people that GitHub does not know, as far as that was looked up
    unowned: tuple[
        str, ...
    ] = ()  # paths that change, where nobody is named and no code owner who could approve owns one


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
class ValueFile:
    """One application's versions in one environment: the file, and the keys in it that promotions move.

    `keys` are written as in `spec.source.targetRevision` or `images[name=web].newTag`; where there are none, they are
    found by what the file is (kustomization, Application, HelmRelease, values of a chart).
    """

    application: str
    file: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A place a GitOps agent deploys from: a branch and a path within it ('' is the whole repository).

    `strategy` is how promotions into it move content. `repository` is "owner/name" where it is another than the one
    with the configuration. `tag` is a pattern with one `*`, such as `v*-prod`, where a tag is deployed; `branch` is
    then the branch that tags are made on. `values` are the files whose keys move. Environments of one `group` that
    follow the same environment are promoted by one pull request. `applications` say what there is to render; where
    there are none, it is found by looking. `kubernetes` is the minor of its cluster, '' for that of the whole
    configuration. `members` are the environments that this one stands for, where it is a group.
    """

    name: str
    branch: str
    path: str = ""
    after: tuple[str, ...] = ()
    promote: When = "auto"
    merge: When = "manual"
    approvers: Approvers = Approvers()
    promoters: People = People()
    gates: GateRules = NO_GATES
    applications: tuple[ApplicationRule, ...] = ()
    kubernetes: str = ""
    strategy: Strategy = "branch"
    repository: str = ""
    tag: str = ""
    values: tuple[ValueFile, ...] = ()
    batch: Batch = "together"
    method: Method | None = None  # None: as the repository allows, a merge commit first
    group: str = ""
    on_drift: OnDrift = "keep"
    overriders: People = People()  # who may use `/override`; nobody where none are named
    members: tuple[Environment, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception in the configuration: what a policy says of some resources does not count until a day.

    `rule` is '' for every rule of the policy. `resources` are `Kind/name` or `Kind/namespace/name`, `namespaces`
    names, both with `*` and `?`; empty: all. The day of `until` is the last one on which it holds. `key` is its place
    in the configuration.
    """

    policy: str
    until: date
    reason: str
    rule: str = ""
    resources: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    key: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What a repository changes about a pack's rules, by the names of policies or `policy/rule`."""

    severities: Mapping[str, Severity] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    key: str = field(default="", compare=False)  # the pack's place in the configuration: `policies[0]`

    def __bool__(self) -> bool:
        return bool(self.severities or self.actions or self.waivers)


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """A pack to run: `builtin` names one under `policies/`, `path` is a directory of the repository, `scanner` one of
    the scanners that the operator enabled, whose findings block from the severity `blocks` on."""

    builtin: str = ""
    path: str = ""
    scanner: str = ""
    blocks: Blocks = "high"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environments: tuple[str, ...] = ()  # empty: all
    adjustments: Adjustments = Adjustments()

    @property
    def name(self) -> str:
        return self.builtin or self.path or self.scanner


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
    freezes: tuple[FreezeRule, ...] = ()
    rbac: str = ""  # roles and who has them, in the format of Argo CD's policy.csv; '' asks GitHub's permissions only
    pipeline: str = ""  # "owner/name" of the repository whose pipeline may promote into this one
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
