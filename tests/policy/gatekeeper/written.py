"""Templates, constraints and resources for these tests, as short as they can be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent, indent
from typing import Any

import yaml

from bot.model.manifest import Resource
from bot.policy.gatekeeper import Gatekeeper, compile_gatekeeper
from bot.policy.problem import PolicyProblem, PolicySource

ALWAYS = """
package always

violation[{"msg": "always"}] { true }
"""


def template(
    rego: str = ALWAYS, *, kind: str = "Always", libs: Sequence[str] = (), schema: Any = None, version: str = "v1"
) -> dict[str, Any]:
    """A template with one target in Rego, version 0."""
    crd: dict[str, Any] = {"names": {"kind": kind}}
    if schema is not None:
        crd["validation"] = schema
    return {
        "apiVersion": f"templates.gatekeeper.sh/{version}",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": crd},
            "targets": [
                {"target": "admission.k8s.gatekeeper.sh", "rego": dedent(rego), "libs": list(map(dedent, libs))}
            ],
        },
    }


def coded(*code: Mapping[str, Any], kind: str = "Always") -> dict[str, Any]:
    """A template with code for several engines."""
    found = template(kind=kind)
    found["spec"]["targets"] = [{"target": "admission.k8s.gatekeeper.sh", "code": list(code)}]
    return found


def constraint(kind: str = "Always", name: str = "mine", **spec: Any) -> dict[str, Any]:
    """A constraint of a template."""
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def compiled(*documents: Mapping[str, Any]) -> Gatekeeper:
    """Compile documents that are all sound."""
    found, problems = compile_gatekeeper([(PolicySource(f"{at}.yaml"), one) for at, one in enumerate(documents)])
    assert problems == []
    return found


def problems_of(*documents: Mapping[str, Any]) -> list[PolicyProblem]:
    """Compile documents of which some are not."""
    return compile_gatekeeper([(PolicySource(f"{at}.yaml"), one) for at, one in enumerate(documents)])[1]


def resource(text: str) -> Resource:
    """A resource from YAML."""
    return Resource(yaml.safe_load(dedent(text)))


def pod(name: str = "web", namespace: str = "shop", image: str = "nginx:1", **labels: str) -> Resource:
    """A Pod with one container."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    if not namespace:
        del metadata["namespace"]
    spec = {"containers": [{"name": "main", "image": image}]}
    return Resource({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, path="web.yaml", line=1)


def rule(body: str, before: str = "") -> str:
    """A module with one rule, `before` are other rules."""
    return f'package p\n{before}\nviolation[{{"msg": msg}}] {{\n{indent(dedent(body).strip(), "  ")}\n}}\n'
