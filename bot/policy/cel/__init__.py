"""What do CEL expressions of policies say about manifests, without a cluster?

`compile_rule` once for each rule, `Rule.judge` for any number of resources. The engine is Google's C++ CEL in the
package `cel-expr-python`; where that is not installed every rule is `not evaluable here`.
"""

from __future__ import annotations

from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import Outcome, Rule, RuleText, compile_rule
from bot.policy.cel.world import View, World

__all__ = ["CelError", "ElsewhereError", "Outcome", "Rule", "RuleText", "View", "World", "compile_rule"]
