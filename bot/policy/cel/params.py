"""Which parameters does a policy get from the resources that its binding names?

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ ("Parameter resources").
What is in the repository counts, or in a test's context file; what is in neither may still be in the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import PASS, Outcome, Rule
from bot.policy.cel.world import View, World

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Params:
    """Where parameters are looked for: the kind, and a name or labels; an empty namespace is the resource's own."""

    version: str
    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    resources: Sequence[Json]

    def judge(self, rule: Rule, view: View) -> Outcome:
        """Hold the rule against the resource with each of the parameters; the first that does not pass decides."""
        found = [one for one in self.resources if self._fits(one, view.namespace)]
        if not found:
            named = f" {self.name}" if self.name else ""
            return Outcome("not evaluable here", f"the parameters ({self.kind}{named}) are not in the repository")
        outcome = PASS
        for params in found:
            outcome = rule.judge(view, params)
            if outcome.state not in ("pass", "skip"):
                return outcome
        return outcome

    def _fits(self, one: Json, namespace: str) -> bool:
        metadata = one.get("metadata")
        if one.get("apiVersion") != self.version or one.get("kind") != self.kind or not isinstance(metadata, Mapping):
            return False
        lies = metadata.get("namespace") or ""
        if lies and lies != (self.namespace or namespace):
            return False
        labels = metadata.get("labels") or {}
        return (not self.name or metadata.get("name") == self.name) and self.labels.items() <= labels.items()


def params_of(kind: object, ref: object, key: str, world: World) -> Params | None:
    """Read `paramKind` and `paramRef`; None when the policy takes no parameters.

    Raises `CelError` and `ElsewhereError`.
    """
    if kind is None:
        return None
    if not isinstance(kind, Mapping) or not kind.get("kind") or not kind.get("apiVersion"):
        raise CelError(key, "paramKind needs apiVersion and kind")
    given = ref if isinstance(ref, Mapping) else {}
    selector = given.get("selector")
    labels = selector.get("matchLabels") if isinstance(selector, Mapping) else None
    if isinstance(selector, Mapping) and selector.get("matchExpressions"):
        raise ElsewhereError("this version reads `matchLabels` of a `paramRef`, no `matchExpressions`")
    return Params(
        version=str(kind["apiVersion"]),
        kind=str(kind["kind"]),
        name=str(given.get("name") or ""),
        namespace=str(given.get("namespace") or ""),
        labels=labels if isinstance(labels, Mapping) else {},
        resources=(*(world.params or ()), *(world.resources or ())),
    )
