"""Does the real kustomize make of a Flux Kustomization what Flux makes of it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.render.order import Order
from bot.adapters.render.pool import EnginePool
from bot.checks.applications.substitution import substituted
from bot.model.source import Application
from tests.applications.flux_place import GIT, kustomization, place

FILES = {
    "apps/web/kustomization.yaml": """
resources: [deployment.yaml]
namePrefix: old-
images: [{name: db, newTag: '9'}]
""",
    "apps/web/deployment.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {team: own}}
spec:
  replicas: ${count:=1}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1"}
      - {name: db, image: "db:1"}
""",
    "apps/tls/kustomization.yaml": """
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [cert.yaml]
""",
    "apps/tls/cert.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: cert}\n",
    "plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    "plain/empty.yaml": "# nothing yet\n",
    "plain/deep/kustomization.yaml": "resources: [c.yaml]\nnamePrefix: deep-\n",
    "plain/deep/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    "plain/.sourceignore": "left-out.yaml\n",
    "plain/left-out.yaml": "no: manifest\n",
}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    with EnginePool(root=tmp_path_factory.getbasetemp(), workers=1) as pool:
        yield pool


def built(application: Application, engines: EnginePool, directory: Path) -> Mapping[str, Any]:
    """Render an application over FILES; return the bodies of its resources by name."""
    (source,) = application.sources
    files = FILES | dict(source.overrides)
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ((_, rendered),) = engines.run([Order(directory, source, tuple(files))])
    assert not rendered.problems
    resources, problems = substituted(rendered.resources, dict(application.substitute or ()))
    assert not problems
    return {one.name: one.body for one in resources}


def test_all_options(engines: EnginePool, tmp_path: Path) -> None:
    spec = """
        targetNamespace: shop, namePrefix: new-, nameSuffix: -x, images: [{name: web, newTag: '2'}],
        components: [../tls, ../none], ignoreMissingComponents: true,
        patches: [{patch: '[{"op": "add", "path": "/spec/paused", "value": true}]', target: {kind: Deployment}}],
        commonMetadata: {labels: {team: "${team}", new: b}, annotations: {note: c}},
        postBuild: {substitute: {count: "3", team: wrong}}
    """
    found = built(kustomization(spec, place(files=FILES)), engines, tmp_path)
    assert sorted(found) == ["new-cert-x", "new-web-x"]
    body = found["new-web-x"]
    assert body["metadata"] == {
        "name": "new-web-x",
        "namespace": "shop",
        "labels": {"team": "${team}", "new": "b"},
        "annotations": {"note": "c"},
    }
    assert body["spec"]["replicas"] == 3 and body["spec"]["paused"] is True
    template = body["spec"]["template"]
    assert template["metadata"] == {"labels": {"app": "web"}}
    assert [one["image"] for one in template["spec"]["containers"]] == ["web:2", "db:9"]
    assert found["new-cert-x"]["metadata"]["labels"] == {"team": "${team}", "new": "b"}


def test_a_generated_kustomization(engines: EnginePool, tmp_path: Path) -> None:
    found = built(kustomization("path: plain, namePrefix: p-", place(GIT, FILES)), engines, tmp_path)
    assert sorted(found) == ["p-a", "p-b", "p-deep-c"]


def test_a_value_of_a_variable_may_not_be_known(engines: EnginePool, tmp_path: Path) -> None:
    reference = "postBuild: {substituteFrom: [{kind: ConfigMap, name: none}]}"
    found = built(kustomization(reference, place(files=FILES)), engines, tmp_path)
    assert found["old-web"]["spec"]["replicas"] == 1
