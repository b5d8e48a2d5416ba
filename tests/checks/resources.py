"""Resources that the tests of this room start from."""

from __future__ import annotations

from typing import Any

import yaml

from bot.model.manifest import Resource

_TEXT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - {name: migrate, image: "registry.example.com/migrate:3"}
      containers:
      - name: web
        image: registry.example.com/web:1.4
        env:
        - {name: LOG_LEVEL, value: info}
        - {name: PORT, value: "8080"}
        - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
        ports:
        - {name: http, containerPort: 8080}
        - {name: metrics, containerPort: 9090}
        resources: {limits: {cpu: 500m, memory: 128Mi}, requests: {cpu: 0.1, memory: 64Mi}}
        livenessProbe: {httpGet: {path: /live, port: http}}
        volumeMounts:
        - {name: cache, mountPath: /cache}
        - {name: settings, mountPath: /settings}
      volumes:
      - {name: cache, emptyDir: {}}
      - {name: settings, configMap: {name: settings}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: web, port: {number: 80}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: report, image: "registry.example.com/report:2", args: ["--daily"]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods, services], verbs: [get, list]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Gi}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {colour: blue, nginx.conf: "user nginx;\\nworkers 4;\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
type: Opaque
data: {password: aHVudGVyMg==}
"""


def bodies() -> list[dict[str, Any]]:
    """Return fresh copies of every kind of resource above."""
    return list(yaml.safe_load_all(_TEXT))


def body(kind: str) -> dict[str, Any]:
    """Return a fresh copy of the resource of one kind."""
    return next(one for one in bodies() if one["kind"] == kind)


def resources(*given: dict[str, Any]) -> list[Resource]:
    """Return bodies as resources."""
    return [Resource(one, "overlays/staging") for one in given]
