"""Which API versions did Kubernetes stop serving, since when, and what serves the kind now?

Source: the deprecated API migration guide of the Kubernetes documentation. Removals after 1.25 need no entry
when the kind stays in its group: `bot.checks.definitions` knows them from the data.
"""

from __future__ import annotations

from collections.abc import Mapping

# (apiVersion, kind or "*") → the minor that stopped serving it
REMOVED: Mapping[tuple[str, str], str] = {
    ("extensions/v1beta1", "Ingress"): "1.22",
    ("extensions/v1beta1", "PodSecurityPolicy"): "1.16",
    ("extensions/v1beta1", "*"): "1.16",
    ("apps/v1beta1", "*"): "1.16",
    ("apps/v1beta2", "*"): "1.16",
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): "1.22",
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): "1.22",
    ("apiextensions.k8s.io/v1beta1", "*"): "1.22",
    ("apiregistration.k8s.io/v1beta1", "*"): "1.22",
    ("authentication.k8s.io/v1beta1", "TokenReview"): "1.22",
    ("authorization.k8s.io/v1beta1", "*"): "1.22",
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest"): "1.22",
    ("coordination.k8s.io/v1beta1", "Lease"): "1.22",
    ("networking.k8s.io/v1beta1", "Ingress"): "1.22",
    ("networking.k8s.io/v1beta1", "IngressClass"): "1.22",
    ("rbac.authorization.k8s.io/v1alpha1", "*"): "1.22",
    ("rbac.authorization.k8s.io/v1beta1", "*"): "1.22",
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): "1.22",
    ("storage.k8s.io/v1beta1", "CSIDriver"): "1.22",
    ("storage.k8s.io/v1beta1", "CSINode"): "1.22",
    ("storage.k8s.io/v1beta1", "StorageClass"): "1.22",
    ("storage.k8s.io/v1beta1", "VolumeAttachment"): "1.22",
    ("autoscaling/v2beta1", "*"): "1.25",
    ("batch/v1beta1", "CronJob"): "1.25",
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): "1.25",
    ("events.k8s.io/v1beta1", "Event"): "1.25",
    ("node.k8s.io/v1beta1", "RuntimeClass"): "1.25",
    ("policy/v1beta1", "PodDisruptionBudget"): "1.25",
    ("policy/v1beta1", "PodSecurityPolicy"): "1.25",
    ("autoscaling/v2beta2", "*"): "1.26",
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity"): "1.27",
}

# groups that gave their kinds to other groups
HEIRS: Mapping[str, tuple[str, ...]] = {"extensions": ("apps", "networking.k8s.io", "policy")}

# kinds that went without a successor, and what to use instead
GONE: Mapping[str, str] = {"PodSecurityPolicy": "use Pod Security admission (labels on the Namespace) instead"}


def removed_in(api_version: str, kind: str) -> str | None:
    """Return the minor that stopped serving this kind of this apiVersion, None when the table has it not."""
    return REMOVED.get((api_version, kind)) or REMOVED.get((api_version, "*"))
