"""What does Kyverno's `ValidatingPolicy` mean, compiled once for any number of resources?

Sources: https://kyverno.io/docs/policy-types/validating-policy/ and `pkg/cel/policies/vpol`, `pkg/cel/autogen` of
kyverno/kyverno. A policy about Pods alone also holds, one or three levels deeper, for the controllers that make
them; an empty list of controllers turns that off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.policy.about import About, about
from bot.policy.cel.actions import compile_actions
from bot.policy.cel.block import maps
from bot.policy.cel.constraints import compile_constraints
from bot.policy.cel.lifting import Lift, lifts_of, with_lifts
from bot.policy.cel.pods import JOB_TEMPLATE, TEMPLATE, shifted
from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import RuleText, compile_rule
from bot.policy.cel.world import World
from bot.policy.kyverno import shape
from bot.policy.kyverno.cel import HERE, checked
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule
from bot.policy.kyverno.shape import ShapeError
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]
Around = tuple[World, Sequence[Lift]]  # what a cluster would know, and the exceptions

RULE = "validation"  # Kyverno's name of the one rule of such a policy

_GROUP = "policies.kyverno.io/"
_KINDS = ("ValidatingPolicy", "NamespacedValidatingPolicy")
_SPEC = (
    "auditAnnotations",
    "autogen",
    "evaluation",
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "validationActions",
    "validations",
    "variables",
    "webhookConfiguration",
)
_CONTROLLERS = {
    "daemonsets": "apps",
    "deployments": "apps",
    "replicasets": "apps",
    "statefulsets": "apps",
    "jobs": "batch",
    "cronjobs": "batch",
}


def is_validating_policy(document: Json) -> bool:
    """Say whether a document is a ValidatingPolicy of Kyverno."""
    return str(document.get("apiVersion") or "").startswith(_GROUP) and document.get("kind") in _KINDS


def compile_validating_policy(
    document: Json, source: PolicySource, world: World = HERE, exceptions: Sequence[Json] = ()
) -> CompiledPolicy | tuple[PolicyProblem, ...]:
    """Compile one document (JSON values), or say what is wrong with it; never raises for a bad document.

    `world` is what a test supplies in place of a cluster, `exceptions` are PolicyException documents.
    """
    said = about(document)
    try:
        shape.check_size(document)
        lifts = lifts_of(document, exceptions, world)
        return _compile(document, said, source, (world, lifts))
    except ShapeError as broken:
        return (PolicyProblem(said.name, str(broken), source, broken.key, broken.suggestion),)
    except CelError as broken:
        return (PolicyProblem(said.name, str(broken), source, broken.key),)
    except ElsewhereError as away:
        return (PolicyProblem(said.name, away.why, source, state="not evaluable here"),)


def _compile(document: Json, said: About, source: PolicySource, around: Around) -> CompiledPolicy:
    if not said.name:
        raise ShapeError("metadata.name", "a policy needs a name")
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, _SPEC, "spec")
    if shape.mapping(spec.get("evaluation"), "spec.evaluation").get("mode", "Kubernetes") != "Kubernetes":
        raise ElsewhereError("a policy whose `evaluation.mode` is not Kubernetes judges no manifests")
    namespace = ""
    if document.get("kind") == "NamespacedValidatingPolicy":
        namespace = shape.text(document["metadata"].get("namespace"), "metadata.namespace") or "default"
    rules = tuple(_rule(one, namespace, around) for one in (spec, *_derived(spec)))
    return CompiledPolicy(said.name, said.title, said.description, said.severity, said.how, rules, source)


def _rule(spec: Json, namespace: str, around: Around) -> CompiledRule:
    world, lifts = around
    if not shape.mapping(spec.get("matchConstraints"), "spec.matchConstraints").get("resourceRules"):
        raise ShapeError("spec.matchConstraints.resourceRules", "the policy matches nothing")
    written = RuleText(
        validations=maps(spec.get("validations"), "spec.validations"),
        conditions=maps(spec.get("matchConditions"), "spec.matchConditions"),
        variables=maps(spec.get("variables"), "spec.variables"),
        strict=shape.text(spec.get("failurePolicy"), "spec.failurePolicy") != "Ignore",
        broken="error",
    )
    return CompiledRule(
        name=RULE,
        message="",
        selection=compile_constraints(spec.get("matchConstraints"), "spec.matchConstraints", namespace=namespace),
        check=checked(with_lifts(compile_rule(written, "spec", world).judge, lifts)),
        blocks=compile_actions(spec.get("validationActions"), "spec.validationActions"),
    )


def _derived(spec: Json) -> Iterator[Json]:
    """The policy as it reads for controllers of Pods."""
    operations = _pods_alone(spec)
    if operations is None:
        return
    autogen = shape.mapping(spec.get("autogen"), "spec.autogen")
    written = shape.mapping(autogen.get("podControllers"), "spec.autogen.podControllers").get("controllers")
    wanted = _CONTROLLERS if written is None else shape.strings(written, "spec.autogen.podControllers.controllers")
    for below, cron in ((TEMPLATE, False), (JOB_TEMPLATE, True)):
        names = [name for name in wanted if name in _CONTROLLERS and (name == "cronjobs") is cron]
        if names:
            rules = [
                {
                    "apiGroups": [_CONTROLLERS[name]],
                    "apiVersions": ["v1"],
                    "resources": [name],
                    "operations": operations,
                }
                for name in names
            ]
            lifted = {key: shifted(value, below, keep_names=True) for key, value in spec.items()}
            yield {**lifted, "matchConstraints": {"resourceRules": rules}}


def _pods_alone(spec: Json) -> list[str] | None:
    """The operations, when the policy is about Pods and nothing narrows them down; else None."""
    match = shape.mapping(spec.get("matchConstraints"), "spec.matchConstraints")
    for name in ("namespaceSelector", "objectSelector"):
        if any(shape.mapping(match.get(name), f"spec.matchConstraints.{name}").values()):
            return None
    rules = shape.sequence(match.get("resourceRules"), "spec.matchConstraints.resourceRules")
    if match.get("excludeResourceRules") or len(rules) != 1:
        return None
    rule = shape.mapping(rules[0], "spec.matchConstraints.resourceRules[0]")
    alone = rule.get("apiGroups") == [""] and rule.get("apiVersions") == ["v1"] and rule.get("resources") == ["pods"]
    if not alone or rule.get("resourceNames"):
        return None
    return shape.strings(rule.get("operations"), "spec.matchConstraints.resourceRules[0].operations")
