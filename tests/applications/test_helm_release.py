"""Does a Flux HelmRelease become the chart, name and values that Flux would install?"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from bot.checks.applications import flux
from bot.checks.applications.place import Place
from bot.model.manifest import Resource
from bot.model.source import Application, HelmOptions, Parameter, Source, ValuesText
from tests.applications.flux_place import GIT, place

FILES = {
    "charts/web/Chart.yaml": "name: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "a: {b: 1, c: 2}\nlist: [1]\n",
    "charts/web/prod.yaml": "a: {b: 9}\nlist: [2, 3]\n",
    "charts/web/bad.yaml": "a: [\n",
}
CHART = "chart: {spec: {chart: ./charts/web, reconcileStrategy: Revision, sourceRef: {kind: GitRepository, name: shop, namespace: flux-system}}}"  # noqa: E501
OPTIONS = HelmOptions("web", "team", tests=False)


def release(spec: str = "", where: Place | None = None, chart: str = CHART) -> Application:
    """Return what a HelmRelease team/web declares, with more in its spec (flow style, without braces)."""
    body = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": "team"},
        "spec": yaml.safe_load(f"{{{', '.join(one for one in (chart, spec) if one)}}}"),
    }
    (found,) = flux.applications(Resource(body, "apps/web.yaml", 5), where or place(files=FILES))
    return found


def options(spec: str, where: Place | None = None) -> HelmOptions:
    """Return how the chart is rendered; nothing may be wrong with it."""
    found = release(spec, where)
    assert not found.problems
    return found.sources[0].helm


def test_a_chart_of_this_repository() -> None:
    assert release() == Application(
        "team/web", (Source("charts/web", "helm", OPTIONS),), "Flux HelmRelease", "apps/web.yaml", 5
    )


NAMES = [
    ("", ("web", "team")),
    ("releaseName: own", ("own", "team")),
    ("targetNamespace: shop", ("shop-web", "shop")),
    ("targetNamespace: shop, releaseName: own, storageNamespace: x", ("own", "shop")),
]


@pytest.mark.parametrize(("spec", "expected"), NAMES)
def test_names(spec: str, expected: tuple[str, str]) -> None:
    found = options(spec)
    assert (found.release, found.namespace) == expected


def test_a_long_name_is_shortened() -> None:
    """Helm takes 53 characters: 40 of the name, and 12 of its SHA-256, as documented for this very name."""
    name = "a-very-lengthy-target-namespace-with-a-nice-object-name"
    assert options(f"releaseName: {name}").release == "a-very-lengthy-target-namespace-with-a-n-97af5d7f41f3"


SWITCHES = [
    ("install: {crds: Skip}", {"crds": False}),
    ("install: {crds: CreateReplace}", {}),
    ("install: {skipCRDs: true}", {"crds": False}),
    ("install: {disableHooks: true}", {"hooks": False}),
    ("test: {enable: true}", {"tests": True}),
]


@pytest.mark.parametrize(("spec", "expected"), SWITCHES)
def test_switches(spec: str, expected: dict[str, bool]) -> None:
    found = options(spec)
    assert {"crds": found.crds, "hooks": found.hooks, "tests": found.tests} == {
        "crds": True, "hooks": True, "tests": False, **expected,
    }  # fmt: skip


VALUES = f"""{GIT}---
apiVersion: v1
kind: ConfigMap
metadata: {{name: base, namespace: team}}
data: {{values.yaml: "a: 1\\nb: {{c: x}}\\n", one: "1,2", quoted: "'5'", bad: "a: ["}}
---
apiVersion: v1
kind: Secret
metadata: {{name: keys, namespace: team}}
stringData: {{values.yaml: "user: admin\\nport: 5432\\non: true\\n", word: hunter2}}
"""


def values(spec: str) -> Any:
    """Return the layers of values: mappings for texts, tuples for single ones."""
    found = options(spec, place(VALUES, FILES)).values
    return [json.loads(one.text) if isinstance(one, ValuesText) else one for one in found]


def test_values_are_laid_over_what_they_come_from() -> None:
    found = values("values: {a: 2}, valuesFrom: [{kind: ConfigMap, name: base}]")
    assert found == [{"a": 1, "b": {"c": "x"}}, {"a": 2}]


PATHS = [
    ("{kind: ConfigMap, name: base, valuesKey: one, targetPath: x.y}", Parameter("x.y", "1,2")),
    ("{kind: ConfigMap, name: base, valuesKey: quoted, targetPath: x}", Parameter("x", "5", True)),
    ("{kind: ConfigMap, name: base, valuesKey: one, targetPath: x, literal: true}", Parameter("x", "1\\,2", True)),
]


@pytest.mark.parametrize(("reference", "expected"), PATHS)
def test_a_value_by_its_path_wins_over_all(reference: str, expected: Parameter) -> None:
    assert values(f"valuesFrom: [{reference}], values: {{x: 1}}") == [{"x": 1}, expected]


def test_values_of_secrets_count_and_never_show() -> None:
    references = "{kind: Secret, name: keys}, {kind: Secret, name: keys, valuesKey: word, targetPath: p}"
    found = release(f"valuesFrom: [{references}]", place(VALUES, FILES))
    assert not any(word in str(found) for word in ("admin", "5432", "hunter2"))
    document, single = found.sources[0].helm.values
    assert isinstance(document, ValuesText) and isinstance(single, Parameter)
    given = json.loads(document.text)
    assert list(given) == ["user", "port", "true"] or list(given) == ["user", "port", "on"]
    assert given["user"].startswith("secret") and 1000 <= given["port"] <= 9999
    assert single.name == "p" and single.value.startswith("secret")
    assert found.notes == ("values from Secret keys are replaced by words that stand for them",) * 2


MISSING = [
    ("{kind: ConfigMap, name: none}", "ConfigMap team/none is not among what this environment holds"),
    ("{kind: ConfigMap, name: base, valuesKey: none}", "ConfigMap base has no key none"),
]


@pytest.mark.parametrize(("reference", "words"), MISSING)
def test_values_that_are_not_here(reference: str, words: str) -> None:
    found = release(f"valuesFrom: [{reference}]", place(VALUES, FILES))
    (problem,) = found.problems
    assert problem.message == f"not rendered in full: {words}; the chart is rendered without"
    assert problem.remote and len(found.sources) == 1
    found = release(f"valuesFrom: [{reference[:-1]}, optional: true}}]", place(VALUES, FILES))
    assert (found.problems, found.notes) == ((), (f"{words}; it is optional",))


def test_values_that_are_no_yaml() -> None:
    found = release("valuesFrom: [{kind: ConfigMap, name: base, valuesKey: bad}]", place(VALUES, FILES))
    assert found.problems[0].message.startswith(
        "not rendered in full: the values of ConfigMap base.bad: not valid YAML"
    )


def chart(spec: str) -> str:
    return CHART.replace("reconcileStrategy: Revision", f"reconcileStrategy: Revision, {spec}")


def test_values_files_replace_those_of_the_chart() -> None:
    found = release(chart=chart("valuesFile: charts/web/values.yaml, valuesFiles: [./charts/web/prod.yaml]"))
    ((path, text),) = found.sources[0].overrides
    assert (path, json.loads(text)) == ("charts/web/values.yaml", {"a": {"b": 9, "c": 2}, "list": [2, 3]})


def test_values_files_that_are_missing_or_broken() -> None:
    (problem,) = release(chart=chart("valuesFiles: [none.yaml]")).problems
    assert problem.message == "not rendered: its values file none.yaml does not exist"
    found = release(chart=chart("valuesFiles: [none.yaml], ignoreMissingValuesFiles: true"))
    assert found.problems == () and found.sources[0].overrides == (("charts/web/values.yaml", "{}"),)
    (problem,) = release(chart=chart("valuesFiles: [charts/web/bad.yaml]")).problems
    assert (problem.path, problem.line) == ("charts/web/bad.yaml", 2)


SOURCES = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: stable, namespace: team}
spec: {url: "https://charts.example.com"}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: oci, namespace: team}
spec: {url: "oci://registry.example.com/web"}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: local, namespace: flux-system}
spec: {chart: charts/web, reconcileStrategy: Revision, sourceRef: {kind: GitRepository, name: shop}}
"""
REMOTE = [
    ("chart: {spec: {chart: web, version: 6.x, sourceRef: {kind: HelmRepository, name: stable}}}",
     "web 6.x of https://charts.example.com"),
    ("chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: unknown}}}", "web"),
    ("chartRef: {kind: OCIRepository, name: oci}", "oci://registry.example.com/web"),
    ("chartRef: {kind: OCIRepository, name: unknown}", "of OCIRepository unknown"),
    ("chart: {kind: OCIRepository, spec: {url: 'oci://registry.example.com/x'}}", "oci://registry.example.com/x"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), REMOTE)
def test_remote_charts_are_not_rendered(given: str, words: str) -> None:
    found = release("postRenderers: [{}], valuesFrom: [{}]", place(f"{GIT}---{SOURCES}", FILES), given)
    (problem,) = found.problems
    assert problem.message == f"not rendered: remote chart {words}; Lockkeeper renders offline"
    assert problem.remote and problem.how and (problem.path, problem.line) == ("apps/web.yaml", 5)


def test_a_chart_by_reference() -> None:
    where = place(f"{GIT}---{SOURCES}", FILES)
    found = release("", where, "chartRef: {kind: HelmChart, name: local, namespace: flux-system}")
    assert found.sources == (Source("charts/web", "helm", OPTIONS),)


def test_a_chart_that_an_artifact_holds() -> None:
    generator = """---
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: charts, namespace: team}
spec:
  sources: [{alias: repo, kind: GitRepository, name: shop, namespace: flux-system}]
  artifacts: [{name: web, copy: [{from: "@repo/charts/web/**", to: "@artifact/"}]}]
"""
    found = release("", place(f"{GIT}{generator}", FILES), "chartRef: {kind: ExternalArtifact, name: web}")
    assert found.sources == (Source("charts/web", "helm", OPTIONS),)


MISTAKES = [
    ("", "not rendered: it says no chart (chart.spec.chart, or chartRef)", ""),
    ("chartRef: {kind: HelmChart, name: x}", "not rendered: HelmChart x is not among what this environment holds", ""),
    (CHART.replace("charts/web", "charts/wep"), "not rendered: there is no chart in charts/wep",
     "did you mean charts/web?"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message", "how"), MISTAKES)
def test_mistakes(given: str, message: str, how: str) -> None:
    found = release("interval: 1m", chart=given)
    assert [(one.message, one.how) for one in found.problems] == [(message, how)]
    assert found.sources == ()


def test_post_renderers_are_said_not_to_be_applied() -> None:
    found = release("postRenderers: [{kustomize: {images: []}}]")
    assert len(found.sources) == 1
    assert found.problems[0].message == (
        "not rendered in full: its post-renderers are not applied; patches and images of them do not show"
    )


def test_notes_and_dependencies() -> None:
    found = release("suspend: true, dependsOn: [{name: db}]", chart=CHART.replace("reconcileStrategy: Revision, ", ""))
    assert found.after == ("team/db",)
    assert found.notes == (
        "Flux takes changes of the chart up only with a new version in its Chart.yaml",
        "suspended: Flux applies no change until it is resumed",
    )


def test_a_chart_of_another_repository_is_looked_at_where_it_can_be() -> None:
    there = GIT.replace("acme/shop", "acme/charts")
    seen = place(there, {}, others=("acme/charts",), trees=lambda repository, revision: place(files=FILES).tree)
    given = chart("valuesFiles: [charts/web/prod.yaml]")
    (source,) = release("", seen, given).sources
    assert (source.repository, source.revision, source.overrides[0][0]) == (
        "acme/charts",
        "main",
        "charts/web/values.yaml",
    )
    unseen = place(there, {}, others=("acme/charts",))
    assert release("", unseen).sources == (
        Source("charts/web", "helm", OPTIONS, repository="acme/charts", revision="main"),
    )
    (problem,) = release("", unseen, given).problems
    assert problem.message == "not rendered: its valuesFiles lie in acme/charts, which is not read here"
