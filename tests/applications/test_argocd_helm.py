"""With which values, parameters and capabilities Argo CD renders a chart."""

from __future__ import annotations

import pytest

from bot.checks.applications import argocd
from bot.checks.applications.argocd_helm import set_text
from bot.checks.applications.build_environment import expanded
from bot.model.source import FileParameter, HelmOptions, Parameter, ValuesFile, ValuesText
from bot.model.tree import Tree
from tests.applications.argo import CHART, application, declaration, messages, only_source, place
from tests.applications.trees import MemoryTree

FILES = {
    "charts/web/Chart.yaml": CHART,
    "charts/web/values-prod.yaml": "",
    "charts/web/key.pem": "",
    "envs/base.yaml": "",
    "envs/prod.yaml": "",
    "envs/z.yaml": "",
    "envs/nested/c.yaml": "",
    "envs/nested/a/x.yaml": "",
    "web/values.yaml": "",
}


def options(helm: str, destination: str = "{}") -> HelmOptions:
    spec = f"source: {{repoURL: HERE, path: charts/web, helm: {{{helm}}}}}\ndestination: {destination}"
    return only_source(spec, place(FILES)).helm


def refused(helm: str) -> list[str]:
    return messages([application(f"source: {{repoURL: HERE, path: charts/web, helm: {{{helm}}}}}", place(FILES))])


def paths(helm: str) -> list[str]:
    return [one.path for one in options(helm).values if isinstance(one, ValuesFile)]


TABLE = [
    ("defaults", "", "{}", HelmOptions("web", "default")),
    ("the destination's namespace", "", "{namespace: shop}", HelmOptions("web", "shop")),
    ("a namespace of its own", "namespace: own", "{namespace: shop}", HelmOptions("web", "own")),
    ("a release name", "releaseName: shop", "{}", HelmOptions("shop")),
    ("no CRDs", "skipCrds: true", "{}", HelmOptions("web", crds=False)),
    ("no tests", "skipTests: true", "{}", HelmOptions("web", tests=False)),
    ("what it does not matter offline", "passCredentials: true, version: v3", "{}", HelmOptions("web")),
    (
        "capabilities",
        "kubeVersion: '1.30', apiVersions: [a/v1, b/v1]",
        "{}",
        HelmOptions("web", kube_version="1.30", api_versions=("a/v1", "b/v1")),
    ),
    (
        "values as text",
        "values: 'a: 1'",
        "{}",
        HelmOptions("web", values=(ValuesText("a: 1"),)),
    ),
    (
        "an object wins over text",
        "values: 'a: 1', valuesObject: {a: {b: ü}}",
        "{}",
        HelmOptions("web", values=(ValuesText('{"a": {"b": "ü"}}'),)),
    ),
    (
        "files, then text, then parameters, forced strings last",
        "parameters: [{name: a, value: b, forceString: true}, {name: c, value: d}], values: 'e: 1', "
        "valueFiles: [values-prod.yaml]",
        "{}",
        HelmOptions(
            "web",
            values=(
                ValuesFile("charts/web/values-prod.yaml"),
                ValuesText("e: 1"),
                Parameter("c", "d"),
                Parameter("a", "b", text=True),
            ),
        ),
    ),
    (
        "of equal names the last counts",
        "parameters: [{name: a, value: one}, {name: b, value: two}, {name: a, value: three}]",
        "{}",
        HelmOptions("web", values=(Parameter("b", "two"), Parameter("a", "three"))),
    ),
    (
        "files as values",
        "fileParameters: [{name: tls.key, path: key.pem}]",
        "{}",
        HelmOptions("web", values=(FileParameter("tls.key", "charts/web/key.pem"),)),
    ),
    (
        "the build environment in parameters",
        "parameters: [{name: a, value: '$ARGOCD_APP_NAME in ${ARGOCD_APP_NAMESPACE} of $UNKNOWN.'}]",
        "{namespace: shop}",
        HelmOptions("web", "shop", values=(Parameter("a", "web in shop of ."),)),
    ),
]


@pytest.mark.parametrize(("helm", "destination", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_options(helm: str, destination: str, expected: HelmOptions) -> None:
    assert options(helm, destination) == expected


VALUES_FILES = [
    ("beside the chart", "[values-prod.yaml]", ["charts/web/values-prod.yaml"]),
    ("above it", "[../../envs/prod.yaml]", ["envs/prod.yaml"]),
    ("from the top", "[/envs/prod.yaml]", ["envs/prod.yaml"]),
    ("with the name of the application", "[/$ARGOCD_APP_NAME/values.yaml]", ["web/values.yaml"]),
    ("a pattern, in order of names", "[/envs/*.yaml]", ["envs/base.yaml", "envs/prod.yaml", "envs/z.yaml"]),
    (
        "files of a directory before those below it",
        "[/envs/**/*.yaml]",
        ["envs/base.yaml", "envs/prod.yaml", "envs/z.yaml", "envs/nested/c.yaml", "envs/nested/a/x.yaml"],
    ),
    (
        "what is named keeps its own place",
        "[/envs/*.yaml, /envs/base.yaml]",
        ["envs/prod.yaml", "envs/z.yaml", "envs/base.yaml"],
    ),
    (
        "what two patterns name comes once",
        "[/envs/p*.yaml, /envs/*.yaml]",
        ["envs/prod.yaml", "envs/base.yaml", "envs/z.yaml"],
    ),
]


@pytest.mark.parametrize(("files", "expected"), [row[1:] for row in VALUES_FILES], ids=[row[0] for row in VALUES_FILES])
def test_values_files(files: str, expected: list[str]) -> None:
    assert paths(f"valueFiles: {files}") == expected


def test_values_files_that_may_be_missing() -> None:
    helm = "valueFiles: [values-prod.yaml, gone.yaml, none/*.yaml], ignoreMissingValueFiles: true"
    assert options(helm).values == (
        ValuesFile("charts/web/values-prod.yaml", optional=True),
        ValuesFile("charts/web/gone.yaml", optional=True),
    )


def test_a_pattern_decides_what_is_read_of_the_tree() -> None:
    spec = "source: {repoURL: HERE, path: charts/web, helm: {valueFiles: [/envs/*.yaml, values-prod.yaml]}}"
    assert argocd.reads(declaration(spec), place(FILES)) == ("envs/*.yaml",)


REFUSED = [
    (
        "a file that is not there",
        "valueFiles: [gone.yaml]",
        "not rendered: the values file `charts/web/gone.yaml` does not exist",
    ),
    (
        "a pattern that names nothing",
        "valueFiles: [none/*.yaml]",
        "not rendered: the values files `none/*.yaml` match no file",
    ),
    (
        "a file to be fetched",
        "valueFiles: ['https://example.com/values.yaml']",
        "not rendered: the values file `https://example.com/values.yaml` would be fetched",
    ),
    (
        "out of the repository",
        "valueFiles: [../../../values.yaml]",
        "not rendered: `../../../values.yaml` names no file of the repository",
    ),
    (
        "a parameter's file that is not there",
        "fileParameters: [{name: a, path: gone.pem}]",
        "not rendered: the values file `charts/web/gone.pem` does not exist",
    ),
]


@pytest.mark.parametrize(("helm", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(helm: str, expected: str) -> None:
    assert refused(helm) == [expected]


def test_values_of_another_source_of_this_repository() -> None:
    spec = """
        sources:
        - repoURL: HERE
          path: charts/web
          helm:
            valueFiles: [$v/envs/prod.yaml, $v/envs/n*/*.yaml, $ARGOCD_APP_NAME.yaml]
            ignoreMissingValueFiles: true
        - {repoURL: HERE, ref: v}
    """
    (source,) = application(spec, place(FILES)).sources
    assert [one.path for one in source.helm.values if isinstance(one, ValuesFile)] == [
        "envs/prod.yaml",
        "envs/nested/c.yaml",
        "charts/web/web.yaml",
    ]


def test_values_of_another_tree_come_as_text_in_their_place() -> None:
    trees: dict[tuple[str, str], Tree] = {("acme/values", "HEAD"): MemoryTree({"prod.yaml": "a: 1\n"})}
    spec = """
        sources:
        - {repoURL: HERE, path: charts/web, helm: {valueFiles: [values-prod.yaml, $v/prod.yaml, /envs/z.yaml]}}
        - {repoURL: 'https://github.com/acme/values', ref: v}
    """
    where = place(FILES, others=("acme/values",), trees=lambda *key: trees.get(key))
    found = application(spec, where)
    assert found.problems == ()
    assert found.sources[0].helm.values == (
        ValuesFile("charts/web/values-prod.yaml"),
        ValuesText("a: 1\n"),
        ValuesFile("envs/z.yaml"),
    )
    unread = application(spec, place(FILES, others=("acme/values",)))
    assert messages([unread]) == ["`spec.sources[0]`: not rendered: the values file `prod.yaml` lies out of reach"]
    refused = application(spec, place(FILES))
    assert messages([refused]) == [
        "`spec.sources[0]`: not rendered: the values file `$v/prod.yaml` is out of reach: "
        "its repository `https://github.com/acme/values` is neither this one nor configured"
    ]


def test_the_commit_that_will_be_deployed_is_not_known_yet() -> None:
    spec = (
        "source: {repoURL: HERE, path: charts/web, helm: {parameters: [{name: a, value: $ARGOCD_APP_REVISION_SHORT}]}}"
    )
    found = application(spec, place(FILES))
    assert found.sources[0].helm.values == (Parameter("a", "0000000"),)
    assert found.notes == ("`$ARGOCD_APP_REVISION` is the commit that will be deployed: zeros stand for it here",)


@pytest.mark.parametrize(
    ("value", "expected"), [("a,b", "a\\,b"), ("a\\,b", "a\\,b"), ("{a,b}", "{a,b}"), ("a", "a"), (",,", "\\,\\,")]
)
def test_commas_divide_nothing(value: str, expected: str) -> None:
    assert set_text(value) == expected


EXPANDED = [
    ("$A", "1"),
    ("${A}", "1"),
    ("$A_B", ""),
    ("$A.B", "1.B"),
    ("$$A", "$A"),
    ("$", "$"),
    ("a$", "a$"),
    ("$ A", "$ A"),
    ("${", ""),
    ("${}", ""),
    ("${A", "A"),
    ("$1A", "A"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), EXPANDED)
def test_variables_are_filled_in_as_go_does(text: str, expected: str) -> None:
    assert expanded(text, {"A": "1"}) == expected
