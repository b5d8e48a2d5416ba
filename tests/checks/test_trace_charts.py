"""A finding in what a chart rendered leads to the line of its values, or of its templates, that a person can mend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.render.pool import EnginePool, Order
from bot.checks.trace import trace
from bot.model.finding import Finding
from bot.model.manifest import Rendered, Resource
from bot.model.source import (
    FileParameter,
    HelmOptions,
    Parameter,
    Source,
    Values,
    ValuesFile,
    ValuesText,
)
from tests.checks.chart_files import FILES

DECLARED = ("apps/shop.yaml", 4)
PLAIN: tuple[Values, ...] = ()
PRODUCTION: tuple[Values, ...] = (ValuesFile("shop/production.yaml"),)
LAST: tuple[Values, ...] = (ValuesFile("shop/production.yaml"), ValuesFile("shop/last.yaml"))
LAID: tuple[Values, ...] = (
    ValuesFile("shop/production.yaml"),
    ValuesText("service: {port: 443}\nstore: {image: 'redis:8'}\n"),
    Parameter("image.tag", "9.9"),
    Parameter("hosts[0].port", "11"),
    FileParameter("mode", "shop/conf/extra.conf"),
)


@dataclass(frozen=True)
class World:
    """The chart, and what it renders to by the values it is given."""

    place: Path
    rendered: dict[tuple[Values, ...], Rendered]

    def read(self, path: str) -> bytes | None:
        return (self.place / path).read_bytes() if (self.place / path).is_file() else None

    def resource(self, values: tuple[Values, ...], name: str) -> Resource:
        return next(one for one in self.rendered[values].resources if f"{one.kind}/{one.name}" == name)

    def traced(self, values: tuple[Values, ...], name: str, field: str, rule: str = "") -> tuple[str, str]:
        """Return the file and the text of the line that a finding about a field leads to."""
        key = self.resource(values, name).key
        finding = Finding("policies", "pack", rule, "fail", "words", resource=key, field=field)
        source = Source("shop", "helm", HelmOptions(values=values))
        (one,) = trace([finding], self.rendered[values], self.read, source, DECLARED)
        assert one.line is not None
        return one.path, FILES[one.path].splitlines()[one.line - 1].strip() if one.path in FILES else f"line {one.line}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("checkout")
    for name, text in FILES.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with EnginePool(root=place, workers=1) as pool:
        orders = [
            Order(place, Source("shop", "helm", HelmOptions(release="x", values=values)), tuple(sorted(FILES)))
            for values in (PLAIN, PRODUCTION, LAST, LAID)
        ]
        rendered = {order.source.helm.values: outcome for order, outcome in pool.run(orders)}
    assert not [problem for one in rendered.values() for problem in one.problems]
    yield World(place, rendered)


DEPLOYMENT, SERVICE, CONFIG = "Deployment/x-shop", "Service/shop", "ConfigMap/shop"
TEMPLATE, VALUES, MORE = "shop/templates/deployment.yaml", "shop/values.yaml", "shop/production.yaml"
HELPERS = "shop/templates/_helpers.tpl"
POD, CRD = "spec.template.spec", "widgets.example.com"

TABLE: list[tuple[tuple[Values, ...], str, str, str, str, str]] = [
    # values, resource, field, rule, file, text of the line
    # what a template says itself
    (PLAIN, DEPLOYMENT, "", "", TEMPLATE, "apiVersion: apps/v1"),
    (PLAIN, DEPLOYMENT, "spec.minReadySeconds", "", TEMPLATE, "minReadySeconds: 5"),
    (PLAIN, DEPLOYMENT, "spec.selector.matchLabels.app", "", TEMPLATE, "matchLabels: {app: shop}"),
    (PLAIN, DEPLOYMENT, f"{POD}.hostNetwork", "", TEMPLATE, "hostNetwork: false"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].name", "", TEMPLATE, "- name: shop"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].env[0].value", "", TEMPLATE, 'value: "1"'),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].livenessProbe", "", TEMPLATE, "- name: shop"),
    (PLAIN, DEPLOYMENT, "metadata.name", "", TEMPLATE, 'name: {{ include "shop.name" . }}'),
    (PLAIN, SERVICE, "spec", "", TEMPLATE, "spec:"),
    (PLAIN, SERVICE, "spec.ports[0].name", "", TEMPLATE, "name: http"),
    (PLAIN, "ConfigMap/plain", "data.debug", "", "shop/templates/plain.yaml", "debug: on"),
    (PLAIN, f"CustomResourceDefinition/{CRD}", "spec.versions", "", "shop/crds/widget.yaml", "versions: []"),
    (PLAIN, "Job/init", f"{POD}.restartPolicy", "", "shop/templates/job.yaml", "restartPolicy: Never"),
    # what it takes from the values
    (PLAIN, DEPLOYMENT, "spec.replicas", "", VALUES, "replicaCount: 1"),
    (PRODUCTION, DEPLOYMENT, "spec.replicas", "", MORE, "replicaCount: 3"),
    (LAST, DEPLOYMENT, "spec.replicas", "", "shop/last.yaml", "replicaCount: 4"),
    (PLAIN, SERVICE, "spec.type", "", VALUES, "type: LoadBalancer"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].image", "registry", VALUES, "repository: registry.example.com/shop"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].image", "no-latest-tag", "shop/Chart.yaml", 'appVersion: "7.1"'),
    (LAID, DEPLOYMENT, f"{POD}.containers[0].image", "no-latest-tag", *DECLARED[:1], "line 4"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[1].image", "no-latest-tag", VALUES, "image: proxy:latest"),
    (PLAIN, DEPLOYMENT, 'metadata.annotations["example.com/mode"]', "", VALUES, "mode: slow"),
    # whole blocks of them
    (PLAIN, DEPLOYMENT, f"{POD}.nodeSelector.disk", "", VALUES, "disk: ssd"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].securityContext.runAsNonRoot", "", VALUES, "runAsNonRoot: false"),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[0].securityContext.runAsNonRoot", "", VALUES, "runAsNonRoot: false"),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[0].securityContext.privileged", "", MORE, "privileged: true"),
    (PLAIN, DEPLOYMENT, f"{POD}.securityContext.fsGroup", "", VALUES, "podSecurityContext: {}"),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[0].securityContext.capabilities", "", MORE, "securityContext:"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].resources.limits", "", VALUES, "resources: {}"),
    (PLAIN, DEPLOYMENT, f"{POD}.tolerations[0].key", "", VALUES, "tolerations: []"),
    (PLAIN, DEPLOYMENT, f"{POD}.containers[2].image", "", VALUES, "image: busybox"),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[3].image", "", MORE, "image: busybox:2"),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[2].image", "", MORE, "image: audit:1"),
    # what is ranged over
    (PLAIN, DEPLOYMENT, f"{POD}.containers[0].env[2].value", "", VALUES, 'PORT: "80"'),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[0].env[2].value", "", MORE, 'PORT: "8080"'),
    (PRODUCTION, DEPLOYMENT, f"{POD}.containers[0].env[1].value", "", VALUES, "LOG_LEVEL: info"),
    (PLAIN, CONFIG, "data.colour", "", VALUES, "colour: blue"),
    (PLAIN, "Service/host-two", "spec.ports[0].port", "", VALUES, "port: 2"),
    (PLAIN, "Service/host-two", "spec.ports[0].name", "", "shop/templates/hosts.yaml", "- port: {{ .port }}"),
    # text within text
    (PLAIN, CONFIG, 'data["app.conf"]', "", VALUES, "mode: slow"),
    (PLAIN, CONFIG, 'data["extra.conf"]', "", "shop/conf/extra.conf", "a = 1"),
    (PLAIN, CONFIG, "data.zone", "", VALUES, "zone: eu"),
    # named templates
    (PLAIN, DEPLOYMENT, "metadata.labels.team", "", VALUES, "team: web"),
    (PLAIN, DEPLOYMENT, "metadata.labels.fixed", "", HELPERS, 'fixed: "yes"'),
    (PLAIN, DEPLOYMENT, "metadata.labels.missing", "", TEMPLATE, "labels:"),
    (PLAIN, DEPLOYMENT, "spec.template.metadata.labels.team", "", VALUES, "team: web"),
    (PLAIN, "Job/init", f"{POD}.containers[0].image", "registry", VALUES, "repository: registry.example.com/shop"),
    # a subchart by its alias, and a library
    (PLAIN, "StatefulSet/cache", 'metadata.labels.size', "", VALUES, "size: 10"),
    (PLAIN, "StatefulSet/cache", "metadata.labels.zone", "", VALUES, "zone: eu"),
    (PLAIN, "StatefulSet/cache", f"{POD}.containers[0].image", "", "shop/charts/cache/values.yaml", "image: redis:7"),
    (LAID, "StatefulSet/cache", f"{POD}.containers[0].image", "", DECLARED[0], "line 4"),
    (PLAIN, "ServiceAccount/x", "automountServiceAccountToken", "", "shop/charts/lib/templates/_account.tpl",
     "automountServiceAccountToken: {{ .Values.automount | default true }}"),
    # values that stand where the chart is asked for
    (LAID, SERVICE, "spec.ports[0].port", "", DECLARED[0], "line 4"),
    (LAID, CONFIG, 'data["app.conf"]', "", "shop/conf/extra.conf", "a = 1"),
    (LAID, DEPLOYMENT, "spec.replicas", "", MORE, "replicaCount: 3"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[f"{at}-{one[1]}-{one[2]}" for at, one in enumerate(TABLE)])
def test_table(world: World, row: tuple[tuple[Values, ...], str, str, str, str, str]) -> None:
    values, name, field, rule, path, text = row
    assert world.traced(values, name, field, rule) == (path, text)


def test_what_cannot_be_read_leads_to_the_chart(world: World) -> None:
    """A template in an archive cannot be mended; the line that asks for the dependency can."""
    rendered = world.rendered[PLAIN]
    packed = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db"}}, "shop/charts/cache-0.1.0.tgz")
    nowhere = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "no"}}, "shop/Chart.yaml")
    outcome = Rendered("shop", (packed, nowhere), files=rendered.files, kind="helm")
    findings = [
        Finding("policies", "p", "", "fail", "w", resource=one.key, field="spec.x") for one in (packed, nowhere)
    ]
    one, other = trace(findings, outcome, world.read, Source("shop", "helm"))
    assert FILES[one.path].splitlines()[(one.line or 0) - 1] == "- name: cache"
    assert (other.path, other.line) == ("shop/Chart.yaml", 1)


HOSTILE = [
    "{{" * 200_000,
    "{{ " + " " * 1_000_000,
    "- " * 500_000,
    "a: b\n" * 200_000,
    "a" + " " * 1_000_000 + ":",
    "{{ if a }}" * 100_000,
    '{{"' * 200_000,
    "a: |\n" + "  {{ .Values.x }}\n" * 50_000,
    "{{ " + "(" * 100_000 + ".a" + ")" * 100_000 + ".b }}",
    "\n".join(" " * depth + "spec:" for depth in range(1_400)),
    "spec:\n" + "  template: {{ .Values.x.y }}\n" * 20_000,
    "kind: Deployment\nspec:\n" + '  {{ include "a" . }}\n' * 20_000,
    '{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}' * 1_000 + 'kind: Deployment\n{{ include "a" . }}',
    "{{- range .Values }}{{- range . }}{{- range . }}\nspec: {{ . }}\n{{ end }}{{ end }}{{ end }}",
    "{{ end }}{{ end }}{{ else }}{{ $x := }}{{ with }}{{ range $a, $b := }}spec: {{ index }}{{ dict }}",
    "\x00" + "3\x00: {{ x }}\nspec: \x000\x00",
    "---\n" * 200_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_templates_and_values_end_soon(world: World, text: str) -> None:
    """Each takes the place of the template, of the named templates, and of the values."""
    resource = world.resource(PLAIN, DEPLOYMENT)
    findings = [
        Finding("policies", "p", "", "fail", "w", resource=resource.key, field=one[2])
        for one in TABLE
        if one[1] == DEPLOYMENT
    ]
    start = time.process_time()
    for path in (TEMPLATE, HELPERS, VALUES, MORE, "shop/Chart.yaml"):
        read = lambda one, path=path: text.encode() if one == path else world.read(one)  # type: ignore[misc] # noqa: E731
        found = trace(
            findings, world.rendered[PLAIN], read, Source("shop", "helm", HelmOptions(values=PRODUCTION)), DECLARED
        )
        assert all(one.path and one.line for one in found)
    assert time.process_time() - start < 20, "tracing takes too long"


def test_every_line_of_a_real_finding_is_in_its_file(world: World) -> None:
    """Each field of each resource leads somewhere that is there."""
    for values, rendered in world.rendered.items():
        findings = [
            Finding("policies", "p", "", "fail", "w", resource=one.key, field=field)
            for one in rendered.resources
            for field in ("", *_fields(one.body))
        ]
        source = Source("shop", "helm", HelmOptions(values=values))
        for found in trace(findings, rendered, world.read, source, DECLARED):
            if (found.path, found.line) != DECLARED:
                assert 1 <= (found.line or 0) <= len(FILES[found.path].splitlines()), found


def _fields(value: object, above: str = "") -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in pairs:
        field = f"{above}[{step}]" if isinstance(step, int) else f"{above}.{step}" if above else step
        if "/" not in field and ".conf" not in field:
            yield field
            yield from _fields(below, field)
