"""Which settings does `.github/lockkeeper.yaml` have?

One table drives the parser (`bot.promotion.config_read`), the JSON Schema for editors and docs/configuration.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.promotion.config_forms import BRANCH, GLOB, KUBERNETES, LOGIN, NAME, PATH, REPOSITORY, TAG, TEAM
from bot.promotion.config_gates import FREEZE, GATES
from bot.promotion.config_policies import POLICIES
from bot.promotion.config_rendering import APPLICATIONS, RENDER
from bot.promotion.config_setting import Setting
from bot.promotion.config_values import VALUES


def _users(about: str) -> Setting:
    return Setting("texts", about, "none", "[ann]", form=LOGIN, also=("user", "logins", "people", "members"))


def _teams(about: str) -> Setting:
    also = ("team", "groups")
    return Setting("texts", about, "none", "[platform-leads]", form=TEAM, also=also)


APPROVERS = Setting(
    "map",
    "whose reviews are asked for on a promotion into this environment, and count",
    "nobody",
    also=("reviewers", "approvals", "approver"),
    keys={
        "users": _users("GitHub logins"),
        "teams": _teams("team slugs of the repository's organisation"),
        "required": Setting(
            "number",
            "how many of them must approve the commit that is promoted",
            "1 when people are named, else 0",
            "2",
            least=0,
            most=20,
            also=("count", "minimum"),
        ),
        "assign": Setting(
            "texts",
            "logins assigned to the promotion pull request",
            "none",
            "[ann]",
            form=LOGIN,
            also=("assignees",),
        ),
        "codeowners": Setting(
            "flag",
            "the owners of the paths that change, by the repository's CODEOWNERS, are asked and count as well",
            "false",
            also=("code_owners", "owners"),
        ),
        "ask": Setting(
            "number",
            "how many of them are asked, those with the fewest open requests first",
            "all",
            "2",
            least=1,
            most=15,
            also=("request", "balance"),
        ),
    },
)

PROMOTERS = Setting(
    "map",
    "who may ask for a promotion into this environment with `/promote`; it takes write permission as well, "
    "and administrators are no exception",
    "everyone with write permission",
    also=("promotors", "promoter"),
    keys={"users": _users("GitHub logins"), "teams": _teams("team slugs of the repository's organisation")},
)

MOST_ENVIRONMENTS = 100
STRATEGIES = ("branch", "directory", "repository", "values", "tag")

ENVIRONMENT: Mapping[str, Setting] = {
    "branch": Setting(
        "text",
        "the branch the environment is deployed from; where tags are deployed, the branch they are made on",
        "that of the environment before, unless the strategy is `branch`",
        "staging",
        form=BRANCH,
        also=("ref", "revision", "targetRevision"),
    ),
    "path": Setting(
        "text",
        "the directory of that branch the environment is deployed from",
        "the whole repository; with strategy `directory` that of the environment before, with this one's name in it",
        "overlays/staging",
        form=PATH,
        also=("directory", "folder", "dir"),
    ),
    "strategy": Setting(
        "choice",
        "how promotions into this environment move changes",
        "the `strategy` of the whole file",
        values=STRATEGIES,
    ),
    "repository": Setting(
        "text",
        "the repository the environment lies in, if it is another one",
        "this repository",
        "acme/env-staging",
        form=REPOSITORY,
        also=("repo",),
    ),
    "tag": Setting(
        "text",
        "the tags the environment is deployed from, as a pattern with one `*` for the version",
        "",
        '"v*-stage"',
        form=TAG,
        also=("tags",),
    ),
    "values": VALUES,
    "batch": Setting(
        "choice",
        "`together` promotes all applications of `values` by one pull request, `each` every one by its own",
        "together",
        values=("together", "each"),
    ),
    "method": Setting(
        "choice",
        "how Lockkeeper merges where it merges itself",
        "as the repository allows it, a merge commit first",
        values=("merge", "squash", "rebase"),
        also=("merge_method",),
    ),
    "group": Setting(
        "text",
        "environments of one group that come after the same environment are promoted by one pull request",
        "none",
        "europe",
        form=NAME,
    ),
    "after": Setting(
        "texts",
        "the environments whose changes are promoted into this one; `[]` starts a pipeline",
        "the environment written above this one; what that one comes after, where both are of one group",
        "[development]",
        form=NAME,
        single=True,
        also=("from", "source", "depends_on", "needs"),
    ),
    "promote": Setting(
        "choice",
        "`auto` opens the promotion pull request when the source moves, `manual` waits for `/promote`",
        "auto",
        values=("auto", "manual"),
        also=("promotion",),
    ),
    "merge": Setting(
        "choice",
        "`manual` leaves the merge to people, `auto` merges once every gate is open",
        "manual",
        values=("manual", "auto"),
        also=("automerge", "auto_merge"),
    ),
    "approvers": APPROVERS,
    "promoters": PROMOTERS,
    "gates": GATES,
    "on_drift": Setting(
        "choice",
        "what it means that the environment was changed directly: `keep` leaves the change there and tells of it, "
        "`block` lets nothing in until it is in the source as well, or undone",
        "keep",
        values=("keep", "block"),
        also=("drift",),
    ),
    "applications": APPLICATIONS,
    "kubernetes": Setting(
        "text",
        "the Kubernetes minor version of this environment's cluster, in quotes",
        "`checks.kubernetes`",
        '"1.31"',
        form=KUBERNETES,
        also=("kubernetes_version", "k8s"),
    ),
}

CHECKS = Setting(
    "map",
    "how rendered manifests are validated",
    also=("validation",),
    keys={
        "kubernetes": Setting(
            "text",
            "the Kubernetes minor version to validate for, in quotes",
            '"1.33"',
            '"1.33"',
            form=KUBERNETES,
            also=("kubernetes_version", "k8s", "version"),
        ),
        "unknown_kinds": Setting(
            "choice",
            "what a resource of a kind without a schema is worth",
            "warn",
            values=("ignore", "warn", "fail"),
            also=("missing_schemas",),
        ),
        "unrendered": Setting(
            "choice",
            "what something that cannot be rendered offline is worth, such as a remote base or chart",
            "warn",
            values=("ignore", "warn", "fail"),
            also=("not_rendered", "remote"),
        ),
        "crds": Setting(
            "texts",
            "files and directories of this repository with CustomResourceDefinitions, for custom resources whose "
            "definition is not rendered beside them",
            "none",
            "[crds]",
            form=PATH,
            single=True,
            also=("crd", "schemas"),
        ),
    },
)

FILE = Setting(
    "map",
    "the whole file",
    keys={
        "version": Setting("number", "the version of this format", "", "1", required=True, least=1, most=1),
        "strategy": Setting(
            "choice",
            "how changes move: `branch` merges the source's changes into the target's branch, `directory` and "
            "`repository` those of a directory into another, `values` moves versions, `tag` sets tags",
            "branch",
            values=STRATEGIES,
        ),
        "pipeline": Setting(
            "text",
            "the repository whose pipeline may promote into this one, where it is another one",
            "none",
            "acme/platform",
            form=REPOSITORY,
        ),
        "environments": Setting(
            "named",
            "the pipeline: environments by name, walked in the order written",
            "",
            keys=ENVIRONMENT,
            expects="environments by name",
            how="write the name of each environment as a key, with its `branch` below it",
            form=NAME,
            least=1,
            most=MOST_ENVIRONMENTS,
            also=("stages", "environment", "envs"),
        ),
        "protect": Setting(
            "texts",
            "paths that a promotion leaves as the target has them, as patterns in the language of .gitignore",
            "none",
            '["overlays/*/sealed-secret.yaml"]',
            form=GLOB,
            also=("protected", "keep"),
        ),
        "freeze": FREEZE,
        "rbac": Setting(
            "text",
            "who may do what where, in the format of Argo CD's policy.csv, a rule a line",
            "GitHub's permissions, `promoters` and `approvers`",
            "p, role:senior-developers, promotions, promote, staging, allow",
            also=("roles", "policy_csv", "permissions"),
        ),
        "policies": POLICIES,
        "checks": CHECKS,
        "render": RENDER,
    },
)
