"""Which resources and policies are made up for the bench? What people write most often, twenty of each kind."""

from __future__ import annotations

from typing import Any

from bot.model.manifest import Resource

POLICIES, RESOURCES = 20, 1_000
_MIX = ("Deployment", "StatefulSet", "CronJob", "Pod", "Service", "ConfigMap", "Deployment", "Ingress")
Json = dict[str, Any]


def resources(count: int = RESOURCES) -> list[Resource]:
    """Return workloads with three containers and other kinds; every tenth breaks rules."""
    return [Resource(_body(index)) for index in range(count)]


def _body(index: int) -> Json:
    kind, bad = _MIX[index % len(_MIX)], index % 10 == 0
    metadata = {"name": f"r{index}", "namespace": f"n{index % 9}", "labels": {"app": f"a{index}"}}
    container: Json = {
        "image": "nginx" if bad else "registry.example.com/shop/web:1.4.2",
        "securityContext": {"allowPrivilegeEscalation": False, "privileged": bad, "runAsNonRoot": True},
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "ports": [{"containerPort": 8080, "name": "http"}],
        "env": [{"name": f"E{number}", "value": "x"} for number in range(5)],
    }
    pod = {
        "containers": [{"name": "web", **container}, {"name": "side", **container}],
        "initContainers": [{"name": "init", **container}],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    template = {"metadata": {"labels": {"app": "x"}}, "spec": pod}
    match kind:
        case "Pod":
            return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
        case "CronJob":
            spec = {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": spec}
        case "Deployment" | "StatefulSet":
            spec = {"replicas": 1 if bad else 2, "selector": {"matchLabels": {"app": "x"}}, "template": template}
            return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
        case "Ingress":
            return {"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": {}}
        case _:
            return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {"type": "ClusterIP"}}


_DENY = (
    ("{{ request.object.spec.replicas || `1` }}", "LessThan", 2),
    ("{{ request.object.spec.containers[].image || `[]` }}", "AnyIn", ["*:latest", "nginx*"]),
    ("{{ request.object.spec.containers[].ports[].hostPort || `[]` }}", "AnyNotIn", [0]),
    ("{{ request.object.spec.[containers, initContainers][].securityContext.privileged }}", "AnyIn", [True]),
    ("{{ length(request.object.spec.volumes[?hostPath] || `[]`) }}", "GreaterThan", 0),
    ("{{ request.object.metadata.labels.team || '' }}", "Equals", ""),
    ("{{ request.object.metadata.labels.app || '' }}", "NotEquals", "x"),
    ("{{ request.object.spec.containers[0].resources.limits.memory || '0' }}", "GreaterThan", "8Gi"),
    ("{{ request.namespace }}", "AnyIn", ["default", "kube-*"]),
    ("{{ request.object.spec.containers[].name | length(@) }}", "GreaterThan", 5),
)
_FOREACH = (
    ("{{ element.securityContext.privileged || `false` }}", "Equals", True),
    ("{{ element.image }}", "NotEquals", "registry.example.com/*"),
    ("{{ element.resources.limits.memory || '' }}", "Equals", ""),
    ("{{ element.env[].name || `[]` }}", "AnyIn", ["*PASSWORD*", "*TOKEN*"]),
    ("{{ element.imagePullPolicy || 'Always' }}", "AnyNotIn", ["Always", "IfNotPresent"]),
)


def conditions() -> list[Json]:
    """Return rules with `deny` and with `foreach` about Pods, half of each."""
    return [_denying(number, _DENY[number // 2], number % 2 == 1) for number in range(POLICIES)]


def _denying(number: int, condition: tuple[str, str, Any], loops: bool) -> Json:
    if loops:
        condition = _FOREACH[number // 2 % len(_FOREACH)]
    key, operator, value = condition
    deny = {"deny": {"conditions": {"any": [{"key": key, "operator": operator, "value": value}]}}}
    validate = {"foreach": [{"list": "request.object.spec.containers", **deny}]} if loops else deny
    rule = {
        "name": "rule",
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "validate": {"failureAction": "Enforce", "message": "not so", **validate},
    }
    metadata = {"name": f"policy-{number}"}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": metadata, "spec": {"rules": [rule]}}


_CONTAINERS = "object.spec.template.spec.containers"
_CEL = (
    f"{_CONTAINERS}.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)",
    f"{_CONTAINERS}.all(c, !has(c.securityContext) || !c.securityContext.privileged)",
    f"{_CONTAINERS}.all(c, c.image.startsWith('registry.example.com/'))",
    f"!{_CONTAINERS}.exists(c, c.image.endsWith(':latest') || !c.image.contains(':'))",
    f"{_CONTAINERS}.all(c, c.securityContext.runAsNonRoot && !c.securityContext.allowPrivilegeEscalation)",
    f"{_CONTAINERS}.all(c, c.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",
    f"{_CONTAINERS}.map(c, c.name).all(name, name.size() <= 63)",
    f"quantity({_CONTAINERS}[0].resources.requests.cpu).isLessThan(quantity('2'))",
    f"{_CONTAINERS}.filter(c, has(c.ports)).all(c, c.ports.all(p, p.containerPort > 1024))",
    f"{_CONTAINERS}.all(c, c.?env.orValue([]).all(e, !e.name.startsWith('SECRET_')))",
)


def cel() -> list[Json]:
    """Return Kyverno's CEL rules about Pods, which autogen holds for all workloads, and ValidatingAdmissionPolicies."""
    made = (_for_pods, _for_deployments)
    return [made[number % 2](number, _CEL[number // 2 % len(_CEL)]) for number in range(POLICIES)]


def _for_pods(number: int, expression: str) -> Json:
    cel = {"expressions": [{"expression": expression.replace("object.spec.template", "object"), "message": "not so"}]}
    rule = {
        "name": "rule",
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "validate": {"failureAction": "Enforce", "cel": cel},
    }
    metadata = {"name": f"policy-{number}"}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": metadata, "spec": {"rules": [rule]}}


def _for_deployments(number: int, expression: str) -> Json:
    matches = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"policy-{number}"},
        "spec": {
            "matchConstraints": {"resourceRules": [{**matches, "resources": ["deployments", "statefulsets"]}]},
            "variables": [{"name": "called", "expression": "object.metadata.name"}],
            "validations": [{"expression": expression, "messageExpression": "'not so: ' + variables.called"}],
        },
    }


_REGO = (
    'not startswith(container.image, "registry.example.com/")',
    'endswith(container.image, ":latest")',
    "container.securityContext.privileged",
    "not container.resources.limits.memory",
    "count(container.name) > input.parameters.most",
)


def rego() -> list[Json]:
    """Return ConstraintTemplates with one constraint each, about Pods and workloads."""
    documents: list[Json] = []
    for number in range(POLICIES):
        name = f"BenchRule{number}"
        code = (
            f"package {name.lower()}\n\n"
            'violation[{"msg": msg}] {\n  container := containers[_]\n'
            f"  {_REGO[number % len(_REGO)]}\n"
            '  msg := sprintf("container <%v> of %v", [container.name, input.review.object.metadata.name])\n}\n\n'
            "containers[c] {\n  c := input.review.object.spec.containers[_]\n}\n\n"
            "containers[c] {\n  c := input.review.object.spec.template.spec.containers[_]\n}\n\n"
            "containers[c] {\n  c := input.review.object.spec.template.spec.initContainers[_]\n}\n"
        )
        schema = {"openAPIV3Schema": {"type": "object", "properties": {"most": {"type": "integer"}}}}
        documents.append(
            {
                "apiVersion": "templates.gatekeeper.sh/v1",
                "kind": "ConstraintTemplate",
                "metadata": {"name": name.lower()},
                "spec": {
                    "crd": {"spec": {"names": {"kind": name}, "validation": schema}},
                    "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": code}],
                },
            }
        )
        kinds = [{"apiGroups": [""], "kinds": ["Pod"]}, {"apiGroups": ["apps"], "kinds": ["Deployment", "StatefulSet"]}]
        documents.append(
            {
                "apiVersion": "constraints.gatekeeper.sh/v1beta1",
                "kind": name,
                "metadata": {"name": f"policy-{number}"},
                "spec": {"match": {"kinds": kinds}, "parameters": {"most": 63}},
            }
        )
    return documents
