"""Does the walk find each file a kustomization reads, and each reason not to build it?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.checks.closure import Closure, OutsideError, closure
from tests.render.scenarios import BASE, SCENARIOS

ROOT = "overlays/dev"


def walk(files: Mapping[str, str], root: str = ROOT) -> Closure:
    return closure(root, lambda path: files[path].encode() if path in files else None)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_file_of_a_scenario_is_found(name: str) -> None:
    unused = {"other/kustomization.yaml": "resources: []\n", f"{ROOT}/unused.yaml": "a: 1\n"}
    assert walk({**SCENARIOS[name], **unused}) == Closure(ROOT, tuple(sorted(SCENARIOS[name])))


FIELDS = [
    ("resources: [x]", "x"),
    ("bases: [./x/]", "x/kustomization.yaml"),
    ("components: [../y]", "y/kustomization.yaml"),
    ("crds: [x]", "x"),
    ("configurations: [x]", "x"),
    ("patches: [{path: x}]", "x"),
    ("patches: [x]", "x"),
    ("patchesStrategicMerge: [x]", "x"),
    ("patchesJson6902: [{path: x}]", "x"),
    ("replacements: [{path: x}]", "x"),
    ("configMapGenerator: [{files: [x]}]", "x"),
    ("configMapGenerator: [{files: [key=x]}]", "x"),
    ("configMapGenerator: [{envs: [x]}]", "x"),
    ("configMapGenerator: [{env: x}]", "x"),
    ("secretGenerator: [{files: [x]}]", "x"),
    ("openapi: {path: x}", "x"),
    ("generators: [x]", "x"),
    ("transformers: [x]", "x"),
    ("validators: [x]", "x"),
    ("CRDs: [x]", "x"),
]


@pytest.mark.parametrize(("words", "target"), FIELDS)
def test_fields(words: str, target: str) -> None:
    path = target if target.startswith("y/") else f"app/{target}"
    found = walk({"app/kustomization.yaml": words, path: ""}, "app")
    assert found == Closure("app", tuple(sorted(["app/kustomization.yaml", path])))
    (missing,) = walk({"app/kustomization.yaml": f"# first\n{words}"}, "app").missing
    assert (missing.path, missing.line) == ("app/kustomization.yaml", 2)


def test_inline_patches_and_generators_are_no_files() -> None:
    words = (
        "patchesStrategicMerge:\n- '{apiVersion: v1, kind: Service, metadata: {name: web}}'\n"
        "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  files: [key=x]\n"
    )
    found = walk({"app/kustomization.yaml": words, "app/x": ""}, "app")
    assert found == Closure("app", ("app/kustomization.yaml", "app/x"))


def test_a_configuration_of_a_generator_names_files_from_its_kustomization() -> None:
    files = {
        "app/kustomization.yaml": "generators: [g/make.yaml]\n",
        "app/g/make.yaml": "kind: ConfigMapGenerator\nfiles: [x]\n",
        "app/x": "",
    }
    assert walk(files, "app") == Closure("app", tuple(sorted(files)))


def test_the_whole_repository_as_root() -> None:
    files = {"kustomization.yaml": "resources: [base]\n", **BASE}
    for root in ("", ".", "./"):
        assert walk(files, root) == Closure("", tuple(sorted(files)))


def test_circles_end() -> None:
    files = {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    assert walk(files, "a") == Closure("a", tuple(files))


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    files = {f"d{n}/kustomization.yaml": f"resources: [../d{n + 1}]\n" for n in range(3000)}
    files["d3000/kustomization.yaml"] = "resources: []\n"
    assert len(walk(files, "d0").files) == 3001


def test_too_many_files_are_a_problem() -> None:
    files = {"app/kustomization.yaml": "resources:\n" + "".join(f"- f{n}.yaml\n" for n in range(6000))}
    files |= {f"app/f{n}.yaml": "" for n in range(6000)}
    assert "more than 5000 files" in walk(files, "app").problems[0].message


def test_a_root_without_kustomization() -> None:
    found = walk({"app/x.yaml": ""}, "app")
    assert found.files == ()
    assert [one.path for one in found.missing] == ["app"]


@pytest.mark.parametrize("root", ["../x", "/etc", "a/../../b"])
def test_roots_outside(root: str) -> None:
    assert "outside the repository" in walk({}, root).problems[0].message


def test_a_broken_base_is_a_problem_on_its_file() -> None:
    files = {"app/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "a: [\n"}
    (problem,) = walk(files, "app").problems
    assert (problem.path, problem.line) == ("b/kustomization.yaml", 2)


def test_links_are_followed_to_where_they_lead() -> None:
    files = {
        "app/kustomization.yaml": "resources: [link, out]\n",
        "real/deep/kustomization.yaml": "resources: [../x.yaml]\n",
        "real/x.yaml": "",
    }

    def canonical(path: str) -> str:
        if path == "app/out":
            raise OutsideError
        return path.replace("app/link", "real/deep")

    found = closure("app", lambda path: files[path].encode() if path in files else None, canonical=canonical)
    assert found.files == tuple(sorted(files))
    assert [one.message for one in found.problems] == ["not rendered: out leads out of the repository"]
