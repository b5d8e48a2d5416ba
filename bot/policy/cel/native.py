"""What does the CEL code of a Gatekeeper ConstraintTemplate say (engine `K8sNativeValidation`)?

Source: https://open-policy-agent.github.io/gatekeeper/website/docs/validating-admission-policy/. Its expressions are
those of a ValidatingAdmissionPolicy; `variables.params` are the constraint's parameters, `variables.anyObject` the
object, or on DELETE what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.cel.block import maps
from bot.policy.cel.problem import CelError
from bot.policy.cel.rule import NOTHING, Rule, RuleText, compile_rule
from bot.policy.cel.world import World

ENGINE = "K8sNativeValidation"

_FIELDS = ("failurePolicy", "generateVAP", "matchConditions", "validations", "variables")
_GIVEN = (
    {"name": "params", "expression": "params"},
    {"name": "anyObject", "expression": "object == null ? oldObject : object"},
)

Json = Mapping[str, Any]


def compile_native(source: Json, key: str, world: World = NOTHING) -> Rule:
    """Compile the `source` of such code, which is at the dotted place `key`.

    Hold it against a resource with `rule.judge(view, parameters)`. Raises `CelError` and `ElsewhereError`.
    """
    for name in source:
        if name not in _FIELDS:
            raise CelError(f"{key}.{name}", f"unknown field `{name}`; known here: {', '.join(_FIELDS)}")
    written = RuleText(
        validations=maps(source.get("validations"), f"{key}.validations"),
        conditions=maps(source.get("matchConditions"), f"{key}.matchConditions"),
        variables=[*_GIVEN, *maps(source.get("variables"), f"{key}.variables")],
        strict=source.get("failurePolicy") != "Ignore",
    )
    return compile_rule(written, key, world)
