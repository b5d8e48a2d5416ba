"""Which settings does `.github/lockkeeper.yaml` have?

One table drives the parser (`bot.promotion.config`), the JSON Schema for editors and docs/configuration.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "choice", "texts", "map", "named", "entries", "free", "planned"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: what it takes, what it means, what holds without it.

    `keys` are the settings inside a `map`, inside each entry of `named` (a map from names), or inside each entry
    of `entries` (a list). `planned` keys are known but not available in this version.
    """

    kind: Kind
    about: str
    default: str = ""
    values: tuple[str, ...] = ()
    keys: Mapping[str, Setting] = field(default_factory=dict)
    required: bool = False
    pattern: str = ""
    example: str = ""


NAME = r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?"
_LOGIN = "GitHub logins"
_TEAMS = "team slugs of the repository's organisation"

PEOPLE: Mapping[str, Setting] = {
    "users": Setting("texts", _LOGIN, "none", example="[ann]"),
    "teams": Setting("texts", _TEAMS, "none", example="[platform-leads]"),
}

ENVIRONMENT: Mapping[str, Setting] = {
    "branch": Setting("text", "the branch the environment deploys from", required=True, example="staging"),
    "path": Setting(
        "text", "the directory in that branch to render", "the whole repository", example="overlays/staging"
    ),
    "after": Setting(
        "texts",
        "the environments whose changes are promoted here",
        "the environment written before this one",
        example="[development]",
    ),
    "promote": Setting(
        "choice",
        "`auto` opens the promotion pull request when the source moves, `manual` waits for `/promote`",
        "auto",
        values=("auto", "manual"),
    ),
    "merge": Setting(
        "choice",
        "`auto` merges the promotion pull request once all gates are open, `manual` leaves that to people",
        "manual",
        values=("manual", "auto"),
    ),
    "promoters": Setting(
        "map", "who may use `/promote` for this environment", "write permission", keys=PEOPLE
    ),
    "approvers": Setting(
        "map",
        "whose review is requested and counts",
        "nobody",
        keys={
            **PEOPLE,
            "required": Setting(
                "number", "how many approvals a promotion takes", "1 when people are named, else 0"
            ),
            "assign": Setting("texts", "logins assigned to the pull request", "none", example="[ann]"),
        },
    ),
    "gates": Setting(
        "map",
        "further conditions on a promotion into this environment",
        "none",
        keys={
            "checks": Setting(
                "texts",
                "check runs or statuses that must succeed on the source commit",
                "none",
                example="[integration-tests]",
            ),
            "soak": Setting("planned", "time a change has to be healthy in the source"),
            "window": Setting("planned", "days and hours in which promotions may merge"),
            "health": Setting("planned", "the source environment has to be healthy"),
            "test": Setting("planned", "a workflow that has to succeed"),
        },
    ),
}

SETTINGS: Mapping[str, Setting] = {
    "version": Setting("choice", "the version of this format", required=True, values=("1",)),
    "strategy": Setting("choice", "how changes move", "branch", values=("branch",)),
    "environments": Setting(
        "named",
        "the pipeline; without `after`, changes walk in the order written",
        required=True,
        keys=ENVIRONMENT,
    ),
    "protect": Setting(
        "texts",
        "paths that stay as the target has them, in .gitignore's pattern language",
        "none",
        example='["overlays/*/sealed-secret.yaml"]',
    ),
    "policies": Setting(
        "entries",
        "policy packs to run on what is rendered",
        "the builtin pack `security`",
        keys={
            "builtin": Setting("text", "a pack that comes with Lockkeeper", example="registry"),
            "path": Setting(
                "text", "a directory of Kyverno policies in this repository", example="policies/"
            ),
            "with": Setting("free", "the pack's parameters", "the pack's defaults"),
            "environments": Setting("texts", "only for these environments", "all", example="[production]"),
        },
    ),
    "checks": Setting(
        "map",
        "how manifests are validated",
        keys={
            "kubernetes": Setting(
                "text",
                "the Kubernetes version to validate for, in quotes",
                '"1.33"',
                pattern=r"1\.\d{1,2}",
                example='"1.33"',
            ),
            "unknown_kinds": Setting(
                "choice",
                "what a resource without a schema is worth",
                "warn",
                values=("ignore", "warn", "fail"),
            ),
        },
    ),
}

PLANNED_STRATEGIES = ("directory", "repository", "values", "tag")
