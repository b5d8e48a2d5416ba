"""Of which kind is the policy, or the rule of it, that a row is about, and does it judge anything?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno import is_policy
from bot.policy.testing.form import maps

Json = Mapping[str, Any]

UNKNOWN = "unknown"  # no policy says it

_CHECKS = ("pattern", "anyPattern", "deny", "foreach", "podSecurity", "cel", "assert", "manifests")
_OTHERS = ("mutate", "generate", "verifyImages")
_NAMESPACED = "Namespaced"

_ELSEWHERE = {
    "mutate": "a rule that mutates judges nothing",
    "generate": "a rule that generates judges nothing",
    "MutatingPolicy": "a policy that mutates judges nothing",
    "MutatingAdmissionPolicy": "a policy that mutates judges nothing",
    "GeneratingPolicy": "a policy that generates judges nothing",
    "DeletingPolicy": "a policy that deletes judges what is in a cluster",
    "CleanupPolicy": "a policy that deletes judges what is in a cluster",
    "ClusterCleanupPolicy": "a policy that deletes judges what is in a cluster",
    "ImageValidatingPolicy": "signatures of images are verified in a cluster, against a registry",
}


def kind_of(document: Json, rule: str, origin: str) -> str:
    """Return the validate block of a rule, what else the rule does, or the kind of a policy without such rules."""
    kind = str(document.get("kind") or UNKNOWN).removeprefix(_NAMESPACED)
    if not is_policy(document):
        return kind
    kinds = {str(one.get("name")): _of_rule(one) for one in rules_of(document)}
    if rule in kinds or origin in kinds:
        return kinds[rule] if rule in kinds else kinds[origin]
    different = set(kinds.values())
    return different.pop() if len(different) == 1 else kind


def not_judging(kind: str) -> str:
    """Say why policies of a kind cannot be held against manifests; '' when they can."""
    return _ELSEWHERE.get(kind, "")


def rules_of(document: Json) -> list[Json]:
    """Return the rules as they are written in a ClusterPolicy or Policy."""
    spec = document.get("spec")
    return maps(spec.get("rules")) if isinstance(spec, Mapping) else []


def _of_rule(rule: Json) -> str:
    validate = rule.get("validate")
    found = validate if isinstance(validate, Mapping) else {}
    known = [kind for kind in _CHECKS if kind in found] + [kind for kind in _OTHERS if kind in rule]
    return known[0] if known else "other"
