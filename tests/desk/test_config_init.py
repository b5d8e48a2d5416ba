"""Which configuration is proposed for which layout, and when is none?"""

# ruff: noqa: E501 - a table keeps its rows

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.model.environment import Configuration, Environment
from bot.promotion.config import parse
from bot.promotion.pipeline import pairs
from tests.desk.place import Desk
from tests.flows.repository import PATH, Files

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: 'registry.example.com/web:1.0'}]}}}
"""
BASED = "resources: [../../base]\n"
IMAGES = f"{BASED}images: [{{name: web, newTag: '1.0'}}]\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec: {chart: {spec: {chart: web, version: 1.0.0}}}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec: {source: {repoURL: 'https://charts.example.com', chart: web, targetRevision: 1.0.0}}
"""
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
IMAGE = "image:\n  repository: web\n  tag: 1.0.0\n"
REQUIREMENTS = """\
apiVersion: core.jenkins-x.io/v4beta1
kind: Requirements
spec:
  cluster: {environmentGitOwner: acme}
  environments:
  - {key: dev, owner: acme, repository: environment-dev}
  - {key: staging, promotionStrategy: Auto, owner: acme, repository: environment-staging}
  - {key: old, promotionStrategy: Never, owner: acme, repository: environment-old}
  - {key: production, promotionStrategy: Manual, repository: environment-production}
"""


def in_each(pattern: str, text: str, *names: str) -> Files:
    return {pattern.replace("*", name): text for name in names}


def branches(*names: str) -> Callable[[Desk], None]:
    return lambda desk: [desk.git("branch", name) for name in names] and None


def tags(*names: str) -> Callable[[Desk], None]:
    return lambda desk: [desk.git("tag", name) for name in names] and None


def nothing_more(_: Desk) -> None:
    return None


def of_remote(*names: str) -> Callable[[Desk], None]:
    return lambda desk: [desk.git("update-ref", f"refs/remotes/origin/{name}", "main") for name in names] and None


LAYOUTS: list[tuple[str, Files, Callable[[Desk], None], str, list[str], list[str]]] = [
    # what it is, files, what else there is, strategy, environments (name branch path …), hops
    (
        "a directory for each environment",
        in_each("environments/*/web.yaml", DEPLOYMENT, "production", "development", "staging"),
        nothing_more,
        "directory",
        ["development main environments/development", "staging main environments/staging", "production main environments/production"],
        ["development to staging", "staging to production"],
    ),
    (
        "short names in clusters, and an unusual order of letters",
        in_each("clusters/*/web.yaml", DEPLOYMENT, "prod", "dev", "qa", "uat", "stage"),
        nothing_more,
        "directory",
        ["dev main clusters/dev", "qa main clusters/qa", "stage main clusters/stage", "uat main clusters/uat", "prod main clusters/prod"],
        ["dev to qa", "qa to stage", "stage to uat", "uat to prod"],
    ),
    (
        "directories at the top",
        in_each("*/web.yaml", DEPLOYMENT, "test", "production") | {"docs/a.md": "", "base/x.yaml": ""},
        nothing_more,
        "directory",
        ["test main test", "production main production"],
        ["test to production"],
    ),
    (
        "a branch for each environment, with overlays",
        {"base/web.yaml": DEPLOYMENT, **in_each("overlays/*/kustomization.yaml", BASED, "development", "staging", "production")},
        branches("staging", "production", "feature/test-it", "promote/a-to-b"),
        "branch",
        ["development main overlays/development", "staging staging overlays/staging", "production production overlays/production"],
        ["development to staging", "staging to production"],
    ),
    (
        "branches of the remote, below env",
        {"web.yaml": DEPLOYMENT},
        of_remote("main", "env/prod", "env/stage", "env/dev"),
        "branch",
        ["dev env/dev ", "stage env/stage ", "prod env/prod "],
        ["dev to stage", "stage to prod"],
    ),
    (
        "overlays with images, production in regions",
        {"base/web.yaml": DEPLOYMENT, **in_each("overlays/*/kustomization.yaml", IMAGES, "dev", "stage", "prod-eu", "prod-us")},
        nothing_more,
        "values",
        [
            "dev main overlays/dev app=overlays/dev/kustomization.yaml",
            "stage main overlays/stage app=overlays/stage/kustomization.yaml",
            "prod-eu main overlays/prod-eu app=overlays/prod-eu/kustomization.yaml",
            "prod-us main overlays/prod-us app=overlays/prod-us/kustomization.yaml",
        ],
        ["dev to stage", "stage to production"],
    ),
    (
        "overlays of several applications",
        in_each("apps/*/overlays/prod/kustomization.yaml", IMAGES, "web", "api")
        | in_each("apps/*/overlays/staging/kustomization.yaml", IMAGES, "web", "api", "new"),
        nothing_more,
        "values",
        [
            "staging main  api=apps/api/overlays/staging/kustomization.yaml web=apps/web/overlays/staging/kustomization.yaml",
            "prod main  api=apps/api/overlays/prod/kustomization.yaml web=apps/web/overlays/prod/kustomization.yaml",
        ],
        ["staging to prod"],
    ),
    (
        "charts with a values file for each environment",
        {
            **in_each("charts/*/Chart.yaml", CHART, "web", "api"),
            **in_each("charts/*/values-dev.yaml", IMAGE, "web", "api"),
            **in_each("charts/*/values-prod.yaml", IMAGE, "web", "api"),
            "charts/web/values.yaml": "replicas: 1\n",
        },
        nothing_more,
        "values",
        [
            "dev main  api=charts/api/values-dev.yaml web=charts/web/values-dev.yaml",
            "prod main  api=charts/api/values-prod.yaml web=charts/web/values-prod.yaml",
        ],
        ["dev to prod"],
    ),
    (
        "Flux, with releases",
        in_each("clusters/*/web.yaml", RELEASE, "staging", "production"),
        nothing_more,
        "values",
        ["staging main clusters/staging web=clusters/staging/web.yaml", "production main clusters/production web=clusters/production/web.yaml"],
        ["staging to production"],
    ),
    (
        "Flux, with the applications beside the clusters",
        {
            **in_each("clusters/*/sync.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ./apps}\n", "staging", "production"),
            **in_each("apps/*/web.yaml", RELEASE, "staging", "production"),
        },
        nothing_more,
        "values",
        ["staging main clusters/staging web=apps/staging/web.yaml", "production main clusters/production web=apps/production/web.yaml"],
        ["staging to production"],
    ),
    (
        "applications that follow a branch, and values beside them",
        {
            **in_each("gitops/*/web.yaml", APPLICATION.replace("1.0.0", "main").replace("chart: web", "path: charts/web"), "staging", "production"),
            **in_each("gitops/*/values/web.yaml", IMAGE, "staging", "production"),
        },
        nothing_more,
        "values",
        ["staging main gitops/staging web=gitops/staging/values/web.yaml", "production main gitops/production web=gitops/production/values/web.yaml"],
        ["staging to production"],
    ),
    (
        "Argo CD's applications, by their files' names",
        in_each("argocd/web-*.yaml", APPLICATION, "dev", "staging", "prod"),
        nothing_more,
        "values",
        ["dev main  web=argocd/web-dev.yaml", "staging main  web=argocd/web-staging.yaml", "prod main  web=argocd/web-prod.yaml"],
        ["dev to staging", "staging to prod"],
    ),
    (
        "tags",
        {"web.yaml": DEPLOYMENT},
        tags("v1.0.0-dev", "v1.1.0-dev", "v1.0.0-stage", "v1.0.0-prod", "v2", "nightly-dev"),
        "tag",
        ["dev main  v*-dev", "stage main  v*-stage", "prod main  v*-prod"],
        ["dev to stage", "stage to prod"],
    ),
    (
        "Jenkins X",
        {"jx-requirements.yml": REQUIREMENTS},
        nothing_more,
        "repository",
        ["dev main  acme/environment-dev", "staging main  acme/environment-staging", "production main  acme/environment-production"],
        ["dev to staging", "staging to production"],
    ),
    (
        "regions",
        in_each("clusters/*/web.yaml", DEPLOYMENT, "staging", "europe", "america"),
        nothing_more,
        "directory",
        ["staging main clusters/staging", "america main clusters/america", "europe main clusters/europe"],
        ["staging to america", "staging to europe"],
    ),
]  # fmt: skip


def told(one: Environment) -> str:
    more = [f"{each.application}={each.file}" for each in one.values]
    return " ".join([one.name, one.branch, one.path, *more, *filter(None, [one.tag, one.repository])])


@pytest.mark.parametrize(
    ("files", "more", "expected"),
    [(row[1], row[2], row[3:]) for row in LAYOUTS],
    ids=[row[0] for row in LAYOUTS],
)
def test_layouts(
    bare: Desk, files: Files, more: Callable[[Desk], None], expected: tuple[str, list[str], list[str]]
) -> None:
    strategy, environments, hops = expected
    bare.begin(files)
    more(bare)
    done = bare.run("config", "init")
    assert done.status == 0, done.err
    found = parse(done.out.encode())
    assert isinstance(found, Configuration), found
    assert found.strategy == strategy
    assert [told(one) for one in found.environments] == environments
    assert [hop.name for hop in pairs(found)] == hops


def test_what_is_written_and_never_over_what_is_there(bare: Desk) -> None:
    bare.begin(in_each("environments/*/web.yaml", DEPLOYMENT, "staging", "production", "eu"))
    printed = bare.run("config", "init")
    assert not (bare.top / PATH).exists()
    done = bare.run("config", "init", "--write", str(bare.top))
    assert (done.status, done.out) == (0, "")
    assert (bare.top / PATH).read_text() == printed.out
    assert bare.run("config", "check").status == 0
    (bare.top / PATH).write_text("mine")
    again = bare.run("config", "init", "--write")
    assert again.status == 2 and "is there already" in again.err
    assert (bare.top / PATH).read_text() == "mine"
    (bare.top / PATH).unlink()
    (bare.top / PATH).symlink_to(bare.home / "elsewhere")
    assert bare.run("config", "init", "--write").status == 2
    assert not (bare.home / "elsewhere").exists()


def test_what_is_a_guess_is_said_twice(bare: Desk) -> None:
    bare.begin(in_each("environments/*/web.yaml", DEPLOYMENT, "staging", "production", "eu"))
    done = bare.run("config", "init")
    assert "lockkeeper: not sure: eu is taken for what follows production\n" in done.err
    assert "# - eu is taken for what follows production\n" in done.out
    bare.git("branch", "production")
    assert "branch main is taken for development" in bare.run("config", "init").err


def test_nothing_is_proposed_where_nothing_is_named_for_environments(bare: Desk) -> None:
    bare.begin({"web.yaml": DEPLOYMENT, "staging/README.md": ""})
    done = bare.run("config", "init", "--write")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("lockkeeper: nothing here speaks of two environments")
    assert not (bare.top / PATH).exists()


@pytest.mark.parametrize("name", ["on", "1.30", "a b: {", "-x", "null", "UPPER", "x" * 60])
def test_names_that_are_hard_to_write_do_no_harm(bare: Desk, name: str) -> None:
    bare.begin(in_each("clusters/*/web.yaml", DEPLOYMENT, "staging", "production", name))
    done = bare.run("config", "init")
    assert done.status == 0 and isinstance(parse(done.out.encode()), Configuration)


def test_the_schema_is_written_for_editors(bare: Desk) -> None:
    import json

    from tests.promotion.test_config_docs import ROOT

    done = bare.run("config", "schema")
    assert json.loads(done.out) == json.loads((ROOT / "docs/lockkeeper.schema.json").read_text())
