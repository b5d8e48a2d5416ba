"""A chart with all the ways in which templates take values, for the tests that lead findings back."""

from __future__ import annotations

FILES = {
    "shop/Chart.yaml": """\
apiVersion: v2
name: shop
version: 1.2.3
appVersion: "7.1"
dependencies:
- name: cache
  version: 0.1.0
  alias: store
- name: lib
  version: 0.1.0
""",
    "shop/values.yaml": """\
replicaCount: 1
image:
  repository: registry.example.com/shop
  tag: ""
sidecar:
  image: proxy:latest
resources: {}
securityContext:
  runAsNonRoot: false
podSecurityContext: {}
nodeSelector:
  disk: ssd
extraContainers:
- name: debug
  image: busybox
env:
  LOG_LEVEL: info
  PORT: "80"
settings:
  theme:
    colour: blue
tolerations: []
service:
  port: 80
  type: LoadBalancer
common:
  team: web
hosts:
- name: one
  port: 1
- name: two
  port: 2
mode: slow
store:
  size: 10
global:
  zone: eu
""",
    "shop/production.yaml": """\
replicaCount: 3
securityContext:
  privileged: true
extraContainers:
- name: audit
  image: audit:1
- name: debug
  image: busybox:2
env:
  PORT: "8080"
""",
    "shop/last.yaml": "replicaCount: 4\n",
    "shop/templates/_helpers.tpl": """\
{{- define "shop.name" -}}
{{ .Release.Name }}-shop
{{- end }}

{{- define "shop.labels" -}}
app: {{ .Chart.Name }}
team: {{ .Values.common.team }}
fixed: "yes"
{{- end }}

{{- define "shop.image" -}}
{{- printf "%s:%s" .repository (.tag | default "none") -}}
{{- end }}

{{- define "shop.rendered" -}}
{{- tpl (.value | toYaml) .context }}
{{- end }}
""",
    "shop/templates/deployment.yaml": """\
{{- $mode := .Values.mode -}}
{{- if .Values.replicaCount }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
  labels:
    {{- include "shop.labels" . | nindent 4 }}
  annotations:
    example.com/mode: {{ $mode | quote }}
spec:
  replicas: {{ .Values.replicaCount }}
  minReadySeconds: 5
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels:
        app: shop
        {{- with .Values.common }}
        team: {{ .team | upper }}
        {{- end }}
    spec:
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .Values.hostNetwork }}
      hostNetwork: true
      {{- else }}
      hostNetwork: false
      {{- end }}
      securityContext: {{- toYaml .Values.podSecurityContext | nindent 8 }}
      tolerations: {{- include "shop.rendered" (dict "value" .Values.tolerations "context" $) | nindent 8 }}
      containers:
      - name: shop
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        securityContext:
          {{- toYaml .Values.securityContext | nindent 10 }}
        {{- if .Values.resources }}
        resources: {{ toYaml .Values.resources | nindent 10 }}
        {{- end }}
        env:
        - name: FIXED
          value: "1"
        {{- range $name, $value := .Values.env }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      - name: sidecar
        image: {{ .Values.sidecar.image }}
      {{- include "shop.rendered" (dict "value" .Values.extraContainers "context" $) | nindent 6 }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  type: {{ .Values.service.type }}
  ports:
  - port: {{ .Values.service.port }}
    name: http
""",
    "shop/templates/config.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  {{- range $key, $value := .Values.settings.theme }}
  {{ $key }}: {{ $value }}
  {{- end }}
  zone: {{ .Values.global.zone }}
  app.conf: |
    mode = {{ .Values.mode }}
    port = {{ .Values.service.port }}
  {{- (.Files.Glob "conf/*").AsConfig | nindent 2 }}
""",
    "shop/templates/hosts.yaml": """\
{{- range .Values.hosts }}
---
apiVersion: v1
kind: Service
metadata:
  name: host-{{ .name }}
spec:
  ports:
  - port: {{ .port }}
{{- end }}
""",
    "shop/templates/job.yaml": """\
apiVersion: batch/v1
kind: Job
metadata:
  name: init
  annotations:
    helm.sh/hook: pre-install
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: init
        image: {{ include "shop.image" (dict "repository" .Values.image.repository "tag" .Values.initTag) }}
""",
    "shop/templates/plain.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: plain}
data:
  debug: on
""",
    "shop/templates/library.yaml": """\
{{ include "lib.account" . }}
""",
    "shop/conf/extra.conf": "a = 1\n",
    "shop/crds/widget.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: []
""",
    "shop/charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 0.1.0\n",
    "shop/charts/cache/values.yaml": """\
size: 1
image: redis:7
""",
    "shop/charts/cache/templates/set.yaml": """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: cache
  labels:
    zone: {{ .Values.global.zone }}
    size: {{ .Values.size | quote }}
spec:
  serviceName: cache
  selector:
    matchLabels: {app: cache}
  template:
    metadata:
      labels: {app: cache}
    spec:
      containers:
      - name: cache
        image: {{ .Values.image }}
""",
    "shop/charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
    "shop/charts/lib/templates/_account.tpl": """\
{{- define "lib.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
automountServiceAccountToken: {{ .Values.automount | default true }}
{{- end }}
""",
}
