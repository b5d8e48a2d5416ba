"""Forty mistakes that people make in manifests: what they did, in which kind, where, and the value they wrote.

The value `...` takes the field away. `raw` manifests stand on their own.
"""

from __future__ import annotations

from typing import Any

_C = "spec.template.spec.containers[0]"
_P = "spec.template.spec"

CHANGED: list[tuple[str, str, str, Any]] = [
    ("a field misspelt", "Deployment", f"{_C}.imagePulPolicy", "Always"),
    ("wrong case", "Deployment", f"{_C}.livenessprobe", {}),
    ("snake case", "Deployment", f"{_C}.volume_mounts", []),
    ("kebab case", "Deployment", f"{_C}.image-pull-policy", "Always"),
    ("plural", "Deployment", f"{_P}.container", []),
    ("one level too deep", "Deployment", f"{_C}.restartPolicy", "Always"),  # that field is for init containers
    ("one level too high", "Deployment", "spec.containers", []),
    ("two levels too high", "Deployment", "containers", []),
    ("one level too deep at the pod", "Deployment", f"{_C}.volumes", []),
    ("a pod's field in the workload", "Deployment", "spec.serviceAccountName", "web"),
    ("resources of the pod", "Deployment", f"{_P}.limits", {"cpu": "1"}),
    ("limits not in resources", "Deployment", f"{_C}.limits", {"cpu": "1"}),
    ("a number in quotes", "Deployment", "spec.replicas", "3"),
    ("a number spelt out", "Deployment", "spec.replicas", "three"),
    ("a number that is no integer", "Deployment", "spec.replicas", 1.5),
    ("an environment variable that is a number", "Deployment", f"{_C}.env[0].value", 8080),
    ("an environment variable that is a boolean", "Deployment", f"{_C}.env[0].value", True),
    ("environment variables as a mapping", "Deployment", f"{_C}.env", {"LOG_LEVEL": "info"}),
    ("a command as one text", "Deployment", f"{_C}.command", "nginx -g daemon"),
    ("an argument that is a number", "Deployment", f"{_C}.args", ["--port", 8080]),
    ("a port in quotes", "Deployment", f"{_C}.ports[0].containerPort", "8080"),
    ("a port as a list entry", "Deployment", f"{_C}.ports", [8080]),
    ("a probe's port as a list", "Deployment", f"{_C}.livenessProbe.httpGet.port", [80]),
    ("a probe without a port", "Deployment", f"{_C}.livenessProbe.httpGet.port", ...),
    ("memory as a list", "Deployment", f"{_C}.resources.limits.memory", ["1Gi"]),
    ("a label that is a number", "Deployment", "metadata.labels.version", 1.2),
    ("an annotation that is a boolean", "Deployment", "metadata.annotations", {"example.com/on": True}),
    ("labels as a list", "Deployment", "metadata.labels", ["app=web"]),
    ("no selector", "Deployment", "spec.selector", ...),
    ("an empty template", "Deployment", "spec.template", None),
    ("no containers", "Deployment", f"{_P}.containers", None),
    ("a container without a name", "Deployment", f"{_C}.name", ...),
    ("a volume's source misspelt", "Deployment", f"{_P}.volumes[1].configmap", {"name": "settings"}),
    ("a boolean in quotes", "Deployment", f"{_P}.hostNetwork", "true"),
    ("an old Ingress backend", "Ingress", "spec.rules[0].http.paths[0].backend",
     {"serviceName": "web", "servicePort": 80}),
    ("no path type", "Ingress", "spec.rules[0].http.paths[0].pathType", ...),
    ("a schedule that is missing", "CronJob", "spec.schedule", ...),
    ("a ConfigMap's number", "ConfigMap", "data.size", 5),
    ("a ConfigMap's mapping", "ConfigMap", "data.settings", {"a": "b"}),
    ("a Secret's number", "Secret", "stringData", {"pin": 1234}),
    ("a namespace beside the metadata", "Service", "namespace", "shop"),
    ("a selector with matchLabels", "Service", "spec.selector", {"matchLabels": {"app": "web"}}),
    ("a verb as one text", "Role", "rules[0].verbs", "get, list"),
    ("storage in the wrong place", "PersistentVolumeClaim", "spec.storage", "10Gi"),
    ("an access mode as one text", "PersistentVolumeClaim", "spec.accessModes", "ReadWriteOnce"),
    ("the old metric of an autoscaler", "HorizontalPodAutoscaler", "spec.targetCPUUtilizationPercentage", 70),
    ("a version without its group", "Deployment", "apiVersion", "v1"),
    ("a group misspelt", "Deployment", "apiVersion", "app/v1"),
    ("a version that never was", "Deployment", "apiVersion", "apps/v2"),
    ("a version that is gone", "CronJob", "apiVersion", "batch/v1beta1"),
    ("a kind misspelt", "Deployment", "kind", "Deploymnet"),
    ("a kind in lower case", "Deployment", "kind", "deployment"),
    ("upper case in a name", "ConfigMap", "metadata.name", "MyConfig"),
    ("an underscore in a name", "Service", "metadata.name", "my_service"),
    ("a label with a blank", "Deployment", "metadata.labels.owner", "team a"),
]  # fmt: skip

RAW: list[tuple[str, dict[str, Any]]] = [
    ("values of a chart", {"replicaCount": 1, "image": {"tag": "1"}}),
    ("no metadata", {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}),
    ("no name", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": {}}}),
    ("a pod security policy", {"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": "x"}}),
    ("a resource of an operator", {"apiVersion": "cert-manager.io/v1", "kind": "Certificate",
                                   "metadata": {"name": "x"}}),
    ("an old cluster role", {"apiVersion": "rbac.authorization.k8s.io/v1beta1", "kind": "ClusterRole",
                             "metadata": {"name": "x"}}),
]  # fmt: skip
