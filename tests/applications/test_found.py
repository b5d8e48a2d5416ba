"""What is found to render for an environment, layout by layout."""

from __future__ import annotations

import pytest

from bot.checks.applications.environments import environments
from bot.checks.applications.found import applications
from bot.checks.applications.words import called, canonical, spoken_of, values_files
from bot.model.environment import ApplicationRule, Environment
from bot.model.source import Application, Parameter, ValuesFile
from tests.applications.trees import MemoryTree

BASE = "resources: [deployment.yaml]\n"
OVER = "resources: [../../base]\n"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"

LAYOUTS: dict[str, tuple[dict[str, str], Environment, dict[str, tuple[str, str]]]] = {
    "a kustomization": (
        {"overlays/prod/kustomization.yaml": OVER, "base/kustomization.yaml": BASE},
        Environment("production", "main", "overlays/prod"),
        {"": ("kustomize", "overlays/prod")},
    ),
    "a directory of manifests": (
        {"prod/a.yaml": MANIFEST, "prod/deep/b.yaml": MANIFEST},
        Environment("production", "main", "prod"),
        {"": ("plain", "prod")},
    ),
    "a chart": (
        {"chart/Chart.yaml": CHART, "chart/templates/a.yaml": MANIFEST, "chart/values-prod.yaml": "a: 1\n"},
        Environment("production", "main", "chart"),
        {"": ("helm", "chart")},
    ),
    "overlays of several applications, each its environment's": (
        {
            **{f"apps/{app}/base/kustomization.yaml": BASE for app in ("web", "api")},
            **{
                f"apps/{app}/overlays/{env}/kustomization.yaml": OVER
                for app in ("web", "api")
                for env in ("dev", "prod")
            },
        },
        Environment("production", "main", "apps"),
        {"web": ("kustomize", "apps/web/overlays/prod"), "api": ("kustomize", "apps/api/overlays/prod")},
    ),
    "kustomizations, a chart and manifests side by side": (
        {
            "prod/web/kustomization.yaml": "resources: [a.yaml]\n",
            "prod/web/a.yaml": MANIFEST,
            "prod/redis/Chart.yaml": CHART,
            "prod/redis/templates/a.yaml": MANIFEST,
            "prod/namespaces/a.yaml": MANIFEST,
        },
        Environment("production", "main", "prod"),
        {
            "web": ("kustomize", "prod/web"),
            "redis": ("helm", "prod/redis"),
            "namespaces": ("plain", "prod/namespaces"),
        },
    ),
    "a component is nothing by itself": (
        {
            "prod/web/kustomization.yaml": "resources: [a.yaml]\ncomponents: [../parts]\n",
            "prod/web/a.yaml": MANIFEST,
            "prod/parts/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
            "prod/unused/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
        },
        Environment("production", "main", "prod"),
        {"web": ("kustomize", "prod/web")},
    ),
    "nothing at the path": ({"a.yaml": MANIFEST}, Environment("production", "main", "prod"), {}),
    "a pattern of the configuration": (
        {f"apps/{app}/{env}/a.yaml": MANIFEST for app in ("web", "api") for env in ("dev", "prod")},
        Environment("production", "main", applications=(ApplicationRule("apps/*/prod"),)),
        {"apps/web": ("plain", "apps/web/prod"), "apps/api": ("plain", "apps/api/prod")},
    ),
    "names that two would bear are told apart by their path": (
        {"prod/k8s/web/kustomization.yaml": "", "prod/helm/web/kustomization.yaml": ""},
        Environment("production", "main", "prod"),
        {"prod/k8s/web": ("kustomize", "prod/k8s/web"), "prod/helm/web": ("kustomize", "prod/helm/web")},
    ),
}


def shape(found: tuple[Application, ...]) -> dict[str, tuple[str, str]]:
    """Return engine and path by name."""
    return {one.name: (one.sources[0].engine, one.sources[0].path) for one in found}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_found(layout: str) -> None:
    files, environment, expected = LAYOUTS[layout]
    found = applications(environment, MemoryTree(files), ("development", "staging"))
    assert shape(found) == expected


def test_the_values_files_of_an_environment_go_with_its_chart() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "a: 1\n",
        "web/values-dev.yaml": "a: 2\n",
        "web/values-prod.yaml": "a: 3\n",
        "web/environments/production/values.yaml": "a: 4\n",
        "web/environments/staging/values.yaml": "a: 5\n",
    }
    (found,) = applications(Environment("production", "main", "web"), MemoryTree(files))
    values = found.sources[0].helm.values
    assert values == (ValuesFile("web/environments/production/values.yaml"), ValuesFile("web/values-prod.yaml"))
    assert found.sources[0].helm.release == "web"


def test_configured_values_and_parameters_replace_what_would_be_found() -> None:
    rule = ApplicationRule(
        "web",
        name="shop",
        namespace="shop",
        values=("values-eu.yaml", "/common/values.yaml"),
        parameters=(("image.tag", "1.4.2"),),
    )
    files = {"web/Chart.yaml": CHART, "web/values-prod.yaml": "", "web/values-eu.yaml": "", "common/values.yaml": ""}
    (found,) = applications(Environment("production", "main", applications=(rule,)), MemoryTree(files))
    helm = found.sources[0].helm
    assert (found.name, helm.release, helm.namespace) == ("shop", "shop", "shop")
    assert helm.values == (
        ValuesFile("web/values-eu.yaml"),
        ValuesFile("common/values.yaml"),
        Parameter("image.tag", "1.4.2"),
    )


def test_a_pattern_that_matches_nothing_is_a_problem_and_no_silence() -> None:
    rules = (ApplicationRule("apps/*/prod"),)
    (found,) = applications(Environment("production", "main", applications=rules), MemoryTree({"a.yaml": MANIFEST}))
    assert found.problems[0].message == "there is no directory apps/*/prod here"


@pytest.mark.parametrize(
    ("path", "known", "expected"),
    [
        ("overlays/prod", (), "production"),
        ("overlays/prd", ("production",), "production"),
        ("overlays/prod", ("prod",), "prod"),
        ("apps/web/staging", (), "staging"),
        ("environments/dev/web", (), "development"),
        ("clusters/eu-prod", (), "production"),
        ("prod/dev", (), "development"),
        ("clusters/eu", (), None),
        ("clusters/eu", ("eu",), "eu"),
        ("product", (), None),
        ("", (), None),
    ],
)
def test_which_environment_a_path_speaks_of(path: str, known: tuple[str, ...], expected: str | None) -> None:
    assert spoken_of(path, known) == expected


@pytest.mark.parametrize(
    ("environment", "path", "expected"),
    [
        ("production", "values-prod.yaml", True),
        ("production", "values.production.yml", True),
        ("production", "prod/values.yaml", True),
        ("production", "values/production.yaml", True),
        ("production", "production-values.yaml", True),
        ("production", "values.yaml", False),
        ("production", "values-preprod.yaml", False),
        ("production", "values-dev.yaml", False),
        ("eu", "values-eu.yaml", True),
        ("staging", "stage.yaml", True),
    ],
)
def test_which_values_files_are_meant(environment: str, path: str, expected: bool) -> None:
    assert bool(values_files(environment, [path])) is expected


@pytest.mark.parametrize(
    ("path", "top", "environment", "expected"),
    [
        ("apps/web/overlays/prod", "apps", "production", "web"),
        ("clusters/prod/web", "clusters/prod", "production", "web"),
        ("apps/web", "", "production", "apps/web"),
        ("overlays/prod", "overlays", "production", "prod"),
    ],
)
def test_what_people_call_it(path: str, top: str, environment: str, expected: str) -> None:
    assert called(path, top, environment) == expected
    assert canonical("PRD") == "production"


UNCONFIGURED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "overlays": (
        {"base/kustomization.yaml": BASE}
        | {f"overlays/{env}/kustomization.yaml": OVER for env in ("dev", "staging", "prod")},
        {"development": "overlays/dev", "production": "overlays/prod", "staging": "overlays/staging"},
    ),
    "overlays of several applications": (
        {f"apps/{app}/overlays/{env}/kustomization.yaml": "" for app in ("web", "api") for env in ("dev", "prod")},
        {"development": "apps", "production": "apps"},
    ),
    "clusters that nobody knows the name of": (
        {f"clusters/{one}/a.yaml": MANIFEST for one in ("eu", "us")},
        {"clusters/eu": "clusters/eu", "clusters/us": "clusters/us"},
    ),
    "one kustomization": ({"deploy/kustomization.yaml": ""}, {"repository": "deploy"}),
    "one chart": ({"Chart.yaml": CHART}, {"repository": ""}),
    "a cluster repository of Jenkins X": (
        {
            "jx-requirements.yml": (
                "apiVersion: core.jenkins-x.io/v4beta1\nkind: Requirements\nspec:\n  environments:\n"
                "  - {key: dev}\n  - {key: staging}\n  - {key: production, remoteCluster: true, repository: prod}\n"
            ),
            "helmfile.yaml": "releases: []\n",
            "config-root/cluster/a.yaml": MANIFEST,
            "config-root/namespaces/jx/a.yaml": MANIFEST,
            "config-root/namespaces/jx-staging/web/a.yaml": MANIFEST,
        },
        {
            "dev": "config-root/namespaces/jx",
            "repository": "config-root",
            "staging": "config-root/namespaces/jx-staging",
        },
    ),
    "nothing": ({"README.md": "hello", ".github/workflows/a.yaml": MANIFEST, "src/x.yaml": MANIFEST}, {}),
    "many overlays without names": (
        {f"overlays/app-{number:03}/kustomization.yaml": "" for number in range(30)},
        {"repository": "overlays"},
    ),
}


@pytest.mark.parametrize("layout", UNCONFIGURED)
def test_the_environments_of_a_repository_without_configuration(layout: str) -> None:
    files, expected = UNCONFIGURED[layout]
    found = environments(MemoryTree(files), "main")
    assert {one.name: one.path for one in found} == expected
    tree = MemoryTree(files)
    for one in found:
        assert applications(one, tree, [other.name for other in found if other != one]), one.name
