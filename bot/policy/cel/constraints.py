"""Which resources do the match constraints of an admission policy select?

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ ("Matching requests")
and `MatchResources` of admissionregistration.k8s.io/v1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.cel.plural import plural
from bot.policy.kyverno import shape
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.labels import LabelTest, SelectorError, compile_selector
from bot.policy.kyverno.match import Answer, Selection, no_labels
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject

Json = Mapping[str, Any]

FIELDS = ("excludeResourceRules", "matchPolicy", "namespaceSelector", "objectSelector", "resourceRules")
_RULE = ("apiGroups", "apiVersions", "operations", "resourceNames", "resources", "scope")
_OPERATIONS = frozenset(["CREATE", "UPDATE", "DELETE", "CONNECT", "*"])
_SCOPES = {"*": None, "": None, "Namespaced": True, "Cluster": False}

TypeTest = Callable[[GroupVersionKind], bool]


@dataclass(frozen=True, slots=True)
class _ResourceRule:
    groups: frozenset[str]
    versions: frozenset[str]
    resources: frozenset[str]
    operations: frozenset[str]
    names: frozenset[str]
    namespaced: bool | None

    def has_version(self, found: GroupVersionKind) -> bool:
        return _among(found.version, self.versions)

    def may_select(self, found: GroupVersionKind) -> bool:
        """Say whether a rule is about a type, in whatever version."""
        return _among(found.group, self.groups) and not self.resources.isdisjoint(_names(plural(found.kind)))

    def selects(self, subject: Subject) -> bool:
        """Say whether a rule is about a resource, in whatever version."""
        return (
            self.may_select(subject.type)
            and _among(subject.operation, self.operations)
            and (not self.names or subject.name in self.names)
            and (self.namespaced is None or self.namespaced is bool(subject.namespace))
        )


def compile_constraints(found: object, key: str, *, namespace: str = "") -> Selection:
    """Compile `matchConstraints` or `matchResources` at the dotted place `key`; raises `ShapeError`.

    `namespace` is that of a namespaced policy, else empty. With `matchPolicy: Equivalent`, which is what holds unless
    something else is said, an API server converts an object to the version that a rule names; nobody here can.
    """
    block = shape.mapping(found, key)
    shape.known_fields(block, FIELDS, key)
    wanted = _rules(block, "resourceRules", key)
    unwanted = _rules(block, "excludeResourceRules", key)
    object_labels = _selector(block.get("objectSelector"), f"{key}.objectSelector")
    namespace_labels = _selector(block.get("namespaceSelector"), f"{key}.namespaceSelector")

    exact = _match_policy(block, key) == "Exact"

    def of_rules(rules: Sequence[_ResourceRule], subject: Subject) -> Answer:
        about = [one.has_version(subject.type) for one in rules if one.selects(subject)]
        return True if any(about) else None if about and not exact else False

    def selects(subject: Subject) -> Answer:
        if namespace and subject.namespace != namespace:
            return False
        included = of_rules(wanted, subject) if wanted else True
        excluded = of_rules(unwanted, subject)
        if included is False or excluded is True:
            return False
        if object_labels is not None and not object_labels(subject.labels):
            return False
        there = _in_namespace(namespace_labels, subject)
        return None if there and None in (included, excluded) else there

    def why(subject: Subject) -> str:
        if _in_namespace(namespace_labels, subject) is None:
            return no_labels(subject)
        return f"it is about another version than {subject.resource.api_version}, and only a cluster converts objects"

    def may_select(found: GroupVersionKind) -> bool:
        return not wanted or any(one.may_select(found) for one in wanted)

    return Selection(may_select, selects, why)


def both(one: Selection, other: Selection) -> Selection:
    """What a policy and its binding both select."""

    def selects(subject: Subject) -> Answer:
        answers = (one.selects(subject), other.selects(subject))
        return False if False in answers else None if None in answers else True

    def why(subject: Subject) -> str:
        return (one if one.selects(subject) is None else other).why(subject)

    return Selection(lambda found: one.may_select(found) and other.may_select(found), selects, why)


def _in_namespace(fits: LabelTest | None, subject: Subject) -> Answer:
    if fits is None:
        return True
    if subject.type.kind == "Namespace" and not subject.type.group:
        return fits(subject.labels)
    if not subject.namespace:
        return True
    return None if subject.namespace_labels is None else fits(subject.namespace_labels)


def _match_policy(block: Json, key: str) -> str:
    found = shape.text(block.get("matchPolicy"), f"{key}.matchPolicy")
    if found not in ("", "Equivalent", "Exact"):
        raise ShapeError(f"{key}.matchPolicy", f"`{found}` is no match policy", "write Equivalent or Exact")
    return found


def _rules(block: Json, name: str, key: str) -> Sequence[_ResourceRule]:
    at = f"{key}.{name}"
    return [_rule(one, f"{at}[{index}]") for index, one in enumerate(shape.sequence(block.get(name), at))]


def _rule(found: object, key: str) -> _ResourceRule:
    block = shape.mapping(found, key)
    shape.known_fields(block, _RULE, key)

    def names(field: str, *, required: bool = True) -> frozenset[str]:
        found = frozenset(shape.strings(block.get(field), f"{key}.{field}"))
        if required and not found:
            raise ShapeError(f"{key}.{field}", "names nothing, so the rule matches nothing", "write * for all")
        return found

    scope = shape.text(block.get("scope"), f"{key}.scope")
    if scope not in _SCOPES:
        raise ShapeError(f"{key}.scope", f"`{scope}` is no scope", "write Cluster, Namespaced or *")
    resources, operations = names("resources"), names("operations")
    for one in sorted(operations - _OPERATIONS):
        raise ShapeError(f"{key}.operations", f"`{one}` is no operation", "write CREATE, UPDATE, DELETE, CONNECT or *")
    for one in sorted(resources):
        if one != one.lower():
            advice = f"write it in lower case and in the plural, such as `{plural(one)}`"
            raise ShapeError(f"{key}.resources", f"`{one}` is no resource, so the rule matches nothing", advice)
    return _ResourceRule(
        names("apiGroups"),
        names("apiVersions"),
        resources,
        operations,
        names("resourceNames", required=False),
        _SCOPES[scope],
    )


def _selector(found: object, key: str) -> LabelTest | None:
    if not found:
        return None
    try:
        return compile_selector(found)
    except SelectorError as broken:
        raise ShapeError(f"{key}.{broken.key}".rstrip("."), str(broken)) from broken


def _names(resource: str) -> tuple[str, ...]:
    """What a rule may call a resource itself; `pods/exec` is a subresource of it, `pods/*` both."""
    return ("*", "*/*", resource, f"{resource}/*")


def _among(name: str, names: frozenset[str]) -> bool:
    return name in names or "*" in names
