"""Are the releases of helmfiles read as helmfile means them?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.checks.applications import helmfile
from bot.checks.applications.expressions import ExpressionError, evaluated
from bot.checks.applications.place import TemplateError
from bot.model.source import Application, FileParameter, HelmOptions, Parameter, Source, ValuesFile, ValuesText
from tests.applications.trees import MemoryTree

CHART = {"charts/web/Chart.yaml": "name: web"}


def read(text: str, files: Mapping[str, str] | None = None, environment: str = "", **more: Any) -> list[Application]:
    """Return the applications of a helmfile with these other files."""
    tree = MemoryTree({"helmfile.yaml": text, **CHART, **(files or {})})
    return list(helmfile.applications(tree, "helmfile.yaml", environment, **more))


def release(fields: str, head: str = "", **more: Any) -> Application:
    """Return the one application of a release over charts/web."""
    text = f"{head}\nreleases:\n- {{name: web, chart: ./charts/web, {fields}}}\n"
    (found,) = read(text, **more)
    return found


def test_a_release_of_a_local_chart() -> None:
    assert release("namespace: shop") == Application(
        "shop/web", (Source("charts/web", "helm", HelmOptions("web", "shop")),), "helmfile release", "helmfile.yaml"
    )


def test_a_namespace_for_the_whole_file_wins() -> None:
    found = release("namespace: shop", "namespace: jx")
    assert (found.name, found.sources[0].helm.namespace) == ("jx/web", "jx")


FIELDS = [
    ("values: [a.yaml, {b: {c: 1}}]", (ValuesFile("a.yaml"), ValuesText('{"b": {"c": 1}}'))),
    ("values: [a.yaml], missingFileHandler: Warn", (ValuesFile("a.yaml", True),)),
    ("set: [{name: a, value: 1}, {name: b, value: 'x,y'}, {name: c, values: [1, 2]}, {name: d, file: f.txt}]",
     (Parameter("a", "1"), Parameter("b", "x\\,y"), Parameter("c", "{1,2}"), FileParameter("d", "f.txt"))),
    ("setString: [{name: a, value: true}]", (Parameter("a", "true", True),)),
    ("values: [v.yaml.gotmpl]", (ValuesText("name: shop-web\n"),)),
    ("values: [none.yaml.gotmpl], missingFileHandler: Debug", ()),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "values"), FIELDS, ids=[row[0].split(",")[0] for row in FIELDS])
def test_values(fields: str, values: tuple[Any, ...]) -> None:
    files = {"v.yaml.gotmpl": "name: {{ .Release.Namespace }}-{{ .Release.Name }}\n"}
    found = release(f"namespace: shop, {fields}", files=files)
    assert (found.sources[0].helm.values, found.problems) == (values, ())


def test_other_options() -> None:
    head = "kubeVersion: v1.30.0\napiVersions: [a/v1]\nhelmDefaults: {skipCRDs: true}"
    found = release("needs: [db, infra/dns, ctx/infra/x], namespace: shop", head)
    assert found.after == ("shop/db", "infra/dns", "infra/x")
    options = found.sources[0].helm
    assert (options.kube_version, options.api_versions, options.crds) == ("v1.30.0", ("a/v1",), False)


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ("installed: false", 0),
        ("installed: true", 1),
        ("condition: web.enabled", 1),
        ("condition: db.enabled", 0),
        ("inherit: [{template: off}]", 0),
        ("inherit: [{template: off, except: [installed]}]", 1),
    ],
)
def test_what_is_not_installed_is_left_out(fields: str, count: int) -> None:
    head = "values: [{web: {enabled: true}, db: {enabled: false}}]\ntemplates: {off: {installed: false}}"
    found = read(f"{head}\nreleases: [{{name: web, chart: ./charts/web, {fields}}}]")
    assert [len(one.sources) for one in found] == [1] * count


REFUSED = [
    ("chart: bitnami/redis, version: 1.x",
     "not rendered: remote chart bitnami/redis 1.x; Lockkeeper renders offline"),
    ("chart: ./charts/none", "not rendered: there is no chart in ./charts/none"),
    ("chart: ''", "not rendered: it has no chart"),
    ("chart: ./charts/web, jsonPatches: [{}]", "not rendered: helmfile's jsonPatches are not carried out"),
    ("chart: ./charts/web, secrets: [s.yaml]",
     "not rendered: its secrets files are encrypted, and are not decrypted here"),
    ("chart: ./charts/web, condition: no.such",
     "not rendered: its condition no.such is not among the helmfile's values"),
    ("chart: ./charts/web, values: [../../x.yaml]",
     "not rendered: the values file ../../x.yaml does not lie in the repository"),
    ("chart: ./charts/web, values: [x.yaml.gotmpl]", "not rendered: the values file x.yaml.gotmpl does not exist"),
    ("chart: ./charts/web, set: [{value: x}]", "not rendered: an entry of `set` has no name"),
    ("chart: ./charts/web, values: [bad.yaml.gotmpl]",
     "not rendered: the template expression {{ exec \"date\" }} is not carried out here"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_refused(fields: str, message: str) -> None:
    files = {"bad.yaml.gotmpl": 'now: {{ exec "date" }}\n'}
    (found,) = read(f"releases: [{{name: web, {fields}}}]", files)
    assert ([one.message for one in found.problems], found.sources) == ([message], ())
    assert found.problems[0].remote == ("remote" in message)


ENVIRONMENTS = """
environments:
  default:
    values: [{size: 1}]
  prod:
    missingFileHandler: Warn
    values: ["env/{{ .Environment.Name }}.yaml", none.yaml, more.yaml.gotmpl]
---
values: [{size: 0, from: {{ .Values.size }}}]
releases:
- name: "web-{{ .Environment.Name }}"
  chart: ./charts/web
  values: [{size: {{ .Values.size }}, more: {{ .StateValues.more | default "none" }}}]
"""


@pytest.mark.parametrize(
    ("environment", "name", "values"),
    [
        ("", "web-default", {"size": 1, "more": "none"}),
        ("prod", "web-prod", {"size": 3, "more": "p3"}),
        ("unheard-of", "web-default", {"size": 1, "more": "none"}),
    ],
)
def test_environments(environment: str, name: str, values: dict[str, Any]) -> None:
    files = {"env/prod.yaml": "size: 3\n", "more.yaml.gotmpl": "more: p{{ .Values.size }}\n"}
    (found,) = read(ENVIRONMENTS, files, environment)
    (text,) = found.sources[0].helm.values
    assert found.name == name and isinstance(text, ValuesText) and json.loads(text.text) == values


def test_values_of_an_earlier_part_count_to_the_end() -> None:
    text = """
environments: {default: {values: [{web: {enabled: false}}]}}
---
releases:
- {name: web, chart: ./charts/web, condition: web.enabled}
- {name: db, chart: ./charts/web, condition: db.enabled}
"""
    assert [(one.name, len(one.problems)) for one in read(text)] == [("db", 1)]


def test_values_from_above_win_over_those_of_a_nested_helmfile() -> None:
    own = """
environments: {default: {values: [{a: 1}]}}
---
releases: [{name: "w{{ .Values.a }}", chart: ./charts/web}]
"""
    found = read("helmfiles: [{path: own.yaml, values: [{a: 5}]}, own.yaml]", {"own.yaml": own})
    assert [one.name for one in found] == ["w5", "w1"]


def test_bases_lie_below() -> None:
    files = {
        "base.yaml": "values: [{a: 1}]\n---\nkubeVersion: v1.2{{ .Values.a }}\nreleases: [{name: b, chart: x/b}]\n"
    }
    found = read("bases: [base.yaml]\nreleases: [{name: web, chart: ./charts/web}]", files)
    assert [one.name for one in found] == ["b", "web"]
    assert found[1].sources[0].helm.kube_version == "v1.21"


def test_nested_helmfiles() -> None:
    files = {
        "sub/one.yaml": "releases: [{name: one, chart: ../charts/web, values: [{a: {{ .Values.a }}}]}]",
        "sub/two.yaml": "releases:\n- {name: two, chart: ../charts/web, labels: {tier: back}}\n- {name: n, chart: x}\n",
        "sub/deep/three.yaml": "releases: [{name: three, chart: ../../charts/web}]",
    }
    text = """
helmfiles:
- {path: sub/one.yaml, values: [{a: 5}]}
- {path: "sub/t*.yaml", selectors: ["tier=back,name!=x", name=none]}
- sub/deep
releases: [{name: web, chart: ./charts/web}]
"""
    found = read(text, files)
    assert [(one.name, one.path, len(one.sources)) for one in found] == [
        ("one", "sub/one.yaml", 1),
        ("two", "sub/two.yaml", 1),
        ("three", "sub/deep/three.yaml", 1),
        ("web", "helmfile.yaml", 1),
    ]
    assert found[0].sources[0].helm.values == (ValuesText('{"a": 5}'),)


BROKEN = [
    ("x: 1\n---\na: 1\na: 2", "not rendered: the key 'a' stands twice in one mapping", 4),
    ("{{ if true }}", "not rendered: the template expression {{ if true }} is not carried out here", None),
    ("a: {{ .Values.none }}", "not rendered: .Values.none is not among the values", None),
    ("a: {{ .Values.none", "not rendered: {{ .Values.none has no end", None),
    ("bases: [none.yaml]", "not rendered: there is no base none.yaml", None),
    ("helmfiles: [none.yaml]", "not rendered: there is no helmfile none.yaml", None),
    ("helmfiles: ['git::https://x.example/y.git@a']", "not rendered: remote helmfile git::", None),
    ("helmfiles: [helmfile.yaml]", "not rendered: helmfiles nested deeper than 20", None),
    ("bases: [helmfile.yaml]", "nested deeper than 20", None),
    ("values: [none.yaml]", "not rendered: there is no values file none.yaml", None),
    ("releases: [{chart: x}]", "a release without a name is not rendered", None),
]


@pytest.mark.parametrize(("text", "words", "line"), BROKEN)
def test_broken_helmfiles_are_told(text: str, words: str, line: int | None) -> None:
    problems = [one for found in read(text) for one in found.problems]
    assert any(words in one.message and one.line == line for one in problems)


def test_an_engine_carries_out_what_is_not_simple() -> None:
    def engine(texts: Sequence[str], parameters: Mapping[str, Any]) -> Sequence[str]:
        if "fail" in texts[0]:
            raise TemplateError("function fail not defined")
        return [one.replace("{{ if .Values.a }}", "").replace("{{ end }}", "") for one in texts]

    text = "releases:\n{{ if .Values.a }}- {name: web, chart: ./charts/web}\n{{ end }}"
    assert [one.name for one in read(text, template=engine)] == ["web"]
    (found,) = read('{{ fail "x" }}', template=engine)
    assert found.problems[0].message == "not rendered: function fail not defined"


def test_a_directory_of_helmfiles() -> None:
    files = {"helmfile.d/b.yaml": "releases: [{name: b, chart: ../charts/web}]", "helmfile.d/a.yaml": "", **CHART}
    tree = MemoryTree(files)
    assert helmfile.helmfile_of(tree, "") == "helmfile.d"
    assert [one.name for one in helmfile.applications(tree, "helmfile.d")] == ["b"]
    assert helmfile.helmfile_of(tree, "charts") is None


EXPRESSIONS = [
    ("{{ .a.b }}-{{.n}}", "x-5"),
    ("a {{- .n -}} b", "a5b"),
    ("a {{ .n }} b", "a 5 b"),
    ('{{ .a.b | quote }} {{ "y" | squote }} {{ quote .n }}', '"x" \'y\' "5"'),
    ('{{ .none | default "d" }} {{ default 3 .n }} {{ .empty | default .n }}', "d 5 5"),
    ("{{ .a | toYaml }} {{ .a }}", '{"b": "x"} {"b": "x"}'),
    ("{{`{{ .raw }}`}} {{ true }} {{ -1.5 }}", "{{ .raw }} true -1.5"),
    ('a{{/* }} " ` */}}b{{- /* x */ -}} c', "abc"),
    ('{{ "}}" }}', "}}"),
]


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_simple_expressions(text: str, expected: str) -> None:
    assert evaluated(text, {"a": {"b": "x"}, "n": 5, "empty": ""}) == expected


@pytest.mark.parametrize(
    "text", ["{{ .x }}", "{{ .n | upper }}", "{{ range .a }}", "{{ `", "{{}}", "{{ .n 3 }}", "{{ | }}"]
)
def test_other_expressions_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluated(text, {"n": 5, "a": []})
