"""What `kustomize edit` makes of a kustomization, and which options of an Application ask for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.process import run
from bot.checks.applications import argocd
from bot.checks.applications.kustomize_options import EditError, KustomizeOptions, edited, image_name
from bot.checks.documents import parse
from bot.model.source import Source
from tests.applications.argo import CHART, KUSTOMIZATION, application, declaration, messages, only_source, place

DIGEST = "sha256:24a0c4b4"

EDITS: list[tuple[str, dict[str, Any], KustomizeOptions, dict[str, Any]]] = [
    ("nothing", {"resources": ["a"]}, KustomizeOptions(), {"resources": ["a"]}),
    (
        "a prefix replaces one, as do a suffix and a namespace",
        {"namePrefix": "a-", "nameSuffix": "-a", "namespace": "a"},
        KustomizeOptions(name_prefix="b-", name_suffix="-b", namespace="b"),
        {"namePrefix": "b-", "nameSuffix": "-b", "namespace": "b"},
    ),
    (
        "images, in order of their names",
        {"images": [{"name": "z", "newTag": "1"}, {"name": "web", "newName": "old", "newTag": "1"}]},
        KustomizeOptions(images=("web=registry.example:5000/web:2", f"api@{DIGEST}", "db:3")),
        {
            "images": [
                {"name": "api", "digest": DIGEST},
                {"name": "db", "newTag": "3"},
                {"name": "web", "newTag": "2", "newName": "registry.example:5000/web"},
                {"name": "z", "newTag": "1"},
            ]
        },
    ),
    (
        "a star keeps what is there",
        {"images": [{"name": "web", "newName": "kept", "newTag": "1"}]},
        KustomizeOptions(images=("web=*:2", "api=*:3")),
        {"images": [{"name": "api", "newTag": "3"}, {"name": "web", "newName": "kept", "newTag": "2"}]},
    ),
    (
        "replicas",
        {"replicas": [{"name": "web", "count": 1}, {"name": "db", "count": 1}]},
        KustomizeOptions(replicas=(("web", 3), ("api", 2))),
        {"replicas": [{"name": "api", "count": 2}, {"name": "db", "count": 1}, {"name": "web", "count": 3}]},
    ),
    (
        "labels and annotations",
        {"commonLabels": {"a": "1"}},
        KustomizeOptions(labels={"b": "2"}, annotations={"c": "3"}),
        {"commonLabels": {"a": "1", "b": "2"}, "commonAnnotations": {"c": "3"}},
    ),
    (
        "labels that replace others",
        {"commonLabels": {"a": "1"}},
        KustomizeOptions(labels={"a": "2"}, force_labels=True),
        {"commonLabels": {"a": "2"}},
    ),
    (
        "labels that no selector gets",
        {"labels": [{"pairs": {"a": "1"}, "includeSelectors": True}]},
        KustomizeOptions(labels={"b": "2"}, labels_without_selector=True),
        {"labels": [{"pairs": {"a": "1"}, "includeSelectors": True}, {"pairs": {"b": "2"}}]},
    ),
    (
        "beside others of their kind",
        {"labels": [{"pairs": {"a": "1"}, "includeTemplates": True}]},
        KustomizeOptions(labels={"b": "2"}, labels_without_selector=True, labels_in_templates=True),
        {"labels": [{"pairs": {"a": "1", "b": "2"}, "includeTemplates": True}]},
    ),
    (
        "patches are appended",
        {"patches": [{"path": "a.yaml"}]},
        KustomizeOptions(patches=({"patch": "- op: remove", "target": {"kind": "Service"}},)),
        {"patches": [{"path": "a.yaml"}, {"patch": "- op: remove", "target": {"kind": "Service"}}]},
    ),
    (
        "components are added once",
        {"components": ["../tls"]},
        KustomizeOptions(components=("../tls", "../hpa", "../hpa")),
        {"components": ["../tls", "../hpa"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "options", "expected"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_edited(given: dict[str, Any], options: KustomizeOptions, expected: dict[str, Any]) -> None:
    before = json.dumps(given)
    assert edited(given, options) == expected
    assert json.dumps(given) == before
    assert options.any is (given != expected)


UNFIT = [
    (
        {"commonLabels": {"a": "1"}},
        KustomizeOptions(labels={"a": "2"}),
        "the label `a` is in the kustomization already; `forceCommonLabels: true` lets it be replaced",
    ),
    (
        {"commonAnnotations": {"a": "1"}},
        KustomizeOptions(annotations={"a": "1"}),
        "the annotation `a` is in the kustomization already; `forceCommonAnnotations: true` lets it be replaced",
    ),
    ({"images": {}}, KustomizeOptions(images=("a:1",)), "`images` of the kustomization is no list"),
    (
        {"images": ["a"]},
        KustomizeOptions(images=("a:1",)),
        "`images` of the kustomization is no mapping, or holds something that is none",
    ),
    ({}, KustomizeOptions(images=("web",)), "`web` is no image: write name=new-name:tag, name:tag or name@digest"),
    (
        {},
        KustomizeOptions(labels={"a": "1"}, labels_in_templates=True),
        "`labelIncludeTemplates` goes only with `labelWithoutSelector`",
    ),
]


@pytest.mark.parametrize(("given", "options", "message"), UNFIT)
def test_options_that_do_not_fit(given: dict[str, Any], options: KustomizeOptions, message: str) -> None:
    with pytest.raises(EditError) as caught:
        edited(given, options)
    assert str(caught.value) == message


IMAGES = [
    ("web", ("web", "", "")),
    ("web:1", ("web", "1", "")),
    (f"web@{DIGEST}", ("web", "", DIGEST)),
    (f"web:1@{DIGEST}", ("web", "1", DIGEST)),
    ("registry:5000/web", ("registry:5000/web", "", "")),
    ("registry:5000/web:1", ("registry:5000/web", "1", "")),
    ("a/b/c:1", ("a/b/c", "1", "")),
]


@pytest.mark.parametrize(("text", "expected"), IMAGES)
def test_image_names(text: str, expected: tuple[str, str, str]) -> None:
    assert image_name(text) == expected


FILES = {
    "prod/kustomization.yaml": KUSTOMIZATION,
    "tls/kustomization.yaml": "kind: Component\n",
    "chart/Chart.yaml": CHART,
    "odd/kustomization.yaml": "- a\n",
}


def override(kustomize: str) -> dict[str, Any]:
    source = only_source(
        f"source: {{repoURL: HERE, path: prod, kustomize: {{{kustomize}}}}}\ndestination: {{namespace: shop}}",
        place(FILES),
    )
    ((path, text),) = source.overrides
    assert path == "prod/kustomization.yaml"
    found: dict[str, Any] = json.loads(text)
    assert found.pop("resources") == ["web.yaml"]
    return found


OPTIONS = [
    ("a prefix", "namePrefix: prod-", {"namePrefix": "prod-"}),
    ("a suffix", "nameSuffix: -b", {"nameSuffix": "-b"}),
    ("a namespace, which the destination's is not", "namespace: own", {"namespace": "own"}),
    ("images", "images: ['web:2']", {"images": [{"name": "web", "newTag": "2"}]}),
    (
        "an image with a variable",
        "images: ['web=$ARGOCD_APP_NAME:2']",
        {"images": [{"name": "web", "newTag": "2", "newName": "web"}]},
    ),
    ("replicas", "replicas: [{name: web, count: 3}]", {"replicas": [{"name": "web", "count": 3}]}),
    ("replicas as text", "replicas: [{name: web, count: '3'}]", {"replicas": [{"name": "web", "count": 3}]}),
    ("labels", "commonLabels: {app: $ARGOCD_APP_NAME}", {"commonLabels": {"app": "web"}}),
    (
        "annotations as they are",
        "commonAnnotations: {a: $ARGOCD_APP_NAME}",
        {"commonAnnotations": {"a": "$ARGOCD_APP_NAME"}},
    ),
    (
        "annotations with variables",
        "commonAnnotations: {a: $ARGOCD_APP_NAME}, commonAnnotationsEnvsubst: true",
        {"commonAnnotations": {"a": "web"}},
    ),
    (
        "labels without selectors",
        "commonLabels: {a: b}, labelWithoutSelector: true, labelIncludeTemplates: true",
        {"labels": [{"includeTemplates": True, "pairs": {"a": "b"}}]},
    ),
    (
        "patches",
        "patches: [{path: p.yaml, target: {kind: Service}}]",
        {"patches": [{"path": "p.yaml", "target": {"kind": "Service"}}]},
    ),
    ("components", "components: [../tls, ../gone]", {"components": ["../tls", "../gone"]}),
    (
        "components that may be missing",
        "components: [../tls, ../gone], ignoreMissingComponents: true",
        {"components": ["../tls"]},
    ),
]


@pytest.mark.parametrize(("kustomize", "expected"), [row[1:] for row in OPTIONS], ids=[row[0] for row in OPTIONS])
def test_options(kustomize: str, expected: dict[str, Any]) -> None:
    assert override(kustomize) == expected


def test_without_options_the_file_stays_as_it_is() -> None:
    spec = "source: {repoURL: HERE, path: prod, kustomize: {version: v4.5.7}}"
    found = application(spec, place(FILES))
    assert found.sources == (Source("prod", "kustomize"),)
    assert found.notes == ("kustomize `v4.5.7` is asked for; Lockkeeper's own builds",)
    assert argocd.reads(declaration(spec), place(FILES)) == ()


def test_what_is_edited_is_read_again_when_it_changes() -> None:
    """An edited kustomization went stale: its source stayed the same while the file below it changed."""
    spec = "source: {repoURL: HERE, path: prod, kustomize: {namePrefix: a-}}"
    assert argocd.reads(declaration(spec), place(FILES)) == ("prod/kustomization.yaml",)


def test_what_is_wrong_with_the_file_is_for_kustomize_to_say() -> None:
    spec = "source: {repoURL: HERE, path: odd, kustomize: {namePrefix: a-}}"
    assert only_source(spec, place(FILES)) == Source("odd", "kustomize")


WRONG = [
    (
        "path: chart, kustomize: {namePrefix: a-}",
        "not rendered: `chart` holds no kustomization to edit its options into",
    ),
    (
        "path: prod, kustomize: {images: [web]}",
        "not rendered: `prod/kustomization.yaml` and the Application do not fit: "
        "`web` is no image: write name=new-name:tag, name:tag or name@digest",
    ),
    (
        "path: prod, kustomize: {replicas: [{name: a, count: many}]}",
        "wrong in the Application: `spec.source.kustomize.replicas[0].count` must be a whole number, not `many`",
    ),
    (
        "path: prod, kustomize: {replicas: [{name: a, count: true}]}",
        "wrong in the Application: `spec.source.kustomize.replicas[0].count` must be a whole number, not true or false",
    ),
]


@pytest.mark.parametrize(("source", "message"), WRONG)
def test_what_is_said(source: str, message: str) -> None:
    assert messages([application(f"source: {{repoURL: HERE, {source}}}", place(FILES))]) == [message]


KUBECTL = shutil.which("kubectl")
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is the oracle here, and is not on PATH")
def test_the_real_kustomize_builds_what_is_edited(tmp_path: Path) -> None:
    options = KustomizeOptions(
        name_prefix="p-",
        name_suffix="-s",
        namespace="shop",
        images=("web=registry.example:5000/web:2",),
        replicas=(("web", 3),),
        labels={"a": "b"},
        labels_without_selector=True,
        labels_in_templates=True,
        annotations={"c": "d"},
        patches=({"patch": "- {op: add, path: /metadata/labels/x, value: z}", "target": {"kind": "Deployment"}},),
        components=("../tls",),
    )
    files = {
        "tls/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: tls-\n",
        "app/web.yaml": DEPLOYMENT,
        "app/kustomization.yaml": json.dumps(edited({"resources": ["web.yaml"]}, options)),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = run([KUBECTL or "", "kustomize", "app"], cwd=tmp_path, timeout=30)
    assert done.status == 0, done.stderr
    (document,) = parse(done.stdout)
    assert document.value == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "p-tls-web-s",
            "namespace": "shop",
            "labels": {"app": "web", "a": "b", "x": "z"},
            "annotations": {"c": "d"},
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web", "a": "b"}, "annotations": {"c": "d"}},
                "spec": {"containers": [{"name": "web", "image": "registry.example:5000/web:2"}]},
            },
        },
    }
