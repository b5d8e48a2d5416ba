"""What do all packs together say about the rendered resources of one environment?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.kyverno import evaluate
from bot.policy.packs import Pack


def evaluate_packs(
    packs: Iterable[Pack],
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with the packs themselves, then every finding about the resources.

    `namespaces` maps namespaces to their labels, where known; see `bot.policy.kyverno.evaluate`.
    """
    loaded = tuple(packs)
    told = [problem.finding(environment) for pack in loaded for problem in pack.problems]
    policies = [policy for pack in loaded for policy in pack.policies]
    found = evaluate(policies, resources, environment=environment, namespaces=namespaces)
    return (*told, *found)
