"""Do kustomizations render as kustomize renders them, and do failures name their place?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.adapters.process import run
from bot.checks.documents import parse
from bot.model.manifest import Rendered
from tests.render.conftest import Write
from tests.render.roots import PooledRenderer
from tests.render.scenarios import BASE, DEPLOYMENT, SCENARIOS, overlay

KUBECTL = shutil.which("kubectl")
ROOT = "overlays/dev"


def ask_kubectl(directory: Path) -> list[object]:
    done = run([KUBECTL or "", "kustomize", str(directory)], cwd=directory, timeout=30)
    assert done.status == 0, done.stderr
    return [document.value for document in parse(done.stdout)]


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is the oracle here, and is not on PATH")
@pytest.mark.parametrize("name", SCENARIOS)
def test_equal_to_kubectl(renderer: PooledRenderer, write: Write, name: str) -> None:
    checkout = write(SCENARIOS[name])
    rendered = renderer.render(checkout, [ROOT])[ROOT]
    assert rendered.problems == ()
    assert [one.body for one in rendered.resources] == ask_kubectl(checkout / ROOT)
    assert rendered.files == tuple(sorted(SCENARIOS[name]))  # each scenario uses each of its files


@pytest.mark.skipif(KUBECTL is None, reason="without kustomize or kubectl on PATH there is nothing to fall back on")
def test_the_program_gives_what_the_library_gives(
    renderer: PooledRenderer, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = ["generators with hash suffix", "component", "lists, several documents, odd scalars"]
    with PooledRenderer(root=tmp_path_factory.getbasetemp(), workers=1, prefer="binary") as fallback:
        assert fallback.capabilities().kustomize.engine == "binary"
        for name in names:
            checkout = write(SCENARIOS[name])
            assert fallback.render(checkout, [ROOT]) == renderer.render(checkout, [ROOT])
            (shutil.rmtree(checkout))
        broken = write({f"{ROOT}/kustomization.yaml": "resources: [../../nowhere]\n"})
        (problem,) = fallback.render(broken, [ROOT])[ROOT].problems
        assert (problem.path, problem.line) == (f"{ROOT}/kustomization.yaml", 1)
        assert "nowhere" in problem.message
        assert str(broken) not in problem.message


def test_what_a_rendered_root_says(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(overlay("namespace: shop\nreplicas: [{name: web, count: 3}]\n"))
    rendered = renderer.render(checkout, [ROOT])[ROOT]
    assert (rendered.root, rendered.kind, rendered.problems) == (ROOT, "kustomize", ())
    service, deployment = sorted(rendered.resources, key=lambda one: one.kind, reverse=True)
    assert str(service.key) == "Service shop/web"
    assert deployment.body["spec"]["replicas"] == 3
    assert deployment.path == f"{ROOT}/kustomization.yaml"
    assert rendered.seconds > 0


def test_many_roots_at_once_each_with_its_own_outcome(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(
        {
            **overlay(""),
            "plain/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
            "broken/kustomization.yaml": "resources: [gone.yaml]\n",
        }
    )
    found = renderer.render(checkout, [ROOT, "base", "plain", "broken", "nowhere", ROOT])
    assert {root: (one.kind, len(one.resources), len(one.problems)) for root, one in found.items()} == {
        ROOT: ("kustomize", 2, 0),
        "base": ("kustomize", 2, 0),
        "plain": ("plain", 1, 0),
        "broken": ("kustomize", 0, 1),
        "nowhere": ("absent", 0, 0),
    }
    assert found["nowhere"] == Rendered("nowhere", kind="absent")


def one_problem(renderer: PooledRenderer, checkout: Path, root: str = ROOT) -> tuple[str, int | None, str]:
    rendered = renderer.render(checkout, [root])[root]
    assert rendered.resources == ()
    (problem,) = rendered.problems
    assert str(checkout) not in problem.message
    return problem.path, problem.line, problem.message


def test_a_missing_base_names_the_entry(renderer: PooledRenderer, write: Write) -> None:
    checkout = write({**BASE, f"{ROOT}/kustomization.yaml": "namePrefix: a-\nresources:\n- ../../base\n- ../../bse\n"})
    path, line, message = one_problem(renderer, checkout)
    assert (path, line) == (f"{ROOT}/kustomization.yaml", 4)
    assert "../../bse" in message
    assert "no such file or directory" in message


def test_a_missing_file_of_the_base_names_the_base(renderer: PooledRenderer, write: Write) -> None:
    checkout = write({**overlay(""), "base/kustomization.yaml": "resources:\n- service.yaml\n- deploymnt.yaml\n"})
    path, line, message = one_problem(renderer, checkout)
    assert (path, line) == ("base/kustomization.yaml", 3)
    assert "deploymnt.yaml" in message


def test_a_missing_patch(renderer: PooledRenderer, write: Write) -> None:
    path, line, message = one_problem(renderer, write(overlay("patches:\n- path: gone.yaml\n")))
    assert (path, line) == (f"{ROOT}/kustomization.yaml", 3)
    assert "gone.yaml" in message


def test_broken_yaml_in_a_resource_names_file_and_line(renderer: PooledRenderer, write: Write) -> None:
    checkout = write({**overlay(""), "base/deployment.yaml": DEPLOYMENT.replace("  replicas: 1", "  replicas: 1: 2")})
    path, line, message = one_problem(renderer, checkout)
    assert (path, line) == ("base/deployment.yaml", 6)
    assert "yaml" in message.lower()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("resources: [\n", 2, "not valid YAML"),
        ("resources: []\nresources: []\n", 2, "stands twice"),
        ("resources: []\nnamePrefx: a-\n", None, "namePrefx"),
    ],
)
def test_a_broken_kustomization(
    renderer: PooledRenderer, write: Write, text: str, line: int | None, words: str
) -> None:
    path, found, message = one_problem(renderer, write({f"{ROOT}/kustomization.yaml": text}))
    assert (path, found) == (f"{ROOT}/kustomization.yaml", line)
    assert words in message


def test_an_empty_kustomization_is_a_problem_in_the_tools_words(renderer: PooledRenderer, write: Write) -> None:
    path, _, message = one_problem(renderer, write({f"{ROOT}/kustomization.yaml": ""}))
    assert path == f"{ROOT}/kustomization.yaml"
    assert "kustomization.yaml is empty" in message


def test_a_cycle(renderer: PooledRenderer, write: Write) -> None:
    files = {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    _, _, message = one_problem(renderer, write(files), "a")
    assert "cycle" in message


@pytest.mark.parametrize(
    ("words", "line", "message"),
    [
        ("helmCharts:\n- name: nginx\n  repo: https://charts.example.com\n", 2, "helmCharts"),
        (
            "transformers:\n- |\n  apiVersion: v1\n  kind: Annotate\n  metadata:\n    name: x\n"
            "    annotations:\n      config.kubernetes.io/function: 'container: {image: evil}'\n",
            3,
            "Annotate runs a program or container",
        ),
        ("generators:\n- run.yaml\n", 2, "Runner runs a program or container"),
        (
            "generators:\n- |\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n",
            3,
            "helmCharts",
        ),
    ],
)
def test_programs_and_charts_are_refused(
    renderer: PooledRenderer, write: Write, words: str, line: int, message: str
) -> None:
    runner = (
        "apiVersion: v1\nkind: Runner\nmetadata:\n  name: r\n  annotations:\n"
        "    config.kubernetes.io/function: |\n      exec: {path: ./evil.sh}\n"
    )
    path, found, said = one_problem(renderer, write(overlay(words, run_yaml=runner)))
    assert (path, found) in {(f"{ROOT}/kustomization.yaml", line), (f"{ROOT}/run.yaml", 1)}
    assert message in said
