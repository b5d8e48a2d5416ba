"""Which rules does a PolicyException lift for which resources?

Source: the API type `PolicyException` (kyverno.io/v2) and the Kyverno documentation ("Policy Exceptions"). Rules
that autogen derives are named on their own (`autogen-NAME`); names may hold wildcards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import NotKnown, QueryError, TooLargeError
from bot.policy.kyverno.conditions import Conditions, compile_conditions
from bot.policy.kyverno.context import Context
from bot.policy.kyverno.exclusions import Exclusion, compile_exclusions
from bot.policy.kyverno.given import ImagesOf, names_of
from bot.policy.kyverno.match import Answer, compile_exception_match
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.wildcard import compile_wildcard
from bot.policy.problem import PolicyProblem, PolicySource

_SPEC = ("background", "conditions", "exceptions", "images", "allowedValues", "match", "podSecurity", "reportResult")

_NOWHERE = PolicySource()


@dataclass(frozen=True, slots=True)
class PolicyException:
    """A compiled exception. `exclusions` narrow a Pod Security rule instead of lifting it."""

    name: str
    lifts: Callable[[str, str], bool]
    fits: Callable[[Subject], Answer]
    conditions: Conditions | None
    exclusions: tuple[Exclusion, ...] = ()
    source: PolicySource = _NOWHERE

    def holds(self, subject: Subject) -> Answer:
        """Say whether the exception is for this resource; None when nobody here knows."""
        fits = self.fits(subject)
        if not fits or self.conditions is None:
            return fits
        try:
            context = Context(names_of(subject), (ImagesOf(subject.body, {}),))
            return self.conditions(context).holds
        except (QueryError, TooLargeError):
            return False
        except NotKnown:
            return None


def is_exception(document: Mapping[str, Any]) -> bool:
    """Say whether a document is a PolicyException for ClusterPolicies and Policies."""
    version = str(document.get("apiVersion") or "")
    return version.startswith("kyverno.io/") and document.get("kind") == "PolicyException"


def compile_exception(
    document: Mapping[str, Any], source: PolicySource = _NOWHERE
) -> PolicyException | tuple[PolicyProblem, ...]:
    """Compile one PolicyException (JSON values), or say what is wrong with it; never raises for a bad document."""
    metadata = document.get("metadata")
    name = str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
    try:
        shape.check_size(document)
        return _compile(document, name, source)
    except ShapeError as broken:
        return (PolicyProblem(name, str(broken), source, broken.key, broken.suggestion),)


def _compile(document: Mapping[str, Any], name: str, source: PolicySource) -> PolicyException:
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, _SPEC, "spec")
    for unread in ("images", "allowedValues"):
        if spec.get(unread):
            raise ShapeError(f"spec.{unread}", f"this version does not read `{unread}` of an exception")
    listed = shape.sequence(spec.get("exceptions"), "spec.exceptions")
    if not listed:
        raise ShapeError("spec.exceptions", "an exception names at least one policy with its rules")
    lifted = [_lifted(one, f"spec.exceptions[{index}]") for index, one in enumerate(listed)]
    conditions = spec.get("conditions")
    return PolicyException(
        name=name,
        lifts=lambda policy, rule: any(fits(policy, rule) for fits in lifted),
        fits=compile_exception_match(spec.get("match"), "spec.match"),
        conditions=compile_conditions(conditions, "spec.conditions") if conditions else None,
        exclusions=compile_exclusions(spec.get("podSecurity"), "spec.podSecurity"),
        source=source,
    )


def _lifted(found: object, key: str) -> Callable[[str, str], bool]:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("policyName", "ruleNames"), key)
    policy = shape.text(block.get("policyName"), f"{key}.policyName")
    rules = [compile_wildcard(rule) for rule in shape.strings(block.get("ruleNames"), f"{key}.ruleNames")]
    if not policy or not rules:
        raise ShapeError(key, "expected policyName and ruleNames")
    name = compile_wildcard(policy.rpartition("/")[2])
    return lambda called, rule: name(called) and any(fits(rule) for fits in rules)
