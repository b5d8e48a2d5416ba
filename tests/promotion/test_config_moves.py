"""Short files that work, and what is said where changes could not move in the way that is asked for."""

# ruff: noqa: E501 - the words people read stay in one piece

from __future__ import annotations

import pytest

from bot.model.environment import Approvers, Environment, People, ValueFile
from bot.promotion.pipeline import pairs
from tests.promotion.test_config import bad, good


def file(strategy: str, *environments: str, more: str = "") -> str:
    lines = "".join(f"  {one}\n" for one in environments)
    return f"version: 1\nstrategy: {strategy}\nenvironments:\n{lines}{more}"


DEV = "dev: {branch: main, path: envs/dev}"


def places(text: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.branch, one.path) for one in good(text).environments]


def test_directories_named_for_their_environments_need_no_path() -> None:
    assert places(file("directory", DEV, "staging:", "production: {}")) == [
        ("dev", "main", "envs/dev"),
        ("staging", "main", "envs/staging"),
        ("production", "main", "envs/production"),
    ]


@pytest.mark.parametrize(
    ("path", "follows"),
    [
        ("dev", "staging"),
        ("apps/dev/shop", "apps/staging/shop"),
        ("dev/apps/dev", "staging/apps/staging"),
    ],
)
def test_what_the_path_of_the_next_environment_is(path: str, follows: str) -> None:
    assert places(file("directory", f"dev: {{branch: main, path: {path}}}", "staging:"))[1] == (
        "staging", "main", follows,
    )  # fmt: skip


def test_a_name_that_is_only_part_of_a_directorys_is_none() -> None:
    assert "`path` is missing" in bad(file("directory", "dev: {branch: main, path: envs/dev-eu}", "staging:"))[0]


def test_a_path_that_is_given_stays_also_the_top() -> None:
    text = file("directory", DEV, "staging: {branch: staging, path: .}")
    assert places(text)[1] == ("staging", "staging", "")


def test_branches_and_paths_follow_the_pipeline_not_the_order_written() -> None:
    text = file(
        "directory",
        "production: {after: staging}",
        "staging: {after: dev}",
        "dev: {branch: main, path: a/dev, after: []}",
    )
    assert places(text) == [
        ("production", "main", "a/production"),
        ("staging", "main", "a/staging"),
        ("dev", "main", "a/dev"),
    ]


def test_strategies_mix() -> None:
    text = file(
        "directory",
        DEV,
        "staging:",
        "production: {strategy: repository, repository: acme/production}",
        "recovery: {strategy: branch, repository: acme/production, branch: recovery}",
    )
    found = good(text).environments
    assert [one.strategy for one in found] == ["directory", "directory", "repository", "branch"]
    assert [(one.repository, one.branch, one.path) for one in found[2:]] == [
        ("acme/production", "main", ""),
        ("acme/production", "recovery", ""),
    ]


def test_members_of_a_group_follow_what_the_first_of_them_follows() -> None:
    found = good(file("directory", DEV, "west: {group: europe}", "north: {group: europe}", "asia:"))
    assert [one.after for one in found.environments] == [(), ("dev",), ("dev",), ("north",)]
    assert [hop.name for hop in pairs(found)] == ["dev to europe", "north to asia"]


def test_values_are_files_or_files_with_keys() -> None:
    first = "dev: {branch: main, values: {web: web/dev.yaml, cart: {file: cart.yaml, keys: 'images[name=dev].newTag'}}}"
    second = "staging: {values: {cart: {file: cart.yaml, keys: ['images[name=staging].newTag']}}}"
    found = good(file("values", first, second)).environments
    assert found[0].values == (
        ValueFile("web", "web/dev.yaml"),
        ValueFile("cart", "cart.yaml", ("images[name=dev].newTag",)),
    )
    assert found[1] == Environment(
        "staging",
        "main",
        after=("dev",),
        strategy="values",
        values=(ValueFile("cart", "cart.yaml", ("images[name=staging].newTag",)),),
    )


@pytest.mark.parametrize(
    ("given", "approvers"),
    [
        ("{codeowners: true}", Approvers(required=1, codeowners=True)),
        ("{codeowners: false}", Approvers()),
        ("{codeowners: true, required: 2, ask: 3}", Approvers(required=2, codeowners=True, ask=3)),
        ("{users: [ann, ben], ask: 1}", Approvers(People(("ann", "ben")), 1, ask=1)),
        ("{users: [ann], codeowners: true, required: 3}", Approvers(People(("ann",)), 3, codeowners=True)),
    ],
)
def test_owners_and_how_many_are_asked(given: str, approvers: Approvers) -> None:
    found = good(file("branch", "dev: {branch: main}", f"staging: {{branch: s, approvers: {given}}}"))
    assert found.environments[1].approvers == approvers


RBAC = """\
rbac: |
  # who may what
  p, role:senior-developers, promotions, promote, staging, allow
  g, acme:platform-leads, role:senior-developers
"""


def test_roles_are_kept_as_they_are_written() -> None:
    found = good(file("branch", "dev: {branch: main}", "staging: {branch: s}", more=RBAC), "acme")
    assert found.rbac.splitlines()[1] == "p, role:senior-developers, promotions, promote, staging, allow"


@pytest.mark.parametrize(
    ("rbac", "expected"),
    [
        (RBAC.replace("staging", "stagin"), "8: rbac: there is no environment `stagin`; did you mean `staging`?"),
        (
            RBAC.replace("acme:", "other:"),
            "9: rbac: the team `other:platform-leads` belongs to another organisation than the repository; name a team of acme: `acme:platform-leads`",
        ),
        ('rbac: "x, y"\n', "6: rbac: `x` begins no rule; a line begins with `p,` (a rule), `g,` (who has which role) or `policy.default:`"),
        ("rbac:\n  'x, y'\n", "7: rbac: `x` begins no rule; a line begins with `p,` (a rule), `g,` (who has which role) or `policy.default:`"),
        ("rbac: [p]\n", "6: rbac: one text is expected here; write it like p, role:senior-developers, promotions, promote, staging, allow"),
    ],
)  # fmt: skip
def test_mistakes_in_roles_stand_on_their_lines(rbac: str, expected: str) -> None:
    assert bad(file("branch", "dev: {branch: main}", "staging: {branch: s}", more=rbac), "acme") == [expected]


def test_a_group_may_be_named_in_roles() -> None:
    text = file(
        "directory",
        DEV,
        "west: {group: europe}",
        "north: {group: europe}",
        more="rbac: 'p, ann, promotions, promote, europe, allow'\n",
    )
    assert good(text).rbac


MISTAKES: list[tuple[str, str, list[str]]] = [
    (
        "directories without a path",
        file("directory", "dev: {branch: main}", "staging: {}"),
        [
            "4: environments.dev: `path` is missing: strategy `directory` moves the changes of one directory from `dev` into `staging`; add `path: environments/dev`",
            "5: environments.staging: `path` is missing: strategy `directory` moves the changes of one directory into `staging`; add `path: environments/staging`",
        ],
    ),
    (
        "a directory within another",
        file("directory", "dev: {branch: main, path: envs}", "staging: {path: envs/staging}"),
        [
            "5: environments.staging.path: `envs/staging` and `envs` of `dev` lie within each other; give each a directory of its own"
        ],
    ),
    (
        "the same directory",
        file("directory", DEV, "staging: {path: envs/dev}"),
        [
            "5: environments.staging: `staging` and `dev` are the same place: `envs/dev` of branch `main`; give each its own branch or path"
        ],
    ),
    (
        "a directory of another repository",
        file("directory", DEV, "staging: {repository: acme/staging}"),
        [
            "5: environments.staging.strategy: strategy `directory` stays within one repository, and `dev` lies in the one with this file; write `strategy: repository`"
        ],
    ),
    (
        "a branch of another repository",
        file("branch", "dev: {branch: main, repository: acme/dev}", "staging: {branch: main}"),
        [
            "5: environments.staging.strategy: strategy `branch` stays within one repository, and `dev` lies in `acme/dev`; write `strategy: repository`"
        ],
    ),
    (
        "strategy repository without one",
        file("repository", DEV, "staging: {path: envs/staging}"),
        [
            "5: environments.staging: strategy `repository` leads into another repository, and `dev` lies in the same one; name another by `repository: owner/name`, or write `strategy: directory`"
        ],
    ),
    (
        "a repository's address",
        file("repository", DEV, "staging: {repository: 'https://github.com/acme/env-staging.git'}"),
        [
            "5: environments.staging.repository: `https://github.com/acme/env-staging.git` is not a repository of the same GitHub; did you mean `acme/env-staging`? write it as owner/name"
        ],
    ),
    (
        "no tags",
        file("tag", "dev: {branch: main}", "staging: {}"),
        [
            '4: environments.dev: `tag` is missing: strategy `tag` sets a tag for each version, and `staging` takes the versions from here; add `tag: "v*-dev"`',
            '5: environments.staging: `tag` is missing: strategy `tag` sets a tag for each version; add `tag: "v*-staging"`',
        ],
    ),
    (
        "a tag without a star",
        file("tag", "dev: {branch: main, tag: v*-dev}", "staging: {tag: v-stage}"),
        [
            "5: environments.staging.tag: `v-stage` is not a pattern of tags; write one `*` for the version, as in `v*-stage`"
        ],
    ),
    (
        "the same tags",
        file("tag", "dev: {branch: main, tag: v*-dev}", "staging: {tag: v*-dev}"),
        [
            '5: environments.staging.tag: `v*-dev` is the pattern of `dev` as well; give each its own ending, such as "v*-staging"'
        ],
    ),
    (
        "tags that nobody can tell apart",
        file("tag", "dev: {branch: main, tag: v*-x}", "staging: {tag: v1*x}"),
        [
            '5: environments.staging.tag: `v1*x` fits tags that `v*-x` of `dev` fits as well; give each its own ending, such as "v*-staging"'
        ],
    ),
    (
        "tags in two repositories",
        file("tag", "dev: {branch: main, tag: v*-dev}", "staging: {tag: v*-stage, repository: acme/x}"),
        [
            "5: environments.staging.repository: tags are set within one repository, and `dev` lies in the one with this file; keep both in one repository, or write another `strategy`"
        ],
    ),
    (
        "a tag for nothing",
        file("branch", "dev: {branch: main, tag: v*-dev}", "staging: {branch: s}"),
        ["4: environments.dev.tag: strategy `branch` sets no tags; write `strategy: tag`, or remove it"],
    ),
    (
        "a tag is not merged and not shared",
        file("tag", "dev: {branch: main, tag: v*-dev}", "staging: {tag: v*-stage, method: squash, group: all}"),
        [
            "5: environments.staging.method: a tag is set without a merge; remove it",
            "5: environments.staging.group: tags are set one by one, without a pull request to share; remove it",
        ],
    ),
    (
        "no files",
        file("values", "dev: {branch: main}", "staging: {}"),
        [
            "4: environments.dev: `values` is missing: strategy `values` moves versions from file to file, and `staging` takes them from here; add `values: {web: apps/web/values-dev.yaml}`",
            "5: environments.staging: `values` is missing: strategy `values` moves versions from file to file; add `values: {web: apps/web/values-staging.yaml}`",
        ],
    ),
    (
        "an application that the source does not know",
        file("values", "dev: {branch: main, values: {website: a.yaml}}", "staging: {values: {web-site: b.yaml}}"),
        [
            "5: environments.staging.values.web-site: `dev` has no file for `web-site`, so nothing would move; did you mean `website`?"
        ],
    ),
    (
        "the file of the source",
        file("values", "dev: {branch: main, values: {web: a.yaml}}", "staging: {path: x, values: {web: a.yaml}}"),
        ["5: environments.staging.values.web: `a.yaml` is the file of `dev` as well; name the target's own file"],
    ),
    (
        "values as a list, and as a number",
        file("values", "dev: {branch: main, values: [a.yaml]}", "staging: {values: {web: 1}}"),
        [
            "4: environments.dev.values: files by application are expected here; write `web: apps/web/values.yaml` or `web: {file: apps/web/values.yaml, keys: [image.tag]}`",
            '5: environments.staging.values.web.file: without quotes, YAML reads `1` as a number; write "1" in quotes',
        ],
    ),
    (
        "keys that are none",
        file(
            "values",
            "dev: {branch: main, values: {web: {file: a.yaml, keys: ['a[']}}}",
            "staging: {values: {web: {fil: b}}}",
        ),
        [
            "4: environments.dev.values.web.keys[0]: `a[` is no key: it cannot be read from `[` on; write it like `spec.source.targetRevision` or `images[name=web].newTag`",
            "5: environments.staging.values.web.fil: `fil` is not a known key; did you mean `file`?",
        ],
    ),
    (
        "values for nothing, one by one",
        file("branch", "dev: {branch: main, values: {web: a.yaml}}", "staging: {branch: s, batch: each}"),
        [
            "4: environments.dev.values: strategy `branch` moves all there is; write `strategy: values`, or remove it",
            "5: environments.staging.batch: only strategy `values` knows applications apart; write `strategy: values`, or remove it",
        ],
    ),
    (
        "a group of what comes one after the other",
        file("directory", DEV, "a: {path: envs/a, group: eu}", "b: {path: envs/b, group: eu, after: a}"),
        [
            "6: environments.b.group: group `eu` is promoted by one pull request, but `b` has after `a` and `a` after `dev`; give both the same, or another group"
        ],
    ),
    (
        "a group with several strategies, branches or methods",
        file(
            "directory",
            DEV,
            "a: {group: eu}",
            "b: {group: eu, strategy: branch, branch: b}",
            "c: {group: eu, after: dev, branch: c}",
            "d: {group: eu, after: dev, method: squash}",
        ),
        [
            "6: environments.b.group: group `eu` is promoted by one pull request, but `b` has strategy `branch` and `a` strategy `directory`; give both the same, or another group",
            "7: environments.c.group: group `eu` is promoted by one pull request, but `c` has branch `c` and `a` branch `main`; give both the same, or another group",
            "8: environments.d.group: group `eu` is promoted by one pull request, but `d` has method `squash` and `a` no method; give both the same, or another group",
        ],
    ),
    (
        "a group with the name of an environment",
        file("directory", DEV, "a: {group: dev}"),
        [
            "5: environments.a.group: `dev` is the name of an environment as well, so nobody could tell which is meant; give the group a name of its own"
        ],
    ),
    (
        "an override by nobody",
        file("branch", "dev: {branch: main}", "a: {branch: a, gates: {override: {gates: [soak]}}}"),
        ["5: environments.a.gates.override: nobody is named who may override; name `users` or `teams`"],
    ),
    (
        "fewer asked than required",
        file("branch", "dev: {branch: main}", "a: {branch: a, approvers: {teams: [x], required: 3, ask: 2}}"),
        [
            "5: environments.a.approvers.ask: 3 approvals are required, but only 2 of the people are asked; ask 3 or more"
        ],
    ),
    (
        "nobody asked",
        file("branch", "dev: {branch: main}", "a: {branch: a, approvers: {ask: 2}}"),
        ["5: environments.a.approvers.ask: nobody is named who could be asked; name `users` or `teams`"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_mistakes(text: str, expected: list[str]) -> None:
    assert bad(text) == expected


def test_teams_of_other_organisations_do_not_override() -> None:
    text = file("branch", "dev: {branch: main}", "a: {branch: a, gates: {override: {gates: [soak], teams: [x/leads]}}}")
    assert bad(text, "acme") == [
        "5: environments.a.gates.override.teams: the team `x/leads` belongs to another organisation than the repository; name a team of acme: GitHub gives no others access"
    ]
