"""A finding in what kustomize rendered leads back to the file and line that a person can mend."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.checks.schema import validate
from bot.checks.trace import trace
from bot.model.finding import Finding
from bot.model.manifest import Rendered, Resource, ResourceKey
from bot.model.source import Source
from tests.render.roots import PooledRenderer

FILES = {
    "base/kustomization.yaml": """\
resources: [deployment.yaml, service.yaml]
configMapGenerator:
- name: settings
  literals:
  - colour=blue
  - size=9
""",
    "base/deployment.yaml": """\
# the shop's web server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      hostNetwork: true
      containers:
      - name: web
        image: web:1.0
        imagePulPolicy: Always
        resources:
          limits: {memory: 128Mi}
      - name: sidecar
        image: proxy:latest
""",
    "base/service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports:
  - port: 80
---
apiVersion: v1
kind: Service
metadata: {name: web-internal}
spec:
  ports:
  - port: 81
  - port: 82
""",
    "overlays/production/kustomization.yaml": """\
resources: [../../base, extra.yaml]
namespace: shop
namePrefix: prod-
images:
- name: web
  newName: evil.example.com/web
  newTag: "1.5"
replicas:
- name: web
  count: 3
patches:
- path: memory.yaml
- target: {kind: Deployment, name: web}
  path: network.yaml
- target: {kind: Service, name: web}
  patch: |-
    - op: add
      path: /spec/type
      value: NodePort
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      minReadySeconds: "ten"
""",
    "overlays/production/memory.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        resources:
          limits:
            memory: 512Mi
      - name: sidecar
        resources: {limits: {cpu: 1}}
""",
    "overlays/production/network.yaml": """\
- op: replace
  path: /spec/template/spec/hostNetwork
  value: false
- op: add
  path: /spec/strategy
  value:
    type: Recreate
""",
    "overlays/production/extra.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: extra
data:
  debug: true
""",
    "plain/all.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
data:
  port: 80
""",
}
DEPLOYMENT = ResourceKey("apps", "Deployment", "shop", "prod-web")
POD = "spec.template.spec"


@dataclass(frozen=True)
class World:
    """The checkout, and what its roots render to."""

    place: Path
    rendered: dict[str, Rendered]

    def read(self, path: str) -> bytes | None:
        return (self.place / path).read_bytes() if (self.place / path).is_file() else None

    def text(self, finding: Finding) -> tuple[str, str]:
        """Return the file and the text of the line that a finding names."""
        assert finding.line is not None
        return finding.path, FILES[finding.path].splitlines()[finding.line - 1].strip()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("checkout")
    for name, text in FILES.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with PooledRenderer(workers=1) as renderer:
        rendered = dict(renderer.render(place, ["overlays/production", "base", "plain"]))
    assert not any(one.problems for one in rendered.values())
    yield World(place, rendered)


def finding(field: str, key: ResourceKey | None = DEPLOYMENT, rule: str = "some-rule") -> Finding:
    return Finding("policies", "pack", rule, "fail", "words", resource=key, field=field)


OVERLAY = "overlays/production/kustomization.yaml"
TABLE: list[tuple[str, str, str, str]] = [
    # field, rule, file, text of the line
    (f"{POD}.containers[0].imagePulPolicy", "", "base/deployment.yaml", "imagePulPolicy: Always"),
    (f"{POD}.containers[0].image", "registry", OVERLAY, "newName: evil.example.com/web"),
    (f"{POD}.containers[0].image", "no-latest-tag", OVERLAY, 'newTag: "1.5"'),
    (f"{POD}.containers[1].image", "registry", "base/deployment.yaml", "image: proxy:latest"),
    ("spec.replicas", "", OVERLAY, "count: 3"),
    ("metadata.namespace", "", OVERLAY, "namespace: shop"),
    (f"{POD}.containers[0].resources.limits.memory", "", "overlays/production/memory.yaml", "memory: 512Mi"),
    (
        f"{POD}.containers[1].resources.limits.cpu",
        "",
        "overlays/production/memory.yaml",
        "resources: {limits: {cpu: 1}}",
    ),
    (f"{POD}.hostNetwork", "", "overlays/production/network.yaml", "value: false"),
    ("spec.strategy.type", "", "overlays/production/network.yaml", "type: Recreate"),
    ("spec.minReadySeconds", "", OVERLAY, 'minReadySeconds: "ten"'),
    # absent fields lead to where they would stand
    (f"{POD}.containers[0].securityContext.runAsNonRoot", "", "base/deployment.yaml", "- name: web"),
    (f"{POD}.containers[1].livenessProbe", "", "base/deployment.yaml", "- name: sidecar"),
    (f"{POD}.securityContext", "", "base/deployment.yaml", "spec:"),
    ("", "", "base/deployment.yaml", "apiVersion: apps/v1"),
]


@pytest.mark.parametrize("row", TABLE, ids=[f"{one[0]}-{one[1]}" for one in TABLE])
def test_fields(world: World, row: tuple[str, str, str, str]) -> None:
    field, rule, path, text = row
    (traced,) = trace([finding(field, rule=rule)], world.rendered["overlays/production"], world.read)
    assert world.text(traced) == (path, text)


def test_the_base_itself_leads_into_the_base(world: World) -> None:
    key = ResourceKey("apps", "Deployment", "", "web")
    one, other = trace(
        [finding("spec.replicas", key), finding(f"{POD}.containers[0].image", key)],
        world.rendered["base"],
        world.read,
    )
    assert world.text(one) == ("base/deployment.yaml", "replicas: 1")
    assert world.text(other) == ("base/deployment.yaml", "image: web:1.0")


def test_json_patches_in_a_kustomization(world: World) -> None:
    key = ResourceKey("", "Service", "shop", "prod-web")
    (traced,) = trace([finding("spec.type", key)], world.rendered["overlays/production"], world.read)
    assert world.text(traced) == (OVERLAY, "value: NodePort")


def test_names_that_hold_other_names(world: World) -> None:
    """The source name `web` is a part of `prod-web-internal` too, but belongs to `prod-web`."""
    key = ResourceKey("", "Service", "shop", "prod-web-internal")
    rendered = world.rendered["overlays/production"]
    one, other = trace([finding("spec.ports[1].port", key), finding("spec.type", key)], rendered, world.read)
    assert (one.path, one.line) == ("base/service.yaml", 14)
    assert (other.path, other.line) == ("base/service.yaml", 11)


def test_generated_config_maps(world: World) -> None:
    rendered = world.rendered["overlays/production"]
    key = next(one.key for one in rendered.resources if one.name.startswith("prod-settings-"))
    one, other = trace([finding("data.size", key), finding("metadata.labels", key)], rendered, world.read)
    assert world.text(one) == ("base/kustomization.yaml", "- size=9")
    assert world.text(other) == ("base/kustomization.yaml", "- name: settings")


def test_plain_manifests(world: World) -> None:
    rendered = world.rendered["plain"]
    findings = validate(rendered.resources, kubernetes="1.33", unknown_kinds="warn", environment="e")
    (traced,) = trace(findings, rendered, world.read)
    assert (traced.rule, *world.text(traced)) == ("wrong-type", "plain/all.yaml", "port: 80")


def test_schema_findings_of_a_whole_overlay(world: World) -> None:
    rendered = world.rendered["overlays/production"]
    findings = validate(rendered.resources, kubernetes="1.33", unknown_kinds="warn", environment="e")
    traced = {one.rule + " " + one.field: world.text(one) for one in trace(findings, rendered, world.read)}
    assert traced == {
        "unknown-field spec.template.spec.containers[0].imagePulPolicy": (
            "base/deployment.yaml",
            "imagePulPolicy: Always",
        ),
        "wrong-type spec.minReadySeconds": (OVERLAY, 'minReadySeconds: "ten"'),
        "wrong-type data.debug": ("overlays/production/extra.yaml", "debug: true"),
    }


def test_what_cannot_be_found_leads_to_the_kustomization(world: World) -> None:
    unknown = ResourceKey("example.com", "Widget", "", "nowhere")
    (traced,) = trace([finding("spec", unknown)], world.rendered["overlays/production"], world.read)
    assert (traced.path, traced.line) == (OVERLAY, 1)


def test_findings_without_a_resource_stay_as_they_are(world: World) -> None:
    one = finding("", None)
    assert trace([one], world.rendered["base"], world.read) == (one,)


BAD_FILES = [
    b"",
    b"\xff\xfe",
    b"a: [",
    b"- " * 5000,
    b"[" * 5000,
    b"a: &a [*a]",
    b"x: 1\nx: 2",
    b"kind: 3\nmetadata: []",
    b"patches: [1, {path: [1]}, {patch: [], target: 1}]\nresources: {a: 1}\nimages: [{name: [1]}, 2]",
    b"replicas: [{name: 1}]\nconfigMapGenerator: [{literals: 1, name: settings}]\nresources: [[1], ..]",
]


@pytest.mark.parametrize("content", BAD_FILES)
def test_hostile_files_are_passed_over(world: World, content: bytes) -> None:
    """Each file in turn is replaced; tracing must end, with some place or none."""
    rendered = world.rendered["overlays/production"]
    for bad in rendered.files:
        findings = [finding(row[0]) for row in TABLE]
        traced = trace(
            findings,
            rendered,
            lambda path, bad=bad: content if path == bad else world.read(path),  # type: ignore[misc]
        )
        assert len(traced) == len(findings)
        assert all(one.path in FILES and one.line for one in traced)


DECLARED = ("apps/shop.yaml", 7)


def over(path: str, text: str) -> Source:
    return Source("overlays/production", "kustomize", overrides=((path, text),))


def test_the_lines_of_the_real_file_count_under_an_override(world: World) -> None:
    """What an Argo CD Application edits into a kustomization moves its lines, and nobody can open that text."""
    text = "# edited\ncommonAnnotations: {a: b}\n" + FILES[OVERLAY]
    rendered = world.rendered["overlays/production"]
    findings = [finding(row[0], rule=row[1]) for row in TABLE]
    expected = trace(findings, rendered, world.read)
    assert trace(findings, rendered, world.read, over(OVERLAY, text), DECLARED) == expected


def test_what_only_an_override_says_stands_where_it_is_declared(world: World) -> None:
    text = FILES[OVERLAY].replace('newTag: "1.5"', 'newTag: "1.6"').replace("count: 3", "count: 4")
    rendered = world.rendered["overlays/production"]
    (deployment,) = (one for one in rendered.resources if one.key == DEPLOYMENT)
    body = copy.deepcopy(dict(deployment.body))
    body["spec"]["replicas"] = 4
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "evil.example.com/web:1.6"
    outcome = replace(rendered, resources=(Resource(body),))
    findings = [
        finding("spec.replicas"),
        finding(f"{POD}.containers[0].image", rule="tag"),
        finding("spec.strategy.type"),
    ]
    one, other, third = trace(findings, outcome, world.read, over(OVERLAY, text), DECLARED)
    assert (one.path, one.line) == DECLARED
    assert (other.path, other.line) == DECLARED
    assert world.text(third) == ("overlays/production/network.yaml", "type: Recreate")
    (alone,) = trace(findings[:1], outcome, world.read, over(OVERLAY, text))
    assert alone.path in FILES, "without a declaration the nearest file counts"


def test_a_kustomization_that_is_only_laid_over_is_no_place_to_send_anybody(world: World) -> None:
    made = "plain/kustomization.yaml"
    rendered = replace(world.rendered["plain"], files=(*world.rendered["plain"].files, made))
    source = Source("plain", "kustomize", overrides=((made, "resources: [all.yaml]\n"),))
    unknown = ResourceKey("example.com", "Widget", "", "nowhere")
    (traced,) = trace([finding("spec", unknown)], rendered, world.read, source, DECLARED)
    assert (traced.path, traced.line) == DECLARED
