"""Does the comparison with the real tools go red when one side renders something else, or refuses alone?"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.model.source import (
    FileParameter,
    HelmOptions,
    Parameter,
    Source,
    ValuesFile,
    ValuesText,
)
from tests.render.scenarios import overlay
from tools.bench.repositories import write_files
from tools.conformance.cases import Case, found
from tools.conformance.judging import Judge, masked, varying
from tools.conformance.oracles import TOP, Oracles, kept
from tools.conformance.ours import Ours, Place
from tools.conformance.theirs import Theirs, helm, kustomize, one_value, opened, read

KUBECTL = shutil.which("kubectl")
CASE = Case("case", Source("overlays/dev", "kustomize"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    with Ours(tmp_path_factory.mktemp("ours")) as ours:
        yield ours


@pytest.fixture
def place(ours: Ours, tmp_path: Path) -> Place:
    return ours.place(write_files(overlay("namespace: shop\n"), tmp_path / "files"))


def rendered(ours: Ours, place: Place) -> list[Any]:
    return [copy.deepcopy(one.body) for one in ours.sparse(place, CASE.source).resources]


def judged(ours: Ours, place: Place, theirs: Theirs) -> Judge:
    judge = Judge(ours, lambda _directory, _source: theirs)
    judge.take(CASE, place)
    return judge


def test_the_same_is_equal(ours: Ours, place: Place) -> None:
    judge = judged(ours, place, Theirs(tuple(rendered(ours, place))))
    assert str(judge.faithful) == str(judge.sparse) == "1 of 1 equal"


def _other_value(bodies: list[Any]) -> None:
    next(one for one in bodies if one["kind"] == "Deployment")["spec"]["replicas"] = 7


def _one_less(bodies: list[Any]) -> None:
    del bodies[0]


def _other_order(bodies: list[Any]) -> None:
    bodies.reverse()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_value, "Deployment shop/web: .spec.replicas is 1, and 7 for the real tool"),
        (_one_less, "ours adds"),
        (_other_order, "another order"),
    ],
)
def test_another_render_is_a_difference(
    ours: Ours, place: Place, change: Callable[[list[Any]], None], words: str
) -> None:
    bodies = rendered(ours, place)
    change(bodies)
    (said,) = judged(ours, place, Theirs(tuple(bodies))).faithful.differences
    assert words in said


def test_refusing_alone_is_a_difference(ours: Ours, place: Place, tmp_path: Path) -> None:
    (said,) = judged(ours, place, Theirs(refusal="Error: no")).faithful.differences
    assert said == "case: the real tool refuses: Error: no"
    broken = ours.place(write_files(overlay("resources: [nowhere]\n"), tmp_path / "broken"))
    (said,) = judged(ours, broken, Theirs()).faithful.differences
    assert "we refuse: overlays/dev/kustomization.yaml" in said
    assert str(judged(ours, broken, Theirs(refusal="no")).faithful) == "1 of 1 equal (1 refused by both)"


def test_a_file_that_only_the_full_directory_holds_is_a_difference(ours: Ours, place: Place, tmp_path: Path) -> None:
    """Were a file forgotten among those a source reads, the sparse directory would render otherwise."""
    other = ours.place(write_files(overlay("namespace: shop\nnamePrefix: a-\n"), tmp_path / "other"))
    judge = judged(ours, Place(other.directory, place.tree), Theirs(tuple(rendered(ours, place))))
    (said,) = judge.sparse.differences
    assert "ours lacks" in said


def test_what_two_renders_do_not_share_is_random() -> None:
    def body(password: str, replicas: int) -> dict[str, Any]:
        metadata = {"name": "a"}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"p": password}, "n": [replicas]}

    paths = varying([body("x", 1)], [body("y", 1)])
    assert paths == ["v1 Secret a.data.p"]
    assert masked([body("x", 1)], paths) == masked([body("z", 1)], paths)
    assert masked([body("x", 1)], paths) != masked([body("x", 2)], paths)


def test_found_are_kustomizations_and_charts_with_their_values(tmp_path: Path) -> None:
    files = {
        "a/kustomization.yaml": "resources: []\n",
        "b/Kustomization": "resources: []\n",
        "c/Chart.yaml": "name: c\n",
        "c/values.yaml": "a: 1\n",
        "c/values-dev.yaml": "a: 2\n",
        "c/ci/big.yaml": "a: 3\n",
        "c/charts/d/Chart.yaml": "name: d\n",
        "plain/x.yaml": "a: b\n",
    }
    cases = [(one.source.engine, one.name) for one in found(write_files(files, tmp_path))]
    assert cases == [
        ("kustomize", "a/kustomization.yaml"),
        ("kustomize", "b/Kustomization"),
        ("helm", "c"),
        ("helm", "c/ci/big.yaml"),
        ("helm", "c/values-dev.yaml"),
    ]


ORACLES = Oracles(Path("/k"), Path("/h"), Path("/v"), Path("/d"))


def test_commands_of_the_real_tools(tmp_path: Path) -> None:
    assert kustomize(ORACLES, Source("", "kustomize")) == [
        "/k", "kustomize", "--enable-helm", "--helm-command", "/h", ".",
    ]  # fmt: skip
    options = HelmOptions(
        release="r",
        namespace="n",
        values=(
            ValuesFile("v.yaml"),
            ValuesFile("not there.yaml", optional=True),
            ValuesText("a: 1\n"),
            Parameter("a", "1"),
            Parameter("b", "2", text=True),
            FileParameter("c", "f.txt"),
        ),
        kube_version="1.33",
        api_versions=("x/v1",),
        hooks=False,
        tests=False,
    )
    assert helm(ORACLES, tmp_path, Source("charts/a", "helm", options), tmp_path) == [
        "/h", "template", "r", "./charts/a", "--namespace", "n", "--values", "v.yaml", "--values",
        str(tmp_path / "1.yaml"), "--set", "a=1", "--set-string", "b=2", "--set-file", "c=f.txt",
        "--kube-version", "1.33", "--api-versions", "x/v1", "--include-crds", "--no-hooks", "--skip-tests",
    ]  # fmt: skip
    assert (tmp_path / "1.yaml").read_text() == "a: 1\n"


@pytest.mark.skipif(KUBECTL is None, reason="kubectl reads YAML here, and is not on PATH")
def test_the_output_of_a_tool_is_read_as_kubectl_reads_it(tmp_path: Path) -> None:
    text = b"apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {a: 010, b: on, c: 12:30:45}\n---\n# nothing\n"
    theirs = read(Oracles(Path(KUBECTL or ""), Path(), Path(), Path()), text, tmp_path)
    assert [one["spec"] for one in theirs.resources] == [{"a": 8, "b": True, "c": "12:30:45"}]


@pytest.mark.skipif(KUBECTL is None, reason="kubectl reads YAML here, and is not on PATH")
@pytest.mark.parametrize(
    ("text", "count", "words"),
    [
        (b"", 0, ""),
        (b"# only words\n---\n", 0, ""),
        (b"apiVersion: v1\nmetadata: {name: a}\n", 0, "kubectl: error: unable to decode"),
        (b"a: [\n", 0, "kubectl: error: "),
    ],
)
def test_what_is_no_manifest_is_refused(text: bytes, count: int, words: str, tmp_path: Path) -> None:
    theirs = read(Oracles(Path(KUBECTL or ""), Path(), Path(), Path()), text, tmp_path)
    assert len(theirs.resources) == count
    assert theirs.refusal.startswith(words)
    assert bool(theirs.refusal) == bool(words)


@pytest.mark.parametrize(
    ("given", "passed"), [("a", "a"), ("a,b=1", "a\\,b=1"), ("a\\,b", "a\\,b"), ("{a,b}", "{a,b}"), ("", "")]
)
def test_a_parameter_is_one_value(given: str, passed: str) -> None:
    assert one_value(given) == passed


def test_lists_are_opened() -> None:
    inner = {"kind": "ConfigMap"}
    assert [*opened([{"kind": "List", "items": [inner, {"kind": "List", "items": [inner]}]}, inner])] == [inner] * 3


def test_tools_are_fetched_once_and_again_when_the_lock_changed(tmp_path: Path) -> None:
    filled: list[str] = []

    def fill(target: Path, requirements: Path) -> None:
        target.mkdir()
        filled.append(requirements.name)

    for _ in range(2):
        kept(tmp_path / "tool", "binaries", lambda _: None, fill)
    assert filled == ["oracles-binaries.lock"]
    (tmp_path / "tool" / ".lock-digest").write_text("another")
    kept(tmp_path / "tool", "binaries", lambda _: None, fill)
    assert len(filled) == 2

    def fail(target: Path, requirements: Path) -> None:
        target.mkdir()
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        kept(tmp_path / "other", "binaries", lambda _: None, fail)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["binaries", "schemas", "checkov"])
def test_real_tools_are_locked_with_hashes(name: str) -> None:
    lines = (TOP / "requirements" / f"oracles-{name}.lock").read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert packages
    assert all(lines[number].endswith("\\") and "--hash=sha256:" in lines[number + 1] for number in packages)
    (wanted,) = (
        line for line in (TOP / "requirements" / f"oracles-{name}.in").read_text().splitlines() if "==" in line
    )
    assert any(line.startswith(wanted.replace(".", "-", 1) if name == "binaries" else wanted) for line in lines)
    assert json.dumps(lines).count("://") == 0
