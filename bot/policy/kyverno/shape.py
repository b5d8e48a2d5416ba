"""Is a policy document shaped as Kyverno's API says, with known fields of the right kind?

Kyverno's API server would refuse a misspelt field; so does Lockkeeper, with the place and the nearest known
name. Source: the CustomResourceDefinitions `clusterpolicies.kyverno.io` and `policies.kyverno.io`, version v1
to v2beta1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

DEEPEST = 80  # levels of a document
MOST_NODES = 50_000  # keys, elements and values of a document, YAML aliases counted each time

SPEC = frozenset(
    [
        "admission",
        "applyRules",
        "background",
        "emitWarning",
        "failurePolicy",
        "generateExisting",
        "generateExistingOnPolicyUpdate",
        "mutateExistingOnPolicyUpdate",
        "rules",
        "schemaValidation",
        "useServerSideApply",
        "validationFailureAction",
        "validationFailureActionOverrides",
        "webhookConfiguration",
        "webhookTimeoutSeconds",
    ]
)
RULE = frozenset(
    [
        "celPreconditions",
        "context",
        "exclude",
        "generate",
        "imageExtractors",
        "match",
        "mutate",
        "name",
        "preconditions",
        "reportProperties",
        "skipBackgroundRequests",
        "validate",
        "verifyImages",
    ]
)
VALIDATE = frozenset(
    [
        "allowExistingViolations",
        "anyPattern",
        "assert",
        "cel",
        "deny",
        "failureAction",
        "failureActionOverrides",
        "foreach",
        "manifests",
        "message",
        "pattern",
        "podSecurity",
    ]
)
MATCH = frozenset(["any", "all", "resources", "subjects", "roles", "clusterRoles"])
FILTER = MATCH - {"any", "all"}
RESOURCES = frozenset(
    ["kinds", "name", "names", "namespaces", "annotations", "selector", "namespaceSelector", "operations"]
)


class ShapeError(ValueError):
    """The document breaks the shape: `key` is the dotted place, `suggestion` what to write instead."""

    def __init__(self, key: str, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.key, self.suggestion = key, suggestion


def check_size(document: object) -> None:
    """Raise `ShapeError` when a document is too deep, endless, or too large with its aliases spelt out."""
    sizes: dict[int, int | None] = {}

    def size(node: object, depth: int) -> int:
        if not isinstance(node, (Mapping, list)):
            return 1
        if depth > DEEPEST:
            raise ShapeError("", f"the document is nested deeper than {DEEPEST} levels")
        known = sizes.get(id(node), 0)
        if known is None:
            raise ShapeError("", "the document contains itself through a YAML alias")
        if known:
            return known
        sizes[id(node)] = None
        children = node.values() if isinstance(node, Mapping) else node
        total = 1 + sum(size(child, depth + 1) for child in children)
        if total > MOST_NODES:
            raise ShapeError("", f"the document has more than {MOST_NODES} nodes")
        sizes[id(node)] = total
        return total

    size(document, 0)


def mapping(found: object, key: str) -> Mapping[str, object]:
    """Return the map at `key`, empty when absent; raise `ShapeError` when it is something else."""
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise ShapeError(key, "expected a map here")
    return found


def sequence(found: object, key: str) -> list[object]:
    """Return the list at `key`, empty when absent; raise `ShapeError` when it is something else."""
    if found is None:
        return []
    if not isinstance(found, list):
        raise ShapeError(key, "expected a list here")
    return found


def strings(found: object, key: str) -> list[str]:
    """Return the strings at `key`, empty when absent; raise `ShapeError` when it is something else."""
    texts = sequence(found, key)
    if not all(isinstance(text, str) for text in texts):
        raise ShapeError(key, "expected a list of strings here")
    return [text for text in texts if isinstance(text, str)]


def text(found: object, key: str) -> str:
    """Return the string at `key`, empty when absent; raise `ShapeError` when it is something else."""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ShapeError(key, "expected a string here")
    return found


def known_fields(found: Mapping[str, object], names: Iterable[str], key: str) -> None:
    """Raise `ShapeError` for the first field that is none of `names`, with the nearest of them."""
    allowed = sorted(names)
    for name in found:
        if name not in allowed:
            near = get_close_matches(name, allowed, 1)
            advice = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(allowed)}"
            raise ShapeError(f"{key}.{name}" if key else name, f"unknown field `{name}`", advice)
