"""How long do policies take over many resources? `python -m tests.policy.bench [DIR]`.

Twenty pattern policies (those of DIR, else of the shipped packs, repeated) against a thousand resources of
the usual mix, on one core.
"""

# ruff: noqa: T201 - a command prints
from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from bot.model.manifest import Resource
from bot.policy.builtin import default_directory
from bot.policy.documents import parse_documents
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate, is_policy
from bot.policy.kyverno.check import Unevaluable

POLICIES, RESOURCES = 20, 1000


def make_resources(count: int) -> list[Resource]:
    """A mix of workloads with two containers and of other kinds; every tenth workload breaks rules."""
    return [Resource(_body(index)) for index in range(count)]


def _body(index: int) -> dict[str, Any]:
    kind = ("Deployment", "StatefulSet", "CronJob", "Pod", "Service", "ConfigMap", "Deployment", "Ingress")[index % 8]
    metadata = {"name": f"r{index}", "namespace": f"n{index % 9}", "labels": {"app": f"a{index}"}}
    bad = index % 10 == 0
    container: dict[str, Any] = {
        "image": "nginx" if bad else "registry.example.com/shop/web:1.4.2",
        "securityContext": {"allowPrivilegeEscalation": False, "privileged": bad, "runAsNonRoot": True},
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "ports": [{"containerPort": 8080, "name": "http"}],
        "env": [{"name": f"E{n}", "value": "x"} for n in range(5)],
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
            spec = {"jobTemplate": {"spec": {"template": template}}}
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": spec}
        case "Deployment" | "StatefulSet":
            spec = {"replicas": 2, "template": template}
            return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
        case "Ingress":
            return {"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": {}}
        case _:
            return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {"type": "ClusterIP"}}


def load_policies(directory: Path, count: int) -> list[CompiledPolicy]:
    """Compile pattern policies about Pods below a directory, repeated until there are enough."""
    found: list[CompiledPolicy] = []
    for path in sorted(directory.rglob("*.yaml")):
        parsed = parse_documents(path.read_bytes())
        for document in () if isinstance(parsed, str) else parsed:
            compiled = compile_policy(document.content) if is_policy(document.content) else ()
            if not isinstance(compiled, CompiledPolicy) or len(compiled.rules) < 3:
                continue
            if not any(isinstance(rule.check, Unevaluable) for rule in compiled.rules):
                found.append(compiled)
    return (found * (count // max(1, len(found)) + 1))[:count]


def main(arguments: list[str]) -> int:
    """Print the best of five runs."""
    directory = Path(arguments[0]) if arguments else default_directory()
    policies, resources = load_policies(directory, POLICIES), make_resources(RESOURCES)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        findings = evaluate(policies, resources)
        seconds.append(time.perf_counter() - start)
    counted = f"{len(policies)} policies x {len(resources)} resources"
    print(f"{counted}: {min(seconds):.3f} s, {len(findings)} findings")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
