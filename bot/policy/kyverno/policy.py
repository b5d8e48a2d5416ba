"""What does a Kyverno policy document mean, compiled once for any number of resources?

Source: the API types `ClusterPolicy` and `Policy` (kyverno.io/v1) and the Kyverno documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.finding import Severity
from bot.policy.about import about
from bot.policy.kyverno import shape
from bot.policy.kyverno.action import Blocks, compile_action
from bot.policy.kyverno.autogen import DerivedRule, derive_rules
from bot.policy.kyverno.check import Check, Unevaluable, compile_check
from bot.policy.kyverno.context import compile_entries, fill_constants
from bot.policy.kyverno.listing import ANNOTATION, Scope, scope_of
from bot.policy.kyverno.match import Selection, compile_selection
from bot.policy.kyverno.shape import ShapeError
from bot.policy.problem import PolicyProblem, PolicySource

KINDS = ("ClusterPolicy", "Policy")

_DOES = ("validate", "mutate", "generate", "verifyImages")
_NOWHERE = PolicySource()


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule, or one that autogen derived from it; `name` is always the one people wrote, `full_name` what
    Kyverno calls it (`autogen-NAME`).

    `check` is an `Unevaluable` when this version cannot evaluate the rule: then it never passes.
    """

    name: str
    message: str
    selection: Selection
    check: Check | Unevaluable
    blocks: Blocks
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to be held against resources. `description` is its reason, `how` its remedy and link;
    `listed` says which manifests beside a resource may answer its API calls, if any.
    """

    name: str
    title: str
    description: str
    severity: Severity
    how: str
    rules: tuple[CompiledRule, ...]
    source: PolicySource = _NOWHERE
    only_one: bool = False  # spec.applyRules: One: the first rule that passes or fails is the last
    listed: Scope = ""


def is_policy(document: Mapping[str, Any]) -> bool:
    """Say whether a document is a Kyverno ClusterPolicy or Policy."""
    version = str(document.get("apiVersion") or "")
    return version.startswith("kyverno.io/") and document.get("kind") in KINDS


def compile_policy(
    document: Mapping[str, Any], source: PolicySource = _NOWHERE
) -> CompiledPolicy | tuple[PolicyProblem, ...]:
    """Compile one policy document (JSON values), or say what is wrong with it; never raises for a bad
    document.

    Rules that mutate or generate are left out: they judge nothing. A policy with one broken rule is broken as
    a whole, because a cluster would refuse it as a whole.
    """
    name = _name_of(document)
    try:
        shape.check_size(document)
        return _compile(document, source)
    except ShapeError as broken:
        problem = PolicyProblem(name, str(broken), source, broken.key, broken.suggestion)
        return (problem,)


def _compile(document: Mapping[str, Any], source: PolicySource) -> CompiledPolicy:
    metadata = shape.mapping(document.get("metadata"), "metadata")
    name = shape.text(metadata.get("name"), "metadata.name")
    if not is_policy(document) or not name:
        key = "metadata.name" if is_policy(document) else "kind"
        raise ShapeError(key, "expected a kyverno.io ClusterPolicy or Policy with a name")
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, shape.SPEC, "spec")
    rules = shape.sequence(spec.get("rules"), "spec.rules")
    if not rules:
        raise ShapeError("spec.rules", "the policy has no rules")
    annotations = shape.mapping(metadata.get("annotations"), "metadata.annotations")
    namespace = ""
    if document["kind"] == "Policy":
        namespace = shape.text(metadata.get("namespace"), "metadata.namespace") or "default"
    said = about(document)
    return CompiledPolicy(
        name=name,
        title=said.title,
        description=said.description,
        severity=said.severity,
        how=said.how,
        rules=tuple(_rules(document, spec, rules, namespace)),
        source=source,
        only_one=spec.get("applyRules") == "One",
        listed=_scope(annotations),
    )


def _scope(annotations: Mapping[str, object]) -> Scope:
    try:
        return scope_of(annotations)
    except ValueError as broken:
        raise ShapeError(f"metadata.annotations[{ANNOTATION}]", str(broken)) from broken


def _rules(
    document: Mapping[str, Any], spec: Mapping[str, object], written: list[object], namespace: str
) -> Iterator[CompiledRule]:
    for index, rule in enumerate(written):
        key = f"spec.rules[{index}]"
        block = shape.mapping(rule, key)
        shape.known_fields(block, shape.RULE, key)
        name = shape.text(block.get("name"), f"{key}.name")
        if not name:
            raise ShapeError(f"{key}.name", "a rule needs a name")
        if not any(block.get(what) for what in _DOES):
            raise ShapeError(key, "the rule does nothing", f"add one of {', '.join(_DOES)}")
        if "validate" in block or "verifyImages" in block:
            yield _rule(DerivedRule(name, block), spec, namespace, key)
    for derived in derive_rules(document):
        if "validate" in derived.document:
            key = f"spec.rules[{_place(written, derived.origin)}]"
            yield _rule(derived, spec, namespace, key)


def _rule(rule: DerivedRule, spec: Mapping[str, object], namespace: str, key: str) -> CompiledRule:
    block = rule.document
    entries = compile_entries(block.get("context"), f"{key}.context")
    selection = compile_selection(
        {name: fill_constants(block.get(name), entries) for name in ("match", "exclude")},
        namespace=namespace,
        key=key,
    )
    validate = shape.mapping(block.get("validate"), f"{key}.validate")
    check: Check | Unevaluable
    if "validate" in block:
        check = compile_check(block, key, ignore=spec.get("failurePolicy") == "Ignore")
    else:
        check = Unevaluable("signatures of images are verified in a cluster, against a registry")
    return CompiledRule(
        name=rule.origin,
        message=str(fill_constants(shape.text(validate.get("message"), f"{key}.validate.message"), entries)).strip(),
        selection=selection,
        check=check,
        blocks=compile_action(spec, validate, f"{key}.validate"),
        full_name=str(block.get("name") or rule.origin),
    )


def _place(rules: list[object], name: str) -> int:
    return next((at for at, one in enumerate(rules) if isinstance(one, Mapping) and one.get("name") == name), 0)


def _name_of(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
