"""What do Kyverno policies, unmodified, say about manifests, without a cluster?

`compile_policy` once for each document, `evaluate` for any number of resources.
"""

from __future__ import annotations

from bot.policy.kyverno.evaluate import Values, evaluate
from bot.policy.kyverno.exceptions import PolicyException, compile_exception, is_exception
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule, compile_policy, is_policy

__all__ = [
    "CompiledPolicy",
    "CompiledRule",
    "PolicyException",
    "Values",
    "compile_exception",
    "compile_policy",
    "evaluate",
    "is_exception",
    "is_policy",
]
