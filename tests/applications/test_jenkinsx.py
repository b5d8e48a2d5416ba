"""Are the environments and applications of Jenkins X read as it means them?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.applications import jenkinsx
from bot.checks.applications.jenkinsx import JenkinsEnvironment, Requirements
from bot.model.source import Application, HelmOptions, PlainOptions, Source, ValuesText
from tests.applications.trees import MemoryTree

V3 = """
apiVersion: core.jenkins-x.io/v4beta1
kind: Requirements
spec:
  cluster: {environmentGitOwner: acme, gitServer: "https://github.com"}
  environments:
  - key: dev
    repository: environment-dev
  - key: staging
    promotionStrategy: Auto
    namespace: shop-staging
  - key: production
    owner: ops
    repository: environment-production
    gitServer: https://git.example.com
    promotionStrategy: Manual
    remoteCluster: true
"""
V2 = """
cluster: {environmentGitOwner: acme}
environments:
- {key: staging, repository: environment-staging}
"""
GITHUB = "https://github.com"


def test_environments_of_jenkins_x_3() -> None:
    assert jenkinsx.environments(MemoryTree({"jx-requirements.yml": V3})) == Requirements(
        "jx-requirements.yml",
        (
            JenkinsEnvironment("dev", "jx", "", "acme", "environment-dev", GITHUB, False, 7),
            JenkinsEnvironment("staging", "shop-staging", "Auto", "", "", GITHUB, False, 9),
            JenkinsEnvironment(
                "production", "jx-production", "Manual", "ops", "environment-production", "https://git.example.com",
                True, 12,
            ),
        ),
    )  # fmt: skip


def test_environments_of_jenkins_x_2() -> None:
    found = jenkinsx.environments(MemoryTree({"jx-requirements.yaml": V2}))
    expected = JenkinsEnvironment("staging", "jx-staging", "", "acme", "environment-staging", "", False, 4)
    assert found == Requirements("jx-requirements.yaml", (expected,))


def test_no_requirements() -> None:
    assert jenkinsx.environments(MemoryTree({"a": ""})) is None


MISTAKES = [
    ("a: 1\na: 2", "the key 'a' stands twice in one mapping", 2),
    ("- a", "it says nothing of environments", None),
    ("environments:\n- {key: a, promotionStrategy: Soon}",
     "promotionStrategy Soon of a is none of Auto, Manual, Never", 2),
    ("environments:\n- {name: a}", "an environment has no key", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "line"), MISTAKES)
def test_mistakes_are_told(text: str, words: str, line: int | None) -> None:
    found = jenkinsx.environments(MemoryTree({"jx-requirements.yml": text}))
    assert found is not None
    (problem,) = found.problems
    assert words in problem.message and (problem.path, problem.line) == ("jx-requirements.yml", line)


def test_committed_manifests_win_over_the_helmfile() -> None:
    files = {
        "helmfile.yaml": "releases: [{name: x, chart: ./x}]",
        "config-root/customresourcedefinitions/crd.yaml": "",
        "config-root/cluster/namespaces/jx.yaml": "",
        "config-root/namespaces/jx/web/deployment.yaml": "",
        "config-root/namespaces/jx/web/deep/er.yaml": "",
        "config-root/namespaces/shop/quota.yaml": "",
        "config-root/namespaces/shop/db/db.yaml": "",
    }
    found = jenkinsx.applications(MemoryTree(files), "")
    root, before = "config-root/namespaces", ("customresourcedefinitions", "cluster")
    assert [(one.name, one.sources[0], one.after) for one in found] == [
        ("customresourcedefinitions", Source("config-root/customresourcedefinitions", "plain"), ()),
        ("cluster", Source("config-root/cluster", "plain"), before[:1]),
        ("jx/web", Source(f"{root}/jx/web", "plain"), before),
        ("shop", Source(f"{root}/shop", "plain", plain=PlainOptions(recurse=False)), before),
        ("shop/db", Source(f"{root}/shop/db", "plain"), before),
    ]
    assert {one.declared_as for one in found} == {"Jenkins X"}


def test_a_config_root_of_another_layout_is_one() -> None:
    (found,) = jenkinsx.applications(MemoryTree({"env/config-root/a.yaml": ""}), "env")
    assert found == Application("", (Source("env/config-root", "plain"),), "Jenkins X", "env/config-root")


CHART = {
    "jenkins-x.yml": "pipelineConfig: {env: [{name: DEPLOY_NAMESPACE, value: jx-staging}]}",
    "env/Chart.yaml": "name: env\n",
    "env/values.yaml": "a: 1",
    "env/requirements.yaml": "dependencies:\n- {name: web, version: 1.2.3, repository: 'https://charts.example.com'}\n",
    "env/charts/web-1.2.3.tgz": "",
}


def test_the_chart_of_jenkins_x_2() -> None:
    (found,) = jenkinsx.applications(MemoryTree(CHART), "")
    assert found == Application(
        "", (Source("env", "helm", HelmOptions("jx-staging", "jx-staging")),), "Jenkins X", "env"
    )


def test_values_in_directories_are_those_of_the_applications() -> None:
    files = {
        **CHART,
        "env/web/values.yaml": "b: 2",
        "env/web/sub/values.yaml": "c: 3",
        "env/templates/values.yaml": "d",
    }
    (found,) = jenkinsx.applications(MemoryTree(files), "")
    texts = [json.loads(one.text) for one in found.sources[0].helm.values if isinstance(one, ValuesText)]
    assert texts == [{"web": {"sub": {"c": 3}}}, {"web": {"b": 2}}]


def test_charts_that_are_not_vendored() -> None:
    files = {key: value for key, value in CHART.items() if not key.endswith(".tgz")}
    (found,) = jenkinsx.applications(MemoryTree(files), "")
    (problem,) = found.problems
    assert found.sources == () and problem.remote and problem.path == "env/requirements.yaml"
    assert problem.message == "not rendered: remote chart web 1.2.3; Lockkeeper renders offline"
    assert problem.how == "vendor it: helm dependency build env, and commit env/charts/"


def test_a_template_of_values_is_told() -> None:
    (found,) = jenkinsx.applications(MemoryTree({**CHART, "env/values.tmpl.yaml": ""}), "")
    assert found.problems[0].message == "not rendered: only jx carries out values.tmpl.yaml, a template of its own"


@pytest.mark.parametrize("files", [{}, {"env/Chart.yaml": "", "README.md": ""}, {"a.yaml": ""}])
def test_anything_else_is_no_environment_of_jenkins_x(files: dict[str, str]) -> None:
    assert jenkinsx.applications(MemoryTree(files), "") == ()


names = st.sampled_from(
    ["jx-requirements.yml", "jenkins-x.yml", "env/Chart.yaml", "env/requirements.yaml", "env/web/values.yaml",
     "helmfile.yaml", "helmfile.yaml.gotmpl", "values.yaml.gotmpl", "config-root/namespaces/a/b/c.yaml"]
)  # fmt: skip
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "environments",
                    "releases",
                    "spec",
                    "key",
                    "name",
                    "chart",
                    "values",
                    "bases",
                    "helmfiles",
                    "path",
                    "set",
                ]
            )
            | st.text(max_size=3),
            below,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(names, values.map(json.dumps) | st.text(max_size=20) | st.binary(max_size=8)))
def test_hostile_files_never_raise(files: dict[str, str | bytes]) -> None:
    tree = MemoryTree(files)
    jenkinsx.environments(tree)
    for environment in ("", "prod"):
        jenkinsx.applications(tree, "", environment)
