"""A key that is given twice in a chart is told, as Helm takes the last and says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.render.pool import EnginePool, Order
from bot.checks.charts.outline import outline
from bot.checks.charts.repeated import repeated_keys
from bot.checks.documents import parse
from bot.checks.scalars import RepeatedKeyError
from bot.model.source import HelmOptions, Source, ValuesFile

FILES = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "replicas: 1\nimage: {tag: a}\nreplicas: 2\n",
    "web/production.yaml": "image:\n  tag: b\n  tag: c\n",
    "web/templates/map.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  labels:
    app: web
    {{- if .Values.replicas }}
    size: large
    {{- else }}
    size: small
    {{- end }}
    app: shop
data:
  app: web
  text: |
    a: 1
    a: 2
  replicas: {{ .Values.replicas | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: other
""",
}
SOURCE = Source("web", "helm", HelmOptions(values=(ValuesFile("web/production.yaml"),)))


def test_each_is_told_with_its_line_and_helm_says_nothing(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with EnginePool(root=tmp_path, workers=1) as pool:
        ((_, rendered),) = pool.run([Order(tmp_path, SOURCE, tuple(FILES))])
    assert rendered.problems == (), "Helm would tell of it itself"
    assert rendered.resources[0].body["data"]["replicas"] == "2"
    found = list(repeated_keys(SOURCE, rendered, lambda path: FILES[path].encode(), "production"))
    assert [(one.path, one.line, one.field) for one in found] == [
        ("web/values.yaml", 3, "replicas"),
        ("web/production.yaml", 3, "tag"),
        ("web/templates/map.yaml", 12, "app"),
    ]
    assert found[0].message == "the key `replicas` stands twice in one mapping; only the last counts"
    assert {(one.state, one.rule, one.environment) for one in found} == {("warn", "duplicate-key", "production")}


NOT_TWICE = [
    "{{ if .a }}\nx: 1\n{{ else if .b }}\nx: 2\n{{ else }}\nx: 3\n{{ end }}\n",
    "{{ if .a }}\nx: 1\n{{ end }}\n{{ if not .a }}\nx: 2\n{{ end }}\n",
    "x:\n- a: 1\n- a: 2\n",
    "x: |\n  a: 1\n  a: 2\ny: >-\n  a: 1\n  a: 2\n",
    'a: 1\n---\na: 2\n{{ printf "---\\n" }}\na: 3\n',
    "{{/*\na: 1\na: 2\n*/}}\na: 3\n",
    "# a: 1\na: 2\n",
    '{{ define "one" }}\na: 1\n{{ end }}{{ define "two" }}\na: 2\n{{ end }}\n',
    "a: {{ .x }}\nb:\n  a: 1\nc:\n  a: 2\n",
]


@pytest.mark.parametrize("text", NOT_TWICE)
def test_what_is_not_twice(text: str) -> None:
    for document in (read := outline(text)).documents + list(read.defined.values()):
        waiting = [document]
        while waiting:
            here = waiting.pop()
            names = [(one.name, one.blocks) for one in here.children if one.kind == "key"]
            assert len(names) == len(set(names)), (text, names)
            waiting += here.children


def test_plain_yaml_tells_the_key() -> None:
    with pytest.raises(RepeatedKeyError) as caught:
        parse(b"a: 1\nb: 2\na: 3\n")
    assert (caught.value.key, caught.value.line) == ("a", 3)
