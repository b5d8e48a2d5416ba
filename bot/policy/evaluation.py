"""What do all packs together say about the rendered resources of one environment?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.adjustments import adjusted
from bot.policy.gatekeeper import NO_REGO, Given, Rego, evaluate_gatekeeper, together
from bot.policy.kyverno import evaluate
from bot.policy.packs import Pack
from bot.policy.waivers import Day, waived


def evaluate_packs(  # noqa: PLR0913 - two values and options with defaults
    packs: Iterable[Pack],
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    old: Iterable[Resource] | None = None,
    now: datetime | None = None,
    is_base: bool = False,
    rego: Rego = NO_REGO,
    inventory: Callable[[], bytes] | None = None,
    beside: Sequence[Resource] | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with the packs themselves, then every finding about the resources.

    `namespaces` maps namespaces to their labels, where known; `old` are the resources before the change, `now` is
    the time for rules that ask for it and for exceptions that expire; see `bot.policy.kyverno.evaluate`. `is_base`
    says that these are the resources before the change. What the configuration excepts is `skip`. `rego` evaluates
    Rego, `inventory` makes its view of all resources of the environment, `beside` are these resources for API calls
    that manifests may answer; without them, policies see those at hand.
    """
    loaded = tuple(packs)
    told = [problem.finding(environment) for pack in loaded for problem in pack.problems]
    exceptions = [one for pack in loaded for one in pack.exceptions]
    before = None if old is None else {one.key: one for one in old}

    def found(some: Iterable[Pack]) -> tuple[Finding, ...]:
        listed = list(some)
        constraints = together(pack.gatekeeper for pack in listed)
        return (
            *evaluate_gatekeeper(
                constraints,
                resources,
                environment=environment,
                namespaces=namespaces,
                old=before,
                given=Given(rego, inventory, now),
            ),
            *evaluate(
                [policy for pack in listed for policy in pack.policies],
                resources,
                environment=environment,
                namespaces=namespaces,
                exceptions=exceptions,
                old=before,
                now=now,
                beside=beside,
            ),
        )

    day = Day(now.astimezone(UTC).date() if now else None, environment, is_base)
    changed = [one for one in loaded if one.adjustments]
    if _share_names(loaded):  # each by itself: what is said of the policies of one pack is not said of the other's
        plain = found([one for one in loaded if not one.adjustments])
        return (*told, *plain, *(each for one in changed for each in _as_wanted(one, found([one]), day)))
    findings = found(loaded)
    own = {name: index for index, one in enumerate(changed) for name in one.names}
    parts = [[one for one in findings if own.get(one.policy) == index] for index in range(len(changed))]
    rest = [one for one in findings if one.policy not in own]
    return (
        *told,
        *rest,
        *(each for one, part in zip(changed, parts, strict=True) for each in _as_wanted(one, part, day)),
    )


def _share_names(packs: Sequence[Pack]) -> bool:
    """Say whether a pack with adjustments has a policy that is called like one of another pack."""
    counts = Counter(name for pack in packs for name in pack.names)
    return any(counts[name] > 1 for pack in packs if pack.adjustments for name in pack.names)


def _as_wanted(pack: Pack, findings: Iterable[Finding], day: Day) -> tuple[Finding, ...]:
    return waived(adjusted(findings, pack.adjustments), pack.adjustments.waivers, day)
