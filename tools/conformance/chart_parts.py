"""Which charts show what belongs to a chart: subcharts, libraries, hooks, definitions, the cluster it is for?"""

from __future__ import annotations

from bot.model.source import HelmOptions, Parameter, ValuesText
from tools.conformance.written import Written, about, chart, packed, settings

_ALL = "all: {{ toJson .Values | quote }}"
_SUB = {
    "chart/charts/sub/Chart.yaml": about("sub"),
    "chart/charts/sub/values.yaml": "a: sub\nglobal: {g: sub, h: sub}\nexports: {data: {fromsub: 1}}\nout: {deep: 7}\n",
    "chart/charts/sub/templates/c.yaml": settings(_ALL + "\nchart: {{ .Chart.Name }}", "{{ .Release.Name }}-sub"),
}
_DEPENDS = "dependencies:\n- name: sub\n  version: 1.2.3\n"
_HOOK = (
    "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n    helm.sh/hook: {hook}\n"
    '    helm.sh/hook-weight: "{weight}"\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n'
    "      containers: [{{name: a, image: b}}]\n"
)
_CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n"
    "spec:\n  group: example.com\n  names: {kind: Thing, plural: things}\n  scope: Namespaced\n"
    "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n"
)

PARTS: tuple[Written, ...] = (
    Written(
        "subchart sees its values and globals",
        {**chart({"c.yaml": settings(_ALL)}, "sub: {a: parent, b: {c: 1}}\nglobal: {g: parent}\n", _DEPENDS), **_SUB},
        {
            "": HelmOptions(),
            "a parameter": HelmOptions(values=(Parameter("sub.b.c", "2"), Parameter("global.h", "set"))),
            "nothing": HelmOptions(values=(ValuesText("sub: {a: null}\n"),)),
        },
    ),
    Written(
        "subchart under another name, with condition and tags",
        {
            **chart(
                {"c.yaml": settings(_ALL)},
                "other: {enabled: true}\ntags: {t: true}\n",
                "dependencies:\n- {name: sub, version: 1.2.3, alias: other, condition: other.enabled, tags: [t]}\n",
            ),
            **_SUB,
        },
        {
            "on": HelmOptions(),
            "off": HelmOptions(values=(Parameter("other.enabled", "false"),)),
            "tag off": HelmOptions(values=(ValuesText("tags: {t: false}\nother: {enabled: null}\n"),)),
        },
    ),
    Written(
        "values imported from a subchart",
        {
            **chart(
                {"c.yaml": settings(_ALL)},
                "mine: {own: 1}\n",
                _DEPENDS + "  import-values: [data, {child: out, parent: mine}]\n",
            ),
            **_SUB,
        },
    ),
    Written(
        "subchart in an archive",
        {
            **chart({"c.yaml": settings(_ALL)}, "sub: {a: parent}\n", _DEPENDS),
            "chart/charts/sub-1.2.3.tgz": packed(
                {path.removeprefix("chart/charts/"): text for path, text in _SUB.items()}
            ),
        },
    ),
    Written("dependency that is not there", chart({"c.yaml": settings("a: b")}, "", _DEPENDS)),
    Written(
        "dependency of another version",
        {**chart({"c.yaml": settings("a: b")}, "", _DEPENDS.replace("1.2.3", "2.x")), **_SUB},
    ),
    Written(
        "first format, with requirements.yaml",
        {
            **chart({"c.yaml": settings(_ALL)}, "sub: {a: parent}\n"),
            "chart/Chart.yaml": about(api="v1"),
            "chart/requirements.yaml": _DEPENDS,
            **_SUB,
        },
    ),
    Written(
        "library",
        {
            **chart({"c.yaml": '{{ include "lib.c" (dict "n" "x" "root" .) }}\n'}, "", _DEPENDS.replace("sub", "lib")),
            "chart/charts/lib/Chart.yaml": about("lib", more="type: library\n"),
            "chart/charts/lib/templates/_l.tpl": '{{ define "lib.c" }}'
            + settings("a: {{ .n }}", "{{ .root.Release.Name }}")
            + "{{ end }}",
            "chart/charts/lib/templates/ignored.yaml": settings("never: shown"),
        },
    ),
    Written("library by itself", {**chart({"c.yaml": settings("a: b")}, "", "type: library\n")}),
    Written(
        "hooks and tests",
        chart(
            {
                "c.yaml": settings("a: b"),
                "pre.yaml": _HOOK.format(name="pre", hook="pre-install,pre-upgrade", weight=-5),
                "post.yaml": _HOOK.format(name="post", hook="post-install", weight=5),
                "rollback.yaml": _HOOK.format(name="back", hook="pre-rollback", weight=0),
                "test.yaml": _HOOK.format(name="test", hook="test", weight=0),
                "old.yaml": _HOOK.format(name="old", hook="test-success", weight=0),
                "odd.yaml": _HOOK.format(name="odd", hook="no-such-hook", weight=0),
            }
        ),
        {"": HelmOptions(), "no hooks": HelmOptions(hooks=False), "no tests": HelmOptions(tests=False)},
    ),
    Written(
        "definitions of kinds",
        {
            **chart({"t.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"}),
            "chart/crds/thing.yaml": _CRD + "---\n" + _CRD.replace("thing", "other").replace("Thing", "Other"),
            "chart/crds/more/nested.yaml": _CRD.replace("thing", "nested").replace("Thing", "Nested"),
            "chart/crds/README.md": "no manifest\n",
        },
        {"": HelmOptions(), "none": HelmOptions(crds=False)},
    ),
    Written(
        "what the cluster offers",
        chart(
            {
                "c.yaml": settings(
                    "version: {{ .Capabilities.KubeVersion.Version | quote }}\n"
                    "minor: {{ .Capabilities.KubeVersion.Minor | quote }}\n"
                    'has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}\n'
                    'kind: {{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}\n'
                    'apps: {{ .Capabilities.APIVersions.Has "apps/v1" | quote }}\n'
                    'compare: {{ semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version | quote }}'
                )
            }
        ),
        {
            "1.29": HelmOptions(kube_version="1.29"),
            "1.33 with more": HelmOptions(kube_version="1.33", api_versions=("example.com/v1", "example.com/v1/Thing")),
        },
    ),
    Written(
        "wants another Kubernetes",
        chart({"c.yaml": settings("a: b")}, "", 'kubeVersion: ">=1.31.0-0"\n'),
        {"too old": HelmOptions(kube_version="1.30"), "new enough": HelmOptions(kube_version="1.33")},
    ),
    Written(
        "release and chart",
        chart(
            {
                "c.yaml": settings(
                    "release: {{ toJson .Release | quote }}\n"
                    "chart: {{ .Chart.Name }}-{{ .Chart.Version }}-{{ .Chart.AppVersion }}\n"
                    "template: {{ .Template.Name }} {{ .Template.BasePath }}\nroot: {{ .Chart.IsRoot | quote }}"
                )
            },
            "",
            "annotations: {a: b}\nkeywords: [x]\n",
        ),
        {"": HelmOptions(), "named": HelmOptions(release="my-app.v2", namespace="shop")},
    ),
    Written("a name that is none", chart({"c.yaml": settings("a: b")}), {"": HelmOptions(release="Not_A_Name")}),
)
