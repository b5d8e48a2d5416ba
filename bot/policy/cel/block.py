"""What does the block `validate.cel` of a Kyverno rule say?

Source: https://kyverno.io/docs/policy-types/cluster-policy/validate/ ("Common Expression Language (CEL)"). The
expressions are those of a ValidatingAdmissionPolicy, and Kyverno hands them to Kubernetes' own validator: an
expression that breaks counts as failed, unless `failurePolicy` is Ignore.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.cel.params import Params, params_of
from bot.policy.cel.problem import CelError
from bot.policy.cel.rule import NOTHING, Outcome, Rule, RuleText, compile_rule
from bot.policy.cel.world import View, World

FIELDS = ("auditAnnotations", "expressions", "generate", "paramKind", "paramRef", "variables")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a block: the rule's `celPreconditions` and message, and whether `failurePolicy` is Ignore."""

    conditions: object = None
    message: str = ""
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A compiled `validate.cel`."""

    rule: Rule
    params: Params | None

    def judge(self, view: View) -> Outcome:
        """Hold the block against one resource; never raises."""
        return self.rule.judge(view) if self.params is None else self.params.judge(self.rule, view)


def compile_block(block: Json, key: str, around: Around = Around(), world: World = NOTHING) -> Block:
    """Compile the block at the dotted place `key`; raises `CelError` and `ElsewhereError`, see `compile_rule`."""
    for name in block:
        if name not in FIELDS:
            raise CelError(f"{key}.{name}", f"unknown field `{name}`; known here: {', '.join(FIELDS)}")
    written = RuleText(
        validations=maps(block.get("expressions"), f"{key}.expressions"),
        conditions=maps(around.conditions, "celPreconditions"),
        variables=maps(block.get("variables"), f"{key}.variables"),
        message=around.message,
        strict=not around.ignore,
    )
    params = params_of(block.get("paramKind"), block.get("paramRef"), f"{key}.paramRef", world)
    return Block(compile_rule(written, key, world), params)


def maps(found: object, key: str) -> list[Json]:
    """Return the list of maps at `key`, empty when absent; raise `CelError` when it is something else."""
    if found is None:
        return []
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, Mapping) for one in found):
        raise CelError(key, "expected a list of maps here")
    return list(found)
