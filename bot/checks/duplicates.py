"""Which resources are defined more than once?

Two applications of one environment may go to two clusters, and a resource without a namespace goes wherever its
application does. So what is told across applications is only what is surely one resource, if they share a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.checks.kinds import is_clusterwide
from bot.model.finding import Finding, State
from bot.model.manifest import ResourceKey

POLICY = "kubernetes-schema"
_NAMED = 3  # applications that a message names


@dataclass(frozen=True, slots=True)
class Defined:
    """That an application defines a resource, in `place` (a cluster, where that is known), at a file and line."""

    key: ResourceKey
    application: str = ""
    path: str = ""
    line: int | None = None
    place: str = ""


def duplicates(
    defined: Iterable[Defined], environment: str, clusterwide: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[Finding]:
    """Yield a finding for each resource that several definitions share, at the last of them.

    Within one application that is a mistake (fail), as only one of them can win. Across applications it is worth a
    look (warn), as each undoes what the other did. `clusterwide` are the custom kinds (group, kind) without a
    namespace. Memory: one small value for each resource that is given.
    """
    found: dict[tuple[ResourceKey, str], list[Defined]] = {}
    for one in defined:
        if one.key.kind and one.key.name:
            found.setdefault((one.key, one.place), []).append(one)
    for every in found.values():
        if len(every) > 1:
            yield from _within(every, environment)
            yield from _across(every, environment, clusterwide)


def _within(every: list[Defined], environment: str) -> Iterator[Finding]:
    by_application: dict[str, list[Defined]] = {}
    for one in every:
        by_application.setdefault(one.application, []).append(one)
    for application, those in by_application.items():
        if len(those) > 1:
            times = "twice" if len(those) == 2 else f"{len(those)} times"
            where = "in this application" if application else "in this environment"
            message = f"{those[0].key} is defined {times} {where}; only one of them can win"
            yield _finding(those, message, "fail", environment)


def _across(every: list[Defined], environment: str, clusterwide: frozenset[tuple[str, str]]) -> Iterator[Finding]:
    last = {one.application: one for one in every}
    key = every[0].key
    if len(last) < 2 or not (
        key.namespace or is_clusterwide(key.group, key.kind) or (key.group, key.kind) in clusterwide
    ):
        return
    names = sorted(f"`{name}`" if name else "the environment's own directory" for name in last)
    told = names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    message = f"{key} is defined by {', '.join(told[:-1])} and {told[-1]}; each undoes what the other applied"
    yield _finding(list(last.values()), message, "warn", environment)


def _finding(those: list[Defined], message: str, state: State, environment: str) -> Finding:
    last = those[-1]
    before = next(
        (f" (also in {one.path}{f':{one.line}' if one.line else ''})" for one in those if one.path != last.path), ""
    )
    return Finding(
        concern="manifests",
        policy=POLICY,
        rule="duplicate-resource",
        state=state,
        message=message,
        severity="high" if state == "fail" else "medium",
        title="Resource defined twice",
        resource=last.key,
        environment=environment,
        application=last.application,
        field="metadata.name",
        path=last.path,
        line=last.line,
        how=f"remove or rename one of them{before}",
    )
