"""Which kustomizations inflate charts that lie in the repository?

Each is a kustomization in `app`, with what its `helmCharts` (or a generator of its own) asks for.
"""

from __future__ import annotations

from collections.abc import Mapping

_TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-{{ .Chart.Name }}
  namespace: {{ .Release.Namespace }}
data:
  values: {{ toJson .Values | quote }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
"""
_HOOK = """\
apiVersion: v1
kind: Pod
metadata:
  name: %s
  annotations:
    helm.sh/hook: %s
spec:
  containers: [{name: a, image: b}]
"""
_CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""


def _chart(place: str) -> Mapping[str, str]:
    return {
        f"{place}/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
        f"{place}/web/values.yaml": "a: 1\nmap: {x: 1, z: 2}\nlist: [1]\n",
        f"{place}/web/other.yaml": "a: inside\n",
        f"{place}/web/templates/config.yaml": _TEMPLATE,
        f"{place}/web/templates/hook.yaml": _HOOK % ("hook", "pre-install"),
        f"{place}/web/templates/test.yaml": _HOOK % ("probe", "test"),
        f"{place}/web/crds/thing.yaml": _CRD,
    }


def _app(words: str, place: str = "app/charts", **files: str) -> Mapping[str, str]:
    """Return a kustomization at `app` and the chart; `files` lie beside it, `_` standing for the dot."""
    more = {f"app/{name.replace('_', '.')}": text for name, text in files.items()}
    return {"app/kustomization.yaml": words, **_chart(place), **more}


_ENTRY = "helmCharts:\n- name: web\n  releaseName: rel\n"
_GENERATOR = """\
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata:
  name: g
name: web
releaseName: rel
valuesInline:
  a: generator
"""

INFLATED: Mapping[str, Mapping[str, str]] = {
    "a chart": _app(_ENTRY),
    "without a release name": _app("helmCharts:\n- name: web\n"),
    "a namespace of the entry": _app(_ENTRY + "  namespace: shop\n"),
    "a namespace of the kustomization": _app("namespace: shop\n" + _ENTRY),
    "both namespaces": _app("namespace: shop\n" + _ENTRY + "  namespace: other\n"),
    "definitions of kinds": _app(_ENTRY + "  includeCRDs: true\n"),
    "no hooks": _app(_ENTRY + "  skipHooks: true\n"),
    "no tests": _app(_ENTRY + "  skipTests: true\n"),
    "a values file": _app(_ENTRY + "  valuesFile: own.yaml\n", own_yaml="a: own\nmap: {y: 3}\n"),
    "more values files": _app(
        _ENTRY + "  valuesFile: own.yaml\n  additionalValuesFiles: [more.yaml]\n",
        own_yaml="a: own\nmap: {y: 3}\n",
        more_yaml="a: more\n",
    ),
    "values in the entry": _app(_ENTRY + "  valuesInline:\n    a: inline\n    map: {x: null, y: 3}\n    list: [2]\n"),
    "values merged into the file's": _app(
        _ENTRY + "  valuesFile: own.yaml\n  valuesMerge: merge\n  valuesInline: {a: inline, m: {k: 1}}\n",
        own_yaml="a: own\nm: {k: 2, l: 3}\nb: own\n",
    ),
    "values over the file's": _app(
        _ENTRY + "  valuesFile: own.yaml\n  valuesMerge: override\n  valuesInline: {a: inline, m: {k: 1}}\n",
        own_yaml="a: own\nm: {k: 2, l: 3}\nb: own\n",
    ),
    "values in place of the file's": _app(
        _ENTRY + "  valuesFile: own.yaml\n  valuesMerge: replace\n  valuesInline: {a: inline}\n", own_yaml="b: own\n"
    ),
    "versions": _app(_ENTRY + '  kubeVersion: "1.30"\n  apiVersions: [example.com/v1]\n'),
    "a version of the chart that is there": _app(_ENTRY + "  version: 1.2.3\n"),
    "charts in another directory": _app(_ENTRY + "helmGlobals: {chartHome: vendor}\n", "app/vendor"),
    "charts out of the kustomization": _app(_ENTRY + "helmGlobals: {chartHome: ../vendor}\n", "vendor"),
    "a remote chart that was pulled": _app(
        _ENTRY + "  repo: https://charts.example.com\n  version: 1.2.3\n", "app/charts/web-1.2.3"
    ),
    "a chart that is not there": _app(_ENTRY.replace("web", "gone")),
    "a remote chart": _app(_ENTRY.replace("web", "gone") + "  repo: https://charts.example.com\n  version: 1.0.0\n"),
    "a remote chart that lies where pulled ones do not": _app(
        _ENTRY + "  repo: https://charts.example.com\n  version: 1.2.3\n"
    ),
    "a values file that is not there": _app(_ENTRY + "  valuesFile: gone.yaml\n"),
    "two charts": _app(_ENTRY + "- name: web\n  releaseName: two\n  skipHooks: true\n  skipTests: true\n"),
    "with what kustomize does": _app(
        "namePrefix: p-\nlabels: [{pairs: {team: blue}}]\n"
        + _ENTRY
        + 'patches:\n- target: {kind: ConfigMap}\n  patch: \'[{"op": "add", "path": "/data/more", "value": "x"}]\'\n'
    ),
    "in a base": {
        **_app(_ENTRY),
        "top/kustomization.yaml": "resources: [../app]\nnameSuffix: -s\n",
    },
    "a generator in a file": _app("generators: [generator.yaml]\n", generator_yaml=_GENERATOR),
    "a key that is none": _app(_ENTRY + "  nonesuch: 1\n"),
}
