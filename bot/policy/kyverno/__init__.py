"""What do Kyverno policies, unmodified, say about manifests, without a cluster?

`compile_policy` once for each document, `evaluate` for any number of resources.
"""

from __future__ import annotations

from bot.policy.kyverno.evaluate import evaluate
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule, compile_policy, is_policy

__all__ = ["CompiledPolicy", "CompiledRule", "compile_policy", "evaluate", "is_policy"]
