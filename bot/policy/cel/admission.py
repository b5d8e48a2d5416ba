"""What do Kubernetes' `ValidatingAdmissionPolicy` and its bindings mean, compiled once for any number of resources?

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/. In a cluster a policy
acts only where a binding names it. Without any binding beside it a policy is held against everything that it
matches, as if bound with Deny: who put it there wants to know what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.policy.about import About, about
from bot.policy.cel.actions import compile_actions
from bot.policy.cel.block import Block, maps
from bot.policy.cel.constraints import both, compile_constraints
from bot.policy.cel.params import params_of
from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import RuleText, compile_rule
from bot.policy.cel.world import World
from bot.policy.kyverno import shape
from bot.policy.kyverno.cel import HERE, checked
from bot.policy.kyverno.match import Selection
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule
from bot.policy.kyverno.shape import ShapeError
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]

POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
RULE = "validation"  # of a policy without a binding; else the rule is called as the binding

_GROUP = "admissionregistration.k8s.io/"
_SPEC = (
    "auditAnnotations",
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "paramKind",
    "validations",
    "variables",
)
# A policy never judges policies, so that nobody locks themselves out.
_NOT_POLICIES = Selection(lambda found: found.kind not in (POLICY, BINDING), lambda _: True)
_BINDING = ("matchResources", "paramRef", "policyName", "validationActions")


def is_admission_policy(document: Json) -> bool:
    """Say whether a document is a ValidatingAdmissionPolicy."""
    return _is(document, POLICY)


def is_binding(document: Json) -> bool:
    """Say whether a document is a ValidatingAdmissionPolicyBinding."""
    return _is(document, BINDING)


def bindings_of(document: Json, documents: Iterable[Json]) -> list[Json]:
    """Return the bindings that name a policy."""
    name = about(document).name
    found = [one for one in documents if is_binding(one)]
    return [one for one in found if isinstance(spec := one.get("spec"), Mapping) and spec.get("policyName") == name]


def compile_admission_policy(
    document: Json, bindings: Sequence[Json], source: PolicySource, world: World = HERE
) -> CompiledPolicy | tuple[PolicyProblem, ...]:
    """Compile a policy with the bindings that name it, or say what is wrong; never raises for a bad document.

    `world` supplies the resources that parameters are taken from.
    """
    said = about(document)
    try:
        for one in (document, *bindings):
            shape.check_size(one)
        return _compile(document, bindings, said, world, source)
    except ShapeError as broken:
        return (PolicyProblem(said.name, str(broken), source, broken.key, broken.suggestion),)
    except CelError as broken:
        return (PolicyProblem(said.name, str(broken), source, broken.key),)
    except ElsewhereError as away:
        return (PolicyProblem(said.name, away.why, source, state="not evaluable here"),)


def _is(document: Json, kind: str) -> bool:
    return str(document.get("apiVersion") or "").startswith(_GROUP) and document.get("kind") == kind


def _compile(
    document: Json, bindings: Sequence[Json], said: About, world: World, source: PolicySource
) -> CompiledPolicy:
    if not said.name:
        raise ShapeError("metadata.name", "a policy needs a name")
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, _SPEC, "spec")
    if not shape.mapping(spec.get("matchConstraints"), "spec.matchConstraints").get("resourceRules"):
        raise ShapeError("spec.matchConstraints.resourceRules", "the policy matches nothing")
    rules = tuple(_rules(spec, bindings, world))
    return CompiledPolicy(said.name, said.title, said.description, said.severity, said.how, rules, source)


def _rules(spec: Json, bindings: Sequence[Json], world: World) -> Iterator[CompiledRule]:
    written = RuleText(
        validations=maps(spec.get("validations"), "spec.validations"),
        conditions=maps(spec.get("matchConditions"), "spec.matchConditions"),
        variables=maps(spec.get("variables"), "spec.variables"),
        strict=shape.text(spec.get("failurePolicy"), "spec.failurePolicy") != "Ignore",
    )
    rule = compile_rule(written, "spec", world)
    bare = CompiledRule(
        name=RULE,
        message="",
        selection=both(compile_constraints(spec.get("matchConstraints"), "spec.matchConstraints"), _NOT_POLICIES),
        check=checked(Block(rule, params_of(spec.get("paramKind"), None, "spec.paramKind", world)).judge),
        blocks=compile_actions(["Deny"], ""),
    )
    if not bindings:
        yield bare
    for binding in bindings:
        name = about(binding).name or RULE
        try:
            bound = shape.mapping(binding.get("spec"), "spec")
            shape.known_fields(bound, _BINDING, "spec")
            limits = compile_constraints(bound.get("matchResources"), "spec.matchResources")
            params = params_of(spec.get("paramKind"), bound.get("paramRef"), "spec.paramRef", world)
            blocks = compile_actions(bound.get("validationActions"), "spec.validationActions")
        except ShapeError as broken:  # the finding's place is that of the policy
            raise ShapeError(broken.key, f"its binding `{name}` is broken: {broken}", broken.suggestion) from broken
        check = checked(Block(rule, params).judge)
        yield replace(bare, name=name, selection=both(bare.selection, limits), check=check, blocks=blocks)
