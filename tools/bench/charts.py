"""What does a repository of charts with values for each environment look like?

Each chart renders a Deployment, a Service, a ConfigMap, an Ingress and, in production, a HorizontalPodAutoscaler. An
Argo CD Application for each chart and environment says with which values.
"""

from __future__ import annotations

import random

from tools.bench.repositories import CONFIGURATION, URL, Change, Generated, Root, configuration, numbered

ENVIRONMENTS = ("development", "staging", "production")

_HELPERS = """\
{{- define "app.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}
{{- define "app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "app.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.name" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "app.selector" . | nindent 6 }}
  template:
    metadata:
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
      labels:
        {{- include "app.labels" . | nindent 8 }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          ports:
            - name: http
              containerPort: {{ .Values.port }}
          envFrom:
            - configMapRef:
                name: {{ include "app.name" . }}
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ include "app.name" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "app.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
"""
_CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "app.name" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
data:
  {{- range $key, $value := .Values.settings }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
"""
_INGRESS = """\
{{- if .Values.ingress.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "app.name" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  rules:
    {{- range .Values.ingress.hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "app.name" $ }}
                port:
                  name: http
    {{- end }}
{{- end }}
"""
_AUTOSCALER = """\
{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "app.name" . }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "app.name" . }}
  minReplicas: {{ .Values.autoscaling.least }}
  maxReplicas: {{ .Values.autoscaling.most }}
{{- end }}
"""
_VALUES = """\
image:
  repository: registry.example.com/{name}
  tag: ""
replicas: 1
port: 8080
settings:
  level: info
  region: north
ingress:
  enabled: true
  hosts:
    - {name}.example.com
autoscaling:
  enabled: false
  least: 1
  most: 3
resources:
  requests:
    cpu: 100m
    memory: 64Mi
"""
_OWN_VALUES = """\
image:
  tag: "{tag}"
replicas: {replicas}
settings:
  level: {level}
ingress:
  hosts:
    - {name}.{environment}.example.com
autoscaling:
  enabled: {scales}
"""
_APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}-{environment}
  namespace: argocd
spec:
  project: default
  source:
    repoURL: {url}
    targetRevision: main
    path: {path}
    helm:
      releaseName: {name}
      valueFiles:
        - values-{environment}.yaml
  destination:
    server: https://kubernetes.default.svc
    namespace: {environment}
"""


def chart_files(directory: str, name: str, seed: int) -> dict[str, str]:
    """Return one chart with its values for three environments."""
    draw = random.Random(f"{seed}/{name}")  # noqa: S311 - the same numbers again and again are the point
    files = {
        "Chart.yaml": f'apiVersion: v2\nname: {name}\nversion: 1.0.0\nappVersion: "1.{draw.randrange(30)}.0"\n',
        "values.yaml": _VALUES.format(name=name),
        "templates/_helpers.tpl": _HELPERS,
        "templates/deployment.yaml": _DEPLOYMENT,
        "templates/service.yaml": _SERVICE,
        "templates/configmap.yaml": _CONFIGMAP,
        "templates/ingress.yaml": _INGRESS,
        "templates/autoscaler.yaml": _AUTOSCALER,
    }
    for environment in ENVIRONMENTS:
        files[f"values-{environment}.yaml"] = own_values(name, environment, seed)
    return {f"{directory}/{path}": text for path, text in files.items()}


def own_values(name: str, environment: str, seed: int, tag: str = "") -> str:
    """Return a chart's values for one environment: numbers from the seed and the names, the tag if given."""
    draw = random.Random(f"{seed}/{name}/{environment}")  # noqa: S311
    return _OWN_VALUES.format(
        replicas=draw.randrange(1, 6),
        level=draw.choice(("debug", "info", "warn")),
        name=name,
        environment=environment,
        scales=str(environment == "production").lower(),
        tag=tag or f"1.{draw.randrange(9)}.{draw.randrange(30)}",  # drawn last: another tag changes nothing else
    )


def application(name: str, environment: str, path: str) -> str:
    """Return the Argo CD Application of a chart in one environment."""
    return _APPLICATION.format(name=name, environment=environment, path=path, url=URL)


def root(name: str, environment: str, path: str) -> Root:
    """Return what a shell loop renders for a chart in one environment."""
    return Root("helm", path, (f"{path}/values-{environment}.yaml",), name, environment)


def charts(count: int, seed: int = 1) -> Generated:
    """Return a repository of `count` charts in three environments.

    Heads: `one-01` … each with the production image of another chart moved; `base` with a template of the first
    chart changed; `all` with the image of all charts moved in all environments, and `other` with another image.
    """
    names = numbered("app", count)
    places = {environment: f"environments/{environment}" for environment in ENVIRONMENTS}
    files = {CONFIGURATION: configuration(places)}
    moved: dict[str, str | None] = {}
    roots = []
    for name in names:
        files |= chart_files(f"charts/{name}", name, seed)
        for environment in ENVIRONMENTS:
            files[f"environments/{environment}/{name}.yaml"] = application(name, environment, f"charts/{name}")
            moved[f"charts/{name}/values-{environment}.yaml"] = own_values(name, environment, seed, "2.0.0")
            roots.append(root(name, environment, f"charts/{name}"))
    one: dict[str, Change] = {
        f"one-{number:02}": {path: own_values(name, "production", seed, f"2.0.{number}")}
        for number, name in enumerate(names[:12], 1)
        for path in [f"charts/{name}/values-production.yaml"]
    }
    changed = _SERVICE.replace("port: 80\n", "port: 8000\n")
    other = {path: (text or "").replace("2.0.0", "2.1.0") for path, text in moved.items()}
    heads = {**one, "base": {f"charts/{names[0]}/templates/service.yaml": changed}, "all": moved, "other": other}
    return Generated(f"charts-{count}", files, heads, tuple(roots))
