"""What does a repository with many overlays over a shared base look like?

Each overlay renders a Deployment, a Service, an Ingress, a HorizontalPodAutoscaler and a generated ConfigMap, and
uses what overlays use: a namespace, a prefix, labels, images, replicas, a patch in the file and one beside it, and
values merged into the base's generator.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tools.bench.repositories import CONFIGURATION, Change, Generated, Root, configuration, numbered

ONE_CHANGE = 12  # so many heads change one overlay, each another one

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: registry.example.com/shop/web:1.0.0
          ports:
            - name: http
              containerPort: 8080
          envFrom:
            - configMapRef:
                name: settings
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
            limits:
              memory: 128Mi
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          livenessProbe:
            httpGet:
              path: /alive
              port: http
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - name: http
      port: 80
      targetPort: http
"""
_INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - host: web.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  name: http
"""
_AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 80
"""
_BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  - service.yaml
  - ingress.yaml
  - autoscaler.yaml
configMapGenerator:
  - name: settings
    literals:
      - level=info
      - region=north
"""
_OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {name}
namePrefix: {name}-
labels:
  - pairs:
      team: {team}
resources:
  - ../../base
images:
  - name: registry.example.com/shop/web
    newTag: {tag}
replicas:
  - name: web
    count: {replicas}
configMapGenerator:
  - name: settings
    behavior: merge
    literals:
      - level={level}
      - shard={name}
patches:
  - path: autoscaler.yaml
  - target:
      kind: Ingress
      name: web
    patch: |-
      - op: replace
        path: /spec/rules/0/host
        value: {name}.example.com
"""
PATCH = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  maxReplicas: {most}
"""


def base_files() -> dict[str, str]:
    """Return the shared base."""
    return {
        "base/kustomization.yaml": _BASE,
        "base/deployment.yaml": _DEPLOYMENT,
        "base/service.yaml": _SERVICE,
        "base/ingress.yaml": _INGRESS,
        "base/autoscaler.yaml": _AUTOSCALER,
    }


def changed_base() -> str:
    """Return another Deployment for the base: all overlays inherit the change."""
    return _DEPLOYMENT.replace("cpu: 100m", "cpu: 150m")


def overlay_file(name: str, seed: int, tag: str = "") -> str:
    """Return the kustomization of one overlay: numbers from the seed and its name, the image's tag if given."""
    draw = random.Random(f"{seed}/{name}")  # noqa: S311 - the same numbers again and again are the point
    return _OVERLAY.format(
        name=name,
        team=draw.choice(("blue", "green", "red")),
        replicas=draw.randrange(1, 6),
        level=draw.choice(("debug", "info", "warn")),
        tag=tag or f"1.{draw.randrange(9)}.{draw.randrange(30)}",  # drawn last: another tag changes nothing else
    )


def overlays(count: int, seed: int = 1, *, policies: bool = False) -> Generated:
    """Return a repository of `count` overlays in one environment.

    Heads: `one-01` … each with one overlay's image moved, each another overlay; `base` with the shared Deployment
    changed; `all` with each overlay's own file changed, and `other` with the same changed otherwise.
    """
    names = numbered("app", count)
    files = {CONFIGURATION: configuration({"production": "overlays"}, policies=policies), **base_files()}
    for name in names:
        files[f"overlays/{name}/kustomization.yaml"] = overlay_file(name, seed)
        files[f"overlays/{name}/autoscaler.yaml"] = PATCH.format(most=8)
    roots = tuple(Root("kustomize", f"overlays/{name}") for name in names)
    return Generated(f"overlays-{count}", files, _heads(names, seed), roots)


def _heads(names: Sequence[str], seed: int) -> Mapping[str, Change]:
    moved = {f"overlays/{name}/kustomization.yaml": overlay_file(name, seed, "2.0.0") for name in names}
    paths = list(moved)
    chosen = [paths[index * len(paths) // ONE_CHANGE] for index in range(ONE_CHANGE)]
    one = {
        f"one-{number:02}": {path: moved[path].replace("2.0.0", f"2.0.{number}")}
        for number, path in enumerate(chosen, 1)
    }
    other = {path: text.replace("2.0.0", "2.1.0") for path, text in moved.items()}
    return {**one, "base": {"base/deployment.yaml": changed_base()}, "all": moved, "other": other}
