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
from bot.policy.kyverno.match import Answer, Selection
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject

Json = Mapping[str, Any]

FIELDS = ("excludeResourceRules", "matchPolicy", "namespaceSelector", "objectSelector", "resourceRules")
_RULE = ("apiGroups", "apiVersions", "operations", "resourceNames", "resources", "scope")
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

    def may_select(self, found: GroupVersionKind) -> bool:
        return (
            _among(found.group, self.groups)
            and _among(found.version, self.versions)
            and not self.resources.isdisjoint(_names(plural(found.kind)))
        )

    def selects(self, subject: Subject) -> bool:
        return (
            self.may_select(subject.type)
            and _among(subject.operation, self.operations)
            and (not self.names or subject.name in self.names)
            and (self.namespaced is None or self.namespaced is bool(subject.namespace))
        )


def compile_constraints(found: object, key: str, *, namespace: str = "") -> Selection:
    """Compile `matchConstraints` or `matchResources` at the dotted place `key`; raises `ShapeError`.

    `namespace` is that of a namespaced policy, else empty.
    """
    block = shape.mapping(found, key)
    shape.known_fields(block, FIELDS, key)
    wanted = _rules(block, "resourceRules", key)
    unwanted = _rules(block, "excludeResourceRules", key)
    object_labels = _selector(block.get("objectSelector"), f"{key}.objectSelector")
    namespace_labels = _selector(block.get("namespaceSelector"), f"{key}.namespaceSelector")

    def selects(subject: Subject) -> Answer:
        if namespace and subject.namespace != namespace:
            return False
        if (wanted and not any(one.selects(subject) for one in wanted)) or any(
            one.selects(subject) for one in unwanted
        ):
            return False
        if object_labels is not None and not object_labels(subject.labels):
            return False
        return _in_namespace(namespace_labels, subject)

    def may_select(found: GroupVersionKind) -> bool:
        return not wanted or any(one.may_select(found) for one in wanted)

    return Selection(may_select, selects)


def both(one: Selection, other: Selection) -> Selection:
    """What a policy and its binding both select."""

    def selects(subject: Subject) -> Answer:
        answers = (one.selects(subject), other.selects(subject))
        return False if False in answers else None if None in answers else True

    return Selection(lambda found: one.may_select(found) and other.may_select(found), selects)


def _in_namespace(fits: LabelTest | None, subject: Subject) -> Answer:
    if fits is None:
        return True
    if subject.type.kind == "Namespace" and not subject.type.group:
        return fits(subject.labels)
    if not subject.namespace:
        return True
    return None if subject.namespace_labels is None else fits(subject.namespace_labels)


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
    return _ResourceRule(
        names("apiGroups"),
        names("apiVersions"),
        names("resources"),
        names("operations"),
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
