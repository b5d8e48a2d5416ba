"""Do kustomizations with charts build to what kustomize makes of them with a helm program beside it?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.process import run
from bot.adapters.render.pool import EnginePool, Order
from bot.checks.documents import parse
from bot.checks.inflation import inflation
from bot.checks.inputs import inputs
from bot.model.manifest import Rendered, RenderProblem
from bot.model.source import Source
from tests.applications.trees import MemoryTree
from tests.render.charts import CONFIG, CRD, HOOK, metadata
from tests.render.conftest import Write
from tests.render.test_charts import HELM, in_order

KUBECTL = os.environ.get("LOCKKEEPER_KUBECTL") or shutil.which("kubectl")
ROOT = "app"
WEB = {
    "Chart.yaml": metadata("web"),
    "values.yaml": "a: b\nflag: true\nempty: ''\nlist: [1, 2]\nm: {x: 1, z: 2}\n",
    "crds/a.yaml": CRD % "a",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: '{{ .Release.Name }}-web', namespace: '{{ .Release.Namespace }}'}\n"
    "data: {values: {{ .Values | toJson | quote }}, no: 'no', kube: {{ .Capabilities.KubeVersion.Version }},\n"
    "  monitors: '{{ .Capabilities.APIVersions.Has `x/v1` }}'}\n",
    "templates/b.yaml": HOOK % ("hook", "pre-install"),
    "templates/c.yaml": HOOK % ("probe", "test"),
    "templates/d.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: '{{ .Release.Name }}'}\n"
    "stringData: {x: yes, y: n, m: 010}\n",
}
CHARTS = {f"{ROOT}/charts/web/{name}": text for name, text in WEB.items()}
OTHER = {f"vendor/web/{name}": text for name, text in WEB.items()}
VALUES = {f"{ROOT}/env/a.yaml": "a: file\nm: {x: null, w: 1}\nflag: null\n", f"{ROOT}/b.yaml": "a: second\n"}
GENERATOR = (
    "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: web\nreleaseName: made\n"
    "valuesInline: {a: 1}\n"
)


def kustomization(text: str, **more: str) -> Mapping[str, str]:
    """Return a kustomization beside a chart; `more` are further files of it, `_` standing for the dot."""
    named = {f"{ROOT}/{name.replace('_', '.')}": one for name, one in more.items()}
    return {**CHARTS, **VALUES, f"{ROOT}/kustomization.yaml": text, **named}


ENTRY = "helmCharts:\n- name: web\n  releaseName: r\n"
SCENARIOS: Mapping[str, Mapping[str, str]] = {
    "as it is": kustomization(ENTRY),
    "in one line": kustomization("helmCharts: [{name: web, releaseName: r}]\n"),
    "as JSON": kustomization('{"helmCharts": [{"name": "web", "releaseName": "r"}], "namePrefix": "p-"}\n'),
    "without a name": kustomization("helmCharts:\n- name: web\n"),
    "a name in a template": kustomization("helmCharts:\n- name: web\n  nameTemplate: fixed\n"),
    "namespace, versions, what is left out": kustomization(
        ENTRY + "  namespace: shop\n  includeCRDs: true\n  skipHooks: true\n  kubeVersion: '1.30'\n"
        "  apiVersions: [x/v1]\n"
    ),
    "no tests": kustomization(ENTRY + "  skipTests: true\n  debug: false\n"),
    "a version of what is vendored": kustomization(ENTRY + "  version: 1.2.3\n"),
    "a version of a repository": {f"{ROOT}/charts/web-1.2.3/web/{name}": text for name, text in WEB.items()}
    | {f"{ROOT}/kustomization.yaml": ENTRY + "  version: 1.2.3\n  repo: https://charts.example.com\n"},
    "values file": kustomization(ENTRY + "  valuesFile: env/a.yaml\n"),
    "more values files": kustomization(
        ENTRY + "  valuesFile: env/a.yaml\n  additionalValuesFiles:\n  - b.yaml\n  - env/a.yaml\n"
    ),
    "inline values": kustomization(
        ENTRY + "  valuesInline:\n    a: null\n    flag: false\n    empty: x\n    list: []\n    m:\n      x: 0\n"
        "    new: [{a: b}]\n    big: 12345678\n"
    ),
    "inline values over a file": kustomization(
        ENTRY + "  valuesFile: env/a.yaml\n  valuesMerge: override\n  valuesInline: {m: {w: 3}, flag: true}\n"
    ),
    "inline values under a file": kustomization(
        ENTRY + "  valuesFile: env/a.yaml\n  valuesMerge: merge\n  valuesInline: {a: c, m: {x: 5, v: 1}, z: {q: 1}}\n"
    ),
    "inline values instead of a file": kustomization(
        ENTRY + "  valuesFile: env/a.yaml\n  valuesMerge: replace\n  valuesInline: {a: c}\n"
    ),
    "several, and everything kustomize does to them": kustomization(
        "resources:\n- r.yaml\n# words\nhelmCharts:\n# more words\n- name: web\n  releaseName: a\n  skipHooks: true\n\n"
        "- name: web\n  releaseName: b\n  skipHooks: true\n"
        "namespace: shop\nnamePrefix: p-\nlabels:\n- pairs: {team: a}\n"
        "configMapGenerator:\n- name: g\n  literals: [a=b]\n"
        "patches:\n- target: {kind: ConfigMap, name: a-web}\n"
        '  patch: \'[{"op": "add", "path": "/data/patched", "value": "1"}]\'\n',
        r_yaml=CONFIG % "r",
    ),
    "charts elsewhere": {**kustomization(""), **OTHER}
    | {
        f"{ROOT}/kustomization.yaml": "helmGlobals:\n  chartHome: ../vendor\nhelmCharts:\n- name: web\n"
        "  releaseName: r\n  valuesFile: b.yaml\n"
    },
    "in a base": {
        **{f"base/charts/web/{name}": text for name, text in WEB.items()},
        "base/kustomization.yaml": ENTRY + "namePrefix: b-\n",
        f"{ROOT}/kustomization.yaml": "resources: [../base]\nnameSuffix: -s\n",
    },
    "with the namespace of the kustomization": kustomization(ENTRY + "namespace: outer\n"),
    "with a namespace of its own": kustomization(ENTRY + "  namespace: inner\nnamespace: outer\n"),
    "in a base, with the namespace of the overlay": {
        **{f"base/charts/web/{name}": text for name, text in WEB.items()},
        "base/kustomization.yaml": ENTRY,
        "middle/kustomization.yaml": "resources: [../base]\nnameSuffix: -m\n",
        f"{ROOT}/kustomization.yaml": "resources: [../middle]\nnamespace: outer\n",
    },
    "in a base, with the namespace of the base": {
        **{f"base/charts/web/{name}": text for name, text in WEB.items()},
        "base/kustomization.yaml": ENTRY + "namespace: own\n",
        f"{ROOT}/kustomization.yaml": "resources: [../base]\nnamespace: outer\n",
    },
    "in a component, with the namespace of the overlay": {
        **{f"{ROOT}/debug/charts/web/{name}": text for name, text in WEB.items()},
        f"{ROOT}/debug/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + ENTRY,
        f"{ROOT}/kustomization.yaml": "components:\n- debug\nnamespace: outer\n",
    },
    "in a component": {
        **{f"{ROOT}/debug/charts/web/{name}": text for name, text in WEB.items()},
        f"{ROOT}/debug/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + ENTRY,
        f"{ROOT}/kustomization.yaml": "components:\n- debug\n",
    },
    "beside the old field for bases": {
        **kustomization("bases:\n- ../base\n" + ENTRY),
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": CONFIG % "base",
    },
    "the old field": kustomization(
        "helmChartInflationGenerator:\n- chartName: web\n  releaseName: r\n  releaseNamespace: q\n  values: b.yaml\n"
        "  chartHome: charts\n"
    ),
    "a generator in a file": kustomization("generators:\n- g.yaml\nnamePrefix: p-\n", g_yaml=GENERATOR),
    "a generator inline, and another": kustomization(
        "generators:\n- |\n"
        + "".join(f"  {line}\n" for line in GENERATOR.splitlines())
        + "- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: made}\n  literals: [a=b]\n"
    ),
    "a chart of nothing": {
        f"{ROOT}/charts/web/Chart.yaml": metadata("web"),
        f"{ROOT}/charts/web/values.yaml": "",
        f"{ROOT}/charts/web/templates/a.yaml": "# {{ .Release.Name }}\n",
        f"{ROOT}/kustomization.yaml": ENTRY + "configMapGenerator: [{name: g}]\n",
    },
}


def build(pool: EnginePool, checkout: Path, files: Mapping[str, str]) -> Rendered:
    """Build as the renderer does: both steps' files in a directory, the edited kustomizations over them."""
    tree, source = MemoryTree(files), Source(ROOT, "kustomize")
    reads = inputs(source, tree)
    if not reads.problems:
        pytest.fail("without problems nobody asks for charts")
    found = inflation(source, tree)
    assert found is not None
    reads = found.inputs(tree)
    if reads.problems:
        return Rendered(ROOT, problems=reads.problems)
    for path in set(files) - set(reads.files):
        (checkout / path).unlink()  # the engines find no other files
    for path, text in found.source.overrides:
        (checkout / path).parent.mkdir(exist_ok=True)
        (checkout / path).write_text(text)
    order = Order(checkout, found.source, reads.files, reads.missing, found.charts)
    ((asked, rendered),) = pool.run([order])
    assert asked is order
    assert rendered.files == reads.files
    return rendered


@pytest.mark.skipif(not (HELM and KUBECTL), reason="kubectl and helm are the oracle here; name or install them")
@pytest.mark.parametrize("name", SCENARIOS)
def test_equal_to_kubectl_with_helm(renderer: EnginePool, write: Write, name: str) -> None:
    files = SCENARIOS[name]
    checkout = write(files)
    arguments = [str(KUBECTL), "kustomize", "--enable-helm", "--helm-command", str(HELM), str(checkout / ROOT)]
    done = run(arguments, cwd=checkout, timeout=60)
    assert done.status == 0, done.stderr
    rendered = build(renderer, checkout, files)
    assert rendered.problems == ()
    assert in_order([one.body for one in rendered.resources]) == in_order([one.value for one in parse(done.stdout)])


def test_without_an_oracle(renderer: EnginePool, write: Write) -> None:
    files = SCENARIOS["several, and everything kustomize does to them"]
    rendered = build(renderer, write(files), files)
    assert (rendered.problems, rendered.kind) == ((), "kustomize")
    names = sorted(str(one.key) for one in rendered.resources)
    assert len(names) == 6
    assert "ConfigMap shop/p-a-web" in names
    patched = [one.body["data"].get("patched") for one in rendered.resources if one.name == "p-a-web"]
    assert patched == ["1"]


WRONG: Mapping[str, tuple[Mapping[str, str], RenderProblem]] = {
    "not vendored": (
        {f"{ROOT}/kustomization.yaml": "# words\n" + ENTRY + "  repo: https://charts.example.com\n"},
        RenderProblem(
            f"{ROOT}/kustomization.yaml",
            "not rendered: the chart web is not vendored at app/charts/web: Lockkeeper renders offline",
            3,
            "vendor it: helm pull --untar --untardir app/charts web, and commit what it writes",
            remote=True,
        ),
    ),
    "outside": (
        kustomization("helmGlobals: {chartHome: ../../x}\n" + ENTRY),
        RenderProblem(
            f"{ROOT}/kustomization.yaml", "not rendered: the chart home ../../x leads out of the repository", 3
        ),
    ),
    "an unknown field": (
        kustomization(ENTRY + "  chartHome: x\n"),
        RenderProblem(f"{ROOT}/kustomization.yaml", 'invalid Kustomization: json: unknown field "chartHome"', 2),
    ),
    "another type": (
        kustomization(ENTRY + "  namespace: n\n"),
        RenderProblem(
            f"{ROOT}/kustomization.yaml", "invalid Kustomization: helmCharts.namespace is of another type", 2
        ),
    ),
    "an unknown way to merge": (
        kustomization(ENTRY + "  valuesMerge: x\n"),
        RenderProblem(f"{ROOT}/kustomization.yaml", "valuesMerge must be one of [merge override replace]", 2),
    ),
    "two names": (
        kustomization(ENTRY + "  nameTemplate: x\n"),
        RenderProblem(f"{ROOT}/kustomization.yaml", "cannot set --name-template and also specify a name", 2),
    ),
    "values elsewhere": (
        {**kustomization("helmGlobals:\n  chartHome: ../vendor\n" + ENTRY), **OTHER},
        RenderProblem(
            f"{ROOT}/kustomization.yaml",
            "security; file 'vendor/web/values.yaml' is not in or below 'app'",
            4,
            "keep the values file below the kustomization",
        ),
    ),
    "several namespaces": (
        {
            **{f"base/{path.removeprefix(f'{ROOT}/')}": text for path, text in kustomization(ENTRY).items()},
            "a/kustomization.yaml": "resources: [../base]\nnamespace: a\nnamePrefix: a-\n",
            "b/kustomization.yaml": "resources: [../base]\nnamespace: b\nnamePrefix: b-\n",
            f"{ROOT}/kustomization.yaml": "resources: [../a, ../b]\n",
        },
        RenderProblem(
            "base/kustomization.yaml",
            "not rendered: it is built on with several namespaces: a, b",
            2,
            "give the chart a namespace of its own",
        ),
    ),
    "no values": (
        kustomization(ENTRY + "  valuesFile: nowhere.yaml\n"),
        RenderProblem(f"{ROOT}/kustomization.yaml", "not rendered: the values file app/nowhere.yaml does not exist", 2),
    ),
    "values of another kind": (
        kustomization(ENTRY + "  valuesInline: {m: 1}\n"),
        RenderProblem(f"{ROOT}/kustomization.yaml", "could not merge values: m is of another kind in each", 2),
    ),
}


OURS = ("not vendored", "outside", "several namespaces")  # kustomize would fetch, or build it twice


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_told_on_their_entry(renderer: EnginePool, write: Write, name: str) -> None:
    files, problem = WRONG[name]
    assert build(renderer, write(files), files).problems == (problem,)


@pytest.mark.skipif(not (HELM and KUBECTL), reason="kubectl and helm are the oracle here; name or install them")
@pytest.mark.parametrize(
    "name", [name for name in WRONG if name not in ("not vendored", "outside", "several namespaces")]
)
def test_kubectl_refuses_what_we_refuse(write: Write, name: str) -> None:
    checkout = write(WRONG[name][0])
    arguments = [str(KUBECTL), "kustomize", "--enable-helm", "--helm-command", str(HELM), str(checkout / ROOT)]
    assert run(arguments, cwd=checkout, timeout=60).status != 0


def test_a_mistake_in_the_chart_is_told_there(renderer: EnginePool, write: Write) -> None:
    files = {**kustomization(ENTRY), f"{ROOT}/charts/web/templates/e.yaml": "\n{{ fail `no` }}"}
    (problem,) = build(renderer, write(files), files).problems
    assert (problem.path, problem.line) == (f"{ROOT}/charts/web/templates/e.yaml", 2)


def test_other_mistakes_stay_on_their_lines(renderer: EnginePool, write: Write) -> None:
    files = kustomization(ENTRY + "resources:\n- r.yaml\n- nowhere.yaml\n", r_yaml=CONFIG % "r")
    (problem,) = build(renderer, write(files), files).problems
    assert (problem.path, problem.line) == (f"{ROOT}/kustomization.yaml", 6)


def test_what_is_made_anew_is_masked(renderer: EnginePool, write: Write) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {p: '{{ uuidv4 }}'}\n"
    files = {**kustomization(ENTRY), f"{ROOT}/charts/web/templates/e.yaml": secret}
    checkout = write(files)
    first = build(renderer, checkout, files)
    assert first == build(renderer, write(files), files)
    assert [note.partition(":")[0] for note in first.notes] == ["made anew by every render and therefore masked"]


def test_what_helm_takes_and_kustomize_does_not(renderer: EnginePool, write: Write) -> None:
    twice = CONFIG % "x" + "data: {a: b}\ndata: {c: d}\n"
    files = {**kustomization(ENTRY), f"{ROOT}/charts/web/templates/e.yaml": twice}
    (problem,) = build(renderer, write(files), files).problems
    assert problem.path == f"{ROOT}/charts/web/Chart.yaml"
    assert "already" in problem.message


def test_both_steps_count(write: Write) -> None:
    """A change of the chart, or of a values file, renders the kustomization again."""
    files = {**SCENARIOS["in a base"], "base/charts/web/README.md": ""}
    tree = MemoryTree(files)
    found = inflation(Source(ROOT, "kustomize"), tree)
    assert found is not None
    reads = found.inputs(tree)
    assert set(files) == set(reads.files)
    for path in (*files, "base/charts/web/templates/new.yaml"):
        assert reads.touched_by([path])
    assert not reads.touched_by(["other/x"])


def test_without_charts_there_is_nothing_to_inflate() -> None:
    for text in ("resources: []\n", "helmCharts: []\n", "generators: [g.yaml]\n", "helm: [\n"):
        tree = MemoryTree({f"{ROOT}/kustomization.yaml": text, f"{ROOT}/g.yaml": "kind: ConfigMapGenerator\n"})
        assert inflation(Source(ROOT, "kustomize"), tree) is None


def test_a_kustomization_laid_over_counts() -> None:
    tree = MemoryTree({**CHARTS, f"{ROOT}/kustomization.yaml": "resources: []\n"})
    source = Source(ROOT, "kustomize", overrides=((f"{ROOT}/kustomization.yaml", ENTRY),))
    found = inflation(source, tree)
    assert found is not None
    ((path, chart),) = found.charts
    assert chart.path == f"{ROOT}/charts/web"
    assert path.split("/")[1] in dict(found.source.overrides)[f"{ROOT}/kustomization.yaml"]
    assert replace(found.source, overrides=()) == replace(source, overrides=())
