"""Which charts are worth comparing with helm? Name, files by repository path, options."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.source import FileParameter, HelmOptions, Parameter, ValuesFile, ValuesText

CHART = "charts/web"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A chart at `charts/web`, with files of its own and others of the repository."""

    templates: Mapping[str, str] = field(default_factory=dict)
    values: str = ""
    metadata: str = ""
    options: HelmOptions = field(default_factory=lambda: HelmOptions("rel", "shop"))
    more: Mapping[str, str | bytes] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, str | bytes]:
        """Return all files by repository path."""
        own = {f"{CHART}/templates/{name}": text for name, text in self.templates.items()}
        return {f"{CHART}/Chart.yaml": metadata("web", self.metadata), f"{CHART}/values.yaml": self.values, **own} | {
            **self.more
        }


def metadata(name: str, more: str = "", version: str = "1.2.3") -> str:
    """Return a Chart.yaml."""
    return f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: '4.5'\n{more}"


def packed(files: Mapping[str, str]) -> bytes:
    """Return a chart's archive, as `helm package` makes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def options(*values: ValuesFile | ValuesText | Parameter | FileParameter, **more: object) -> HelmOptions:
    """Return the usual options with these values."""
    return HelmOptions("rel", "shop", values=values, **more)  # type: ignore[arg-type]  # a table's shorthand


ALL = CONFIG % "all" + 'data:\n  values: {{ .Values | toJson | quote }}\n  kinds: "{{ range $k, $v := .Values }}'
ALL += '{{ $k }}={{ kindOf $v }} {{ $v }}; {{ end }}"\n'
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
    spec:
      containers:
      - name: web
        image: "{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        {{- with .Values.resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
"""
NAMES = """\
{{- define "web.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "web.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
"""
WEB = {
    "deployment.yaml": DEPLOYMENT,
    "_helpers.tpl": NAMES,
    "config.yaml": CONFIG % "settings" + "data: {a: {{ .Values.a | quote }}}\n",
    "NOTES.txt": "{{ .Release.Name }} is up\n",
}
VALUES = "replicas: 2\na: b\nimage: {name: nginx}\nresources: {limits: {cpu: 100m}}\n"
SUB = {
    "Chart.yaml": metadata("db", version="0.3.0"),
    "values.yaml": "size: 1Gi\nnested: {a: 1, b: 2}\n",
    "templates/a.yaml": CONFIG % "{{ .Release.Name }}-db"
    + "data: {size: {{ .Values.size | quote }}, all: {{ .Values | toJson | quote }}}\n",
}
NEEDS_DB = "dependencies:\n- {name: db, version: 0.x, repository: 'https://charts.example.com'%s}\n"
LIBRARY = {
    "Chart.yaml": metadata("common", "type: library\n"),
    "templates/_config.tpl": '{{- define "common.config" }}' + CONFIG % "{{ .Release.Name }}-common" + "{{- end }}",
}
HOOK = CONFIG.replace("{name: %s}", "{name: %s, annotations: {helm.sh/hook: '%s'}}")
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: %s.example.com}\n"
    "spec: {group: example.com}\n"
)
HOOKS = {
    "a.yaml": CONFIG % "plain",
    "b.yaml": HOOK % ("migrate", "pre-install, Pre-Upgrade"),
    "c.yaml": HOOK % ("odd", "crd-install"),
    "tests/d.yaml": HOOK % ("probe", "test"),
    "e.yaml": HOOK % ("old", "test-success") + "---\n" + HOOK % ("gone", "post-delete"),
}
CRDS = {
    f"{CHART}/crds/a.yaml": CRD % "a" + "---\n" + CRD % "b",
    f"{CHART}/crds/deep/c.yml": "# {{ not a template }}\n" + CRD % "c",
    f"{CHART}/crds/readme.md": "no manifest",
}
CAPABLE = (
    CONFIG % "capable"
    + """data:
  version: {{ .Capabilities.KubeVersion.Version }}
  minor: {{ .Capabilities.KubeVersion.Minor | quote }}
  git: {{ .Capabilities.KubeVersion.GitVersion }}
  monitors: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" | quote }}
  batch: {{ .Capabilities.APIVersions.Has "batch/v1" | quote }}
  {{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}
  new: "yes"
  {{- end }}
"""
)


def with_db(condition: str = "", **values: str) -> dict[str, str | bytes]:
    """Return the subchart's files, unpacked."""
    del condition, values
    return {f"{CHART}/charts/db/{name}": text for name, text in SUB.items()}


LAYERS: dict[str, str | bytes] = {
    "env/a.yaml": "replicas: 3\nimage: {tag: '1.0'}\nlist: [{a: 1}, {a: 2}]\n",
    "env/b.yaml": "image: {tag: '2.0'}\na: null\n---\nreplicas: 5\n",
    "env/word.txt": "some, words\nand = more\n",
}

SCENARIOS: Mapping[str, Scenario] = {
    "named templates, tpl of others, notes": Scenario(WEB, VALUES),
    "values files in order, null takes away": Scenario(
        WEB, VALUES, options=options(ValuesFile("env/a.yaml"), ValuesFile("env/b.yaml")), more=LAYERS
    ),
    "a values file that may be missing": Scenario(
        WEB, VALUES, options=options(ValuesFile("env/z.yaml", optional=True), ValuesFile("env/a.yaml")), more=LAYERS
    ),
    "texts between files": Scenario(
        {"a.yaml": ALL},
        VALUES,
        options=options(
            ValuesText("replicas: 7\nonly: text\n"),
            ValuesFile("env/a.yaml"),
            ValuesText('{"image": {"tag": "3"}, "big": 12345678}'),
        ),
        more=LAYERS,
    ),
    "parameters over files, wherever they stand": Scenario(
        {"a.yaml": ALL},
        VALUES,
        options=options(
            FileParameter("word", "env/word.txt"),
            Parameter("image.tag", "007", text=True),
            Parameter("image.tag", "12345678"),
            Parameter("replicas", "9"),
            ValuesFile("env/a.yaml"),
        ),
        more=LAYERS,
    ),
    "kinds of parameters": Scenario(
        {"a.yaml": ALL},
        VALUES + "nested: {deep: {x: 1}}\n",
        options=options(
            Parameter("whole", "20261125"),
            Parameter("huge", "9007199254740993"),
            Parameter("negative", "-1234567"),
            Parameter("truth", "true"),
            Parameter("nothing", "null"),
            Parameter("a", "null"),
            Parameter("fraction", "1.50"),
            Parameter("octal", "010"),
            Parameter("empty", ""),
            Parameter("commas", "x,y\\,z"),
            Parameter("listed", "{1,b,true}"),
            Parameter("text", "{1,2}", text=True),
            Parameter("quoted\\.key", "v"),
            Parameter("nested.deep.y", "1000000"),
            Parameter("annotations.example\\.com/a", "1"),
            Parameter("equals", "a=b=c"),
        ),
    ),
    "entries of lists": Scenario(
        {"a.yaml": ALL},
        "list: [{a: 1, b: 2}, {a: 3}]\nplain: [1, 2, 3]\n",
        options=options(
            ValuesFile("env/a.yaml"),
            Parameter("list[1].v", "9000000"),
            Parameter("list[3].w", "x"),
            Parameter("plain[1]", "5000000"),
            Parameter("plain[1]", "7000000"),
            Parameter("deep[1][0].x", "1"),
        ),
        more=LAYERS,
    ),
    "whole numbers compare as whole numbers": Scenario(
        {"a.yaml": CONFIG % "a" + "data: {one: '{{ eq .Values.n 1 }}', print: '{{ printf \"%d\" .Values.n }}'}\n"},
        options=options(Parameter("n", "1")),
    ),
    "whole numbers of subcharts and globals": Scenario(
        {"a.yaml": CONFIG % "a" + "data: {g: '{{ .Values.global.id }}'}\n"},
        "global: {id: 1}\n",
        NEEDS_DB % "",
        options(Parameter("db.size", "20261125"), Parameter("global.id", "30261125")),
        {
            **with_db(),
            f"{CHART}/charts/db/templates/b.yaml": CONFIG % "b" + "data: {g: '{{ .Values.global.id }}'}\n",
        },
    ),
    "subchart": Scenario({}, "db: {size: 2Gi, nested: {b: null}}\nglobal: {g: 1}\n", NEEDS_DB % "", more=with_db()),
    "subchart switched off": Scenario(
        {"a.yaml": CONFIG % "a"}, "db: {enabled: false}\n", NEEDS_DB % ", condition: db.enabled", more=with_db()
    ),
    "subchart by tag and alias": Scenario(
        {"a.yaml": CONFIG % "a"},
        "tags: {data: true}\nstore: {size: 9Gi}\n",
        NEEDS_DB % ", tags: [data], alias: store",
        more=with_db(),
    ),
    "values handed up": Scenario(
        {"a.yaml": ALL}, "", NEEDS_DB % ", import-values: [{child: nested, parent: taken}]", more=with_db()
    ),
    "packed subchart": Scenario(
        {"a.yaml": CONFIG % "a"},
        "db: {size: 4Gi}\n",
        NEEDS_DB % "",
        more={f"{CHART}/charts/db-0.3.0.tgz": packed({f"db/{name}": text for name, text in SUB.items()})},
    ),
    "packed subchart and whole numbers": Scenario(
        {"a.yaml": CONFIG % "a"},
        "",
        NEEDS_DB % "",
        options(Parameter("db.size", "20261125")),
        {f"{CHART}/charts/db-0.3.0.tgz": packed({f"db/{name}": text for name, text in SUB.items()})},
    ),
    "library chart": Scenario(
        {"a.yaml": '{{ include "common.config" . }}'},
        "",
        "dependencies: [{name: common, version: 1.x, repository: 'file://../common'}]\n",
        more={f"{CHART}/charts/common/{name}": text for name, text in LIBRARY.items()},
    ),
    "old chart with requirements": Scenario(
        {"a.yaml": CONFIG % "a"},
        more={
            f"{CHART}/Chart.yaml": "apiVersion: v1\nname: web\nversion: 1.0.0\n",
            f"{CHART}/requirements.yaml": NEEDS_DB % "",
            **with_db(),
        },
    ),
    "hooks": Scenario(HOOKS),
    "no hooks": Scenario(HOOKS, options=options(hooks=False)),
    "no tests": Scenario(HOOKS, options=options(tests=False)),
    "CRDs": Scenario(
        {"a.yaml": CONFIG % "a"},
        "",
        NEEDS_DB % "",
        more={**CRDS, **with_db(), f"{CHART}/charts/db/crds/d.yaml": CRD % "d"},
    ),
    "CRDs of a subchart switched off": Scenario(
        {"a.yaml": CONFIG % "a"},
        "db: {enabled: false}\n",
        NEEDS_DB % ", condition: db.enabled",
        more={**with_db(), f"{CHART}/charts/db/crds/d.yaml": CRD % "d"},
    ),
    "no CRDs": Scenario({"a.yaml": CONFIG % "a"}, options=options(crds=False), more=CRDS),
    "capabilities of the engine": Scenario({"a.yaml": CAPABLE}),
    "capabilities of a version": Scenario(
        {"a.yaml": CAPABLE},
        options=options(kube_version="1.29", api_versions=("monitoring.coreos.com/v1/ServiceMonitor", "x/v1")),
    ),
    "hooks see the capabilities, too": Scenario(
        {"a.yaml": CAPABLE.replace("{name: capable}", "{name: capable, annotations: {helm.sh/hook: pre-install}}")},
        options=options(kube_version="1.25"),
    ),
    "a version that the chart asks for": Scenario(
        {"a.yaml": CONFIG % "a"}, metadata="kubeVersion: '>=1.25.0-0'\n", options=options(kube_version="1.33")
    ),
    "tpl, files, lookup": Scenario(
        {
            "a.yaml": CONFIG
            % "a"
            + 'data:\n  tpl: {{ tpl .Values.text . | quote }}\n  file: {{ .Files.Get "files/a.txt" | quote }}\n'
            '  {{- range $path, $_ := .Files.Glob "files/*.json" }}\n'
            "  {{ base $path }}: {{ $.Files.Get $path | b64enc }}\n  {{- end }}\n"
            '  found: {{ lookup "v1" "Secret" "a" "b" | toJson | quote }}\n'
            '  host: {{ getHostByName "localhost" | quote }}\n'
            '  lines: {{ .Files.Lines "files/a.txt" | toJson | quote }}\n'
        },
        "text: '{{ .Release.Name }}-{{ .Values.other }}'\nother: x\n",
        more={f"{CHART}/files/a.txt": "one\ntwo\n", f"{CHART}/files/b.json": '{"a": 1}'},
    ),
    "ignored files": Scenario(
        {"a.yaml": CONFIG % "a", "b.yaml.bak": "{{ broken", "skip/c.yaml": "{{ broken"},
        more={f"{CHART}/.helmignore": "# words\n*.bak\nskip/\n"},
    ),
    "ignored files and whole numbers": Scenario(
        {"a.yaml": ALL, "b.yaml.bak": "{{ broken", "skip/c.yaml": "{{ broken", ".hidden.yaml": "{{ broken"},
        options=options(Parameter("n", "1")),
        more={f"{CHART}/.helmignore": "# words\n*.bak\nskip/\n/files\n", f"{CHART}/files": "x"},
    ),
    "several documents, comments, odd scalars, no suffix": Scenario(
        {
            "a.yaml": "# nothing\n---\n" + CONFIG % "a" + "data: {x: yes, y: 010, z: 1.0}\n---\n---\n" + CONFIG % "b",
            "deep/er/b.txt": CONFIG % "c" + "data:\n  x: |\n    a\n    ---\n    b\n--- # words\n" + CONFIG % "d",
            "c.yaml": "{{- if .Values.never }}\n" + CONFIG % "e" + "{{- end }}\n",
            "d.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "f"}, "data": {"n": "1"}}',
        }
    ),
    "a key that stands twice": Scenario({"a.yaml": CONFIG % "a" + "data: {a: b}\ndata: {c: d}\n"}),
    "lists": Scenario(
        {
            "a.yaml": "apiVersion: v1\nkind: List\nitems:\n"
            "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
            "- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
        }
    ),
    "large numbers": Scenario({"a.yaml": CONFIG % "a" + "data: {x: 9007199254740993, y: 1e3}\n"}),
    "a schema that fits": Scenario(
        {"a.yaml": ALL},
        "n: 1\n",
        more={f"{CHART}/values.schema.json": '{"type": "object", "properties": {"n": {"type": "integer"}}}'},
    ),
}

BROKEN: Mapping[str, tuple[Scenario, str, int | None, str]] = {
    "a value that is not there": (
        Scenario({"a.yaml": CONFIG % "a" + "data: {x: {{ .Values.a.b.c }}}\n"}),
        f"{CHART}/templates/a.yaml",
        4,
        "nil pointer evaluating interface {}.b",
    ),
    "a template that does not parse": (
        Scenario({"a.yaml": CONFIG % "a" + "{{ if }}\n"}),
        f"{CHART}/templates/a.yaml",
        4,
        "missing value for if",
    ),
    "a failure in a helper": (
        Scenario(
            {
                "a.yaml": CONFIG % "a" + '{{ include "x" . }}',
                "_x.tpl": '{{ define "x" }}\n{{ index .Values.list 3 }}{{ end }}',
            },
            "list: [1]\n",
        ),
        f"{CHART}/templates/_x.tpl",
        2,
        "out of range",
    ),
    "a failure in a subchart": (
        Scenario(
            metadata=NEEDS_DB % "",
            more={**with_db(), f"{CHART}/charts/db/templates/b.yaml": "a: 1\n\n{{ fail `no db` }}\n"},
        ),
        f"{CHART}/charts/db/templates/b.yaml",
        3,
        "no db",
    ),
    "a failure in a packed subchart": (
        Scenario(
            metadata=NEEDS_DB % "",
            more={
                f"{CHART}/charts/db-1.tgz": packed({"db/Chart.yaml": SUB["Chart.yaml"], "db/templates/a": "{{ x }}"})
            },
        ),
        f"{CHART}/charts/db-1.tgz",
        1,
        'function "x" not defined',
    ),
    "required": (
        Scenario({"a.yaml": "{{ required `give me x` .Values.x }}"}),
        f"{CHART}/templates/a.yaml",
        1,
        "give me x",
    ),
    "what is no YAML": (
        Scenario({"a.yaml": CONFIG % "a" + "data: : x\n"}),
        f"{CHART}/templates/a.yaml",
        None,
        "YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 4: "
        "mapping values are not allowed in this context",
    ),
    "what is no manifest": (
        Scenario({"a.yaml": "- a\n- b\n"}),
        f"{CHART}/templates/a.yaml",
        None,
        "cannot unmarshal array",
    ),
    "an include of nothing": (
        Scenario({"a.yaml": '{{ include "nowhere" . }}'}),
        f"{CHART}/templates/a.yaml",
        1,
        'no template "nowhere"',
    ),
    "a library chart": (
        Scenario(metadata="type: library\n"),
        f"{CHART}/Chart.yaml",
        None,
        "library charts are not installable",
    ),
    "another version of Kubernetes": (
        Scenario({"a.yaml": CONFIG % "a"}, metadata="kubeVersion: '>=1.99'\n", options=options(kube_version="1.33.0")),
        f"{CHART}/Chart.yaml",
        None,
        "chart requires kubeVersion: >=1.99 which is incompatible with Kubernetes v1.33.0",
    ),
    "dependencies that are not vendored": (
        Scenario({"a.yaml": CONFIG % "a"}, metadata=NEEDS_DB % ""),
        f"{CHART}/Chart.yaml",
        None,
        "found in Chart.yaml, but missing in charts/ directory: db",
    ),
    "values that do not fit the schema": (
        Scenario(
            {"a.yaml": ALL},
            "a: {count: 1}\n",
            options=options(ValuesFile("env/a.yaml")),
            more={
                f"{CHART}/values.schema.json": '{"properties": {"a": {"properties": {"count": {"type": "integer"}}}}}',
                "env/a.yaml": "# words\na:\n  count: x\n",
            },
        ),
        "env/a.yaml",
        3,
        "a.count: got string, want integer (values.schema.json)",
    ),
    "values that are no YAML": (
        Scenario(
            {"a.yaml": ALL}, options=options(ValuesFile("env/a.yaml")), more={"env/a.yaml": "a: b\n---\nc: d: e\n"}
        ),
        "env/a.yaml",
        3,
        "failed to parse env/a.yaml",
    ),
    "a parameter that leads into a text": (
        Scenario({"a.yaml": ALL}, options=options(ValuesText("a: text"), Parameter("a.b", "1"))),
        f"{CHART}/Chart.yaml",
        None,
        "failed parsing --set data: unable to parse key: interface conversion: interface {} is string, "
        "not map[string]interface {}",
    ),
    "a release name that is none": (
        Scenario({"a.yaml": ALL}, options=HelmOptions("Not_A_Name")),
        f"{CHART}/Chart.yaml",
        None,
        'release name "Not_A_Name": invalid release name',
    ),
    "a chart without a version": (
        Scenario({"a.yaml": ALL}, more={f"{CHART}/Chart.yaml": "apiVersion: v2\nname: web\n"}),
        f"{CHART}/Chart.yaml",
        None,
        "validation: chart.metadata.version is required",
    ),
    "default values that are no YAML": (
        Scenario({"a.yaml": ALL}, "a: b\nc: d: e\n"),
        f"{CHART}/values.yaml",
        2,
        "cannot load values.yaml",
    ),
}
