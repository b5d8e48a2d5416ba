"""What do all packs together say about the rendered resources of one environment?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.kyverno import evaluate
from bot.policy.packs import Pack


def evaluate_packs(  # noqa: PLR0913 - two values and options with defaults
    packs: Iterable[Pack],
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    old: Iterable[Resource] | None = None,
    now: datetime | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with the packs themselves, then every finding about the resources.

    `namespaces` maps namespaces to their labels, where known; `old` are the resources before the change, `now` is
    the time for rules that ask for it; see `bot.policy.kyverno.evaluate`.
    """
    loaded = tuple(packs)
    told = [problem.finding(environment) for pack in loaded for problem in pack.problems]
    policies = [policy for pack in loaded for policy in pack.policies]
    found = evaluate(
        policies,
        resources,
        environment=environment,
        namespaces=namespaces,
        exceptions=[one for pack in loaded for one in pack.exceptions],
        old=None if old is None else {one.key: one for one in old},
        now=now,
    )
    return (*told, *found)
