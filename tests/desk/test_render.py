"""What does `lockkeeper render` write, and does a cluster read it as the real tools meant it?"""

from __future__ import annotations

import json
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.manifests import dump
from tests.desk.place import Desk
from tests.flows.repository import PATH, deployment, files, overlay, pipeline

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "colour: blue\n",
    "charts/web/templates/settings.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-settings'}\n"
        "data: {colour: '{{ .Values.colour }}', version: '{{ .Capabilities.KubeVersion.Minor }}'}\n"
    ),
}
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://github.com/acme/shop, targetRevision: main, path: %s}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""


def documents(text: str) -> list[Any]:
    return [one for one in yaml.safe_load_all(text) if one is not None]


def names(text: str) -> list[str]:
    return [f"{one['kind']} {one['metadata']['name']}" for one in documents(text)]


def test_an_environment(desk: Desk) -> None:
    said = desk.run("render", "production")
    assert (said.status, said.err) == (0, "")
    assert names(said.out) == ["ConfigMap web-settings", "Deployment web"]
    assert {one["metadata"]["namespace"] for one in documents(said.out)} == {"web-production"}
    assert said.out.startswith("---\n# Source: overlays/production")
    assert said.out == desk.run("render", "production", "--no-cache").out


def test_it_equals_what_kubectl_kustomize_says(desk: Desk) -> None:
    kubectl = shutil.which("kubectl") or shutil.which("kustomize")
    if kubectl is None:
        pytest.skip("no kubectl and no kustomize on PATH to compare with")
    verb = "kustomize" if kubectl.endswith("kubectl") else "build"
    for place in ("overlays/development", "overlays/production", "base"):
        real = subprocess.run([kubectl, verb, place], cwd=desk.top, capture_output=True, text=True, check=True)
        ours, theirs = documents(desk.run("render", place).out), documents(real.stdout)
        key = lambda one: (one["kind"], one["metadata"]["name"])  # noqa: E731
        assert sorted(ours, key=key) == sorted(theirs, key=key)


def test_a_directory_from_within_the_repository_and_from_elsewhere(desk: Desk) -> None:
    top = desk.run("render", "overlays/staging")
    assert desk.run("render", ".", cwd=desk.top / "overlays/staging").out == top.out
    assert desk.run("render", "../staging", cwd=desk.top / "overlays/production").out == top.out
    assert desk.run("render", str(desk.top / "overlays/staging"), cwd=desk.home).out == top.out
    assert desk.run("render", "overlays/staging", cwd=desk.top / "base").out == top.out
    assert names(desk.run("render", "base/deployment.yaml").out) == ["Deployment web"]


def test_outside_of_git_a_directory_may_build_on_others_beside_it(bare: Desk) -> None:
    bare.write(files())
    assert len(names(bare.run("render", "overlays/staging").out)) == 2


def test_a_word_is_an_environment_first_and_a_path_with_a_dot(desk: Desk) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
    desk.write({"staging/other.yaml": other})
    assert names(desk.run("render", "staging").out) == ["ConfigMap web-settings", "Deployment web"]
    assert names(desk.run("render", "./staging").out) == ["ConfigMap other"]


def test_an_earlier_revision(desk: Desk) -> None:
    desk.commit({"base/deployment.yaml": deployment("registry.example.com/web:2.0.0")})
    assert "web:2.0.0" in desk.run("render", "staging").out
    assert "web:1.0.0" in desk.run("render", "staging", "--revision", "HEAD~1").out


def test_a_chart_sees_the_cluster_that_the_configuration_names(bare: Desk) -> None:
    bare.begin({PATH: pipeline(top='checks: {kubernetes: "1.31"}'), **CHART})
    said = bare.run("render", "charts/web")
    assert said.status == 0
    assert documents(said.out)[0]["data"] == {"colour": "blue", "version": "31"}


def test_an_environment_comes_with_what_it_declares_and_a_directory_without(bare: Desk) -> None:
    declared = {
        "apps/prod/web.yaml": ARGO % ("web", "charts/web"),
        "apps/prod/shop.yaml": ARGO % ("shop", "overlays/production"),
        **CHART,
        **files(None),
    }
    bare.begin({PATH: "version: 1\nenvironments:\n  production: {branch: main, path: apps/prod}\n", **declared})
    bare.git("remote", "add", "origin", "git@github.com:acme/shop.git")
    said = bare.run("render", "production")
    assert said.status == 0, said.err
    assert "# application: shop\n# Source: overlays/production" in said.out
    assert names(said.out)[-3:] == ["ConfigMap web-settings", "Deployment web", "ConfigMap web-settings"]
    assert names(bare.run("render", "apps/prod").out) == ["Application shop", "Application web"]
    assert names(bare.run("render", "production", "-a", "web").out) == ["ConfigMap web-settings"]
    wrong = bare.run("render", "production", "-a", "wep")
    assert (wrong.status, "did you mean web?" in wrong.err) == (2, True)


def test_what_does_not_render_is_told_on_standard_error(desk: Desk) -> None:
    desk.write({"overlays/staging/kustomization.yaml": overlay("staging", "  - gone.yaml\n")})
    said = desk.run("render", "staging")
    assert said.status == 1
    assert said.err.startswith("overlays/staging/kustomization.yaml:6: error: ")
    assert "gone.yaml" in said.err
    assert documents(said.out) == []


def test_namespaces_and_definitions_come_first(bare: Desk) -> None:
    plain = "apiVersion: v1\nkind: {0}\nmetadata: {{name: {1}}}\n---\n"
    kinds = [("ConfigMap", "b"), ("ConfigMap", "a"), ("Namespace", "shop"), ("CustomResourceDefinition", "d")]
    bare.begin({"all.yaml": "".join(plain.format(*one) for one in kinds)})
    said = bare.run("render", ".")
    assert names(said.out) == ["Namespace shop", "CustomResourceDefinition d", "ConfigMap a", "ConfigMap b"]


def test_a_reader_that_goes_away_is_no_trouble(desk: Desk) -> None:
    import os

    settings_of = {f"k{number}": "x" * 1000 for number in range(300)}
    body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": settings_of})
    desk.write({"big/big.json": body})
    from tests.desk.place import _CLI

    child = subprocess.Popen(
        [sys.executable, "-c", _CLI, "render", "big"],
        cwd=desk.top,
        env=desk.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout and child.stderr
    os.read(child.stdout.fileno(), 10)
    child.stdout.close()
    assert b"Traceback" not in child.stderr.read()
    child.wait(timeout=30)


READ_BY_GO = """
import json, sys
from helm_python import values_from_yaml
for line in sys.stdin:
    print(json.dumps(values_from_yaml(json.loads(line))), flush=True)
"""


class Go:
    """Go's YAML parser, the one that Kubernetes' tools read manifests with, in a process of its own."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", READ_BY_GO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self, text: str) -> Any:
        assert self._child.stdin and self._child.stdout
        self._child.stdin.write(json.dumps(text) + "\n")
        self._child.stdin.flush()
        return json.loads(self._child.stdout.readline())

    def close(self) -> None:
        self._child.communicate(timeout=10)


@pytest.fixture(scope="module")
def go() -> Iterator[Go]:
    reader = Go()
    yield reader
    reader.close()


NASTY = [
    *("y", "Y", "n", "N", "yes", "No", "on", "OFF", "true", "False", "null", "~", "", "Null", "NULL"),
    *("1e3", "1E5", "12e03", "08", "09", "010", "0o17", "0x1F", "0b1", "1_000", "12:30:45", "1:2", ".5", "-.5", "+1"),
    *(".inf", "-.Inf", ".NaN", "NaN", "inf", "2020-01-01", "2020-01-01T00:00:00Z", "=", "<<", "-", "- a", "? a", ": a"),
    *("a: b", "a #b", "#a", "a:", "'", '"', "'a'", "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "a\n"),
    *("a\nb", "\na", " a", "a ", "a\n\n", "\n", " \n", "a\n b\n", " a\nb", "\ta", "a\tb", "a\r\nb", "\u2028", "\x85"),
    *("\ufeff", "😀", "\x07", "\u200b", "---", "...", "--- a", "a" * 5000, "a " * 3000, "0", "-0", "1.0", "1.", "1.e3"),
    *("0.1e", "e3", "1e", "123abc", "1-2", "1.2.3", "0x", "0xg", "-1e-3", "+.1", "1__0", "190:20:30", "0777", "00"),
]


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text)[:20])
def test_every_text_arrives_as_the_text_it_is(go: Go, text: str) -> None:
    """Written plainly, the text `y` was true to Kubernetes, `1e3` a thousand and `08` eight."""
    body = {"text": text, "list": [text], f"key {text}": text}
    if "\n" not in text and len(text) < 100:
        body[text] = text
    assert go.read(dump(body)) == body


PLAIN = string.digits + string.ascii_letters + "+-._:eExXoO, "
TEXTS = st.one_of(st.text(alphabet=PLAIN, max_size=8), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
FLOATS = st.floats(-1e12, 1e12)  # what is larger Go writes as an integer
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), FLOATS, TEXTS),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(TEXTS, below, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_is_rendered_arrives(go: Go, body: dict[str, Any]) -> None:
    assert go.read(dump(body)) == body
