"""Are plain directories read as kubectl applies them: every manifest, nothing else, problems on their line?"""

from __future__ import annotations

import pytest

from tests.render.conftest import Write
from tests.render.roots import PooledRenderer

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def test_manifests_with_file_and_line(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(
        {
            "k8s/b.yml": CONFIG % "one" + "---\n\n# words\n" + CONFIG % "two",
            "k8s/deep/er/a.json": '{"apiVersion": "v1",\n\t"kind": "ConfigMap", "metadata": {"name": "three"}}',
            "k8s/readme.md": "kind: no",
            "k8s/values.yaml": "image: {tag: 1}\n",
            "k8s/empty.yaml": "",
            "k8s/list.yaml": "- a\n- b\n",
            "k8s/kustomize/kustomization.yaml": KUSTOMIZATION,
            "k8s/.hidden/a.yaml": CONFIG % "hidden",
            "k8s/chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "k8s/chart/templates/a.yaml": "{{ if }}",
            "other/a.yaml": CONFIG % "other",
        }
    )
    rendered = renderer.render(checkout, ["k8s"])["k8s"]
    assert (rendered.kind, rendered.problems) == ("plain", ())
    assert [(one.name, one.path, one.line) for one in rendered.resources] == [
        ("one", "k8s/b.yml", 1),
        ("two", "k8s/b.yml", 7),
        ("three", "k8s/deep/er/a.json", 1),
    ]
    assert "k8s/values.yaml" in rendered.files
    assert "other/a.yaml" not in rendered.files


def test_the_whole_repository_and_a_single_file(renderer: PooledRenderer, write: Write) -> None:
    checkout = write({"a.yaml": CONFIG % "one", ".github/workflows/ci.yaml": "on: push\n"})
    for root in ("", "a.yaml"):
        assert [one.path for one in renderer.render(checkout, [root])[root].resources] == ["a.yaml"]


def test_lists_are_unpacked(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(
        {
            "k8s/a.yaml": "apiVersion: v1\nkind: List\nitems:\n"
            "- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
            "- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - {metadata: {name: b}}\n"
        }
    )
    found = renderer.render(checkout, ["k8s"])["k8s"].resources
    assert [str(one.key) for one in found] == ["Secret a", "ConfigMap b"]


def test_scalars_mean_what_they_mean_to_kubernetes(renderer: PooledRenderer, write: Write) -> None:
    checkout = write({"k8s/a.yaml": CONFIG % "a" + "data: {on: yes, b: 010, c: 12:30:45}\n"})
    (one,) = renderer.render(checkout, ["k8s"])["k8s"].resources
    assert one.body["data"] == {"true": True, "b": 8, "c": "12:30:45"}


def test_all_problems_together_and_then_no_resources(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(
        {
            "k8s/a.yaml": CONFIG % "fine",
            "k8s/b.yaml": "kind: Service\nmetadata: [\n",
            "k8s/c.json": '{\n"a": 1,\n}',
            "k8s/d.yaml": CONFIG % "fine" + "---\nkind: Service\nmetadata: {name: web}\n",
            "k8s/e.yaml": "---\napiVersion: v1\nmetadata: {name: web}\n",
            "k8s/f.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n",
        }
    )
    rendered = renderer.render(checkout, ["k8s"])["k8s"]
    assert rendered.resources == ()
    assert [(one.path, one.line) for one in rendered.problems] == [
        ("k8s/b.yaml", 3),
        ("k8s/c.json", 2),
        ("k8s/d.yaml", 5),
        ("k8s/e.yaml", 2),
        ("k8s/f.yaml", 3),
    ]
    assert [one.message for one in rendered.problems[2:4]] == [
        "the manifest has no apiVersion",
        "the manifest has no kind",
    ]


@pytest.mark.parametrize("root", ["nowhere", "a/b/c"])
def test_a_directory_that_is_not_there(renderer: PooledRenderer, write: Write, root: str) -> None:
    rendered = renderer.render(write({"a/x.yaml": CONFIG % "a"}), [root])[root]
    assert (rendered.kind, rendered.resources, rendered.problems) == ("absent", (), ())
