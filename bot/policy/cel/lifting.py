"""Which resources does a PolicyException lift out of a ValidatingPolicy?

Source: https://kyverno.io/docs/exceptions/ (`PolicyException` of policies.kyverno.io). Its conditions are CEL; one that
allows only some images or values narrows the policy instead, which this version does not evaluate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.about import about
from bot.policy.cel.block import maps
from bot.policy.cel.rule import Outcome, Rule, RuleText, compile_rule
from bot.policy.cel.world import View, World
from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError

Json = Mapping[str, Any]
Judge = Callable[[View], Outcome]

_SPEC = ("allowedValues", "images", "matchConditions", "policyRefs", "reportResult")


@dataclass(frozen=True, slots=True)
class Lift:
    """A compiled exception; without `conditions` it lifts every resource."""

    name: str
    conditions: Rule | None
    narrows: bool

    def judge(self, view: View) -> Outcome | None:
        """What the policy comes to for a resource that is lifted, None for any other."""
        held = self.conditions.judge(view) if self.conditions is not None else Outcome("pass")
        if held.state == "fail":
            return None
        if held.state != "pass":
            return held
        if self.narrows:
            return Outcome("not evaluable here", f"the exception `{self.name}` allows some images or values only")
        return Outcome("skip", f"the exception `{self.name}` lifts it")


def is_exception(document: Json) -> bool:
    """Say whether a document is a PolicyException for policies in CEL."""
    return (
        str(document.get("apiVersion") or "").startswith("policies.kyverno.io/")
        and document.get("kind") == "PolicyException"
    )


def lifts_of(policy: Json, exceptions: Sequence[Json], world: World) -> list[Lift]:
    """Compile the exceptions that name a policy; raises `ShapeError`, `CelError` and `ElsewhereError`."""
    name, kind = about(policy).name, policy.get("kind")
    found = []
    for one in exceptions:
        spec = shape.mapping(one.get("spec"), "spec")
        shape.known_fields(spec, _SPEC, "spec")
        refs = maps(spec.get("policyRefs"), "spec.policyRefs")
        if not refs:
            raise ShapeError("spec.policyRefs", "the exception names no policy")
        if any(ref.get("name") == name and ref.get("kind") in (kind, None) for ref in refs):
            conditions = maps(spec.get("matchConditions"), "spec.matchConditions")
            rule = compile_rule(RuleText(conditions, broken="error"), "spec", world) if conditions else None
            narrows = bool(spec.get("images") or spec.get("allowedValues"))
            found.append(Lift(about(one).name, rule, narrows))
    return found


def with_lifts(judge: Judge, lifts: Sequence[Lift]) -> Judge:
    """Ask the exceptions before the policy."""
    if not lifts:
        return judge

    def judged(view: View) -> Outcome:
        return next((outcome for one in lifts if (outcome := one.judge(view)) is not None), None) or judge(view)

    return judged
