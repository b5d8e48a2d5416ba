"""How long do twenty policies of one kind take over a thousand resources, on one core?

Patterns are those of Lockkeeper's own packs that have a say about the resources; conditions, CEL and Rego are made up
of the checks that people write most often. All of them are compiled before the clock starts. A last kind, without a
bar, is everything that the packs hold.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.adapters.rego import WalledRego
from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.documents import parse_documents
from bot.policy.evaluation import evaluate_packs
from bot.policy.gatekeeper import NO_REGO, Rego
from bot.policy.packs import Pack, load_pack, policy_files
from tools.bench.rules import POLICIES, RESOURCES, Json, cel, conditions, rego, resources


@dataclass(frozen=True, slots=True)
class Kind:
    """Policies of one kind, and how many seconds they may take."""

    name: str
    most: float | None
    policies: Callable[[], Pack]

    @property
    def title(self) -> str:
        return f"policies: {POLICIES} {self.name}" if self.most is not None else f"policies: {self.name}"


def everything() -> Pack:
    """Return all Kyverno policies of the packs, as they ship."""
    return _pack([one for one in _documents() if one.get("kind") == "ClusterPolicy"], spare=True)


def _documents() -> Iterator[Json]:
    for files in builtin_packs(default_directory()).values():
        for path in policy_files(files):
            yield from _policies(files[path])


def _policies(text: bytes) -> Iterator[Json]:
    parsed = parse_documents(text)
    return (_plain(dict(one.content)) for one in parsed if not isinstance(one, str))


def _plain(document: Json) -> Json:
    """Return a policy without annotations: what its pack is given decides whether it runs, and here it does."""
    return {**document, "metadata": {"name": document["metadata"]["name"]}}


def shipped(*checks: str) -> Pack:
    """Return policies of the packs whose rules are of these kinds and look at workloads, repeated up to twenty."""
    found = [one for one in _documents() if _is_of(one, checks)]
    if not found:
        raise RuntimeError(f"no policy of the packs has rules of the kinds {', '.join(checks)}")
    return _pack([_renamed(found[number % len(found)], number) for number in range(POLICIES)])


def _is_of(document: Mapping[str, Any], checks: Sequence[str]) -> bool:
    """Say whether a policy's rules are all of some kinds, and whether it looks at what most resources are."""
    rules = (document.get("spec") or {}).get("rules") or []
    kinds = {kind for rule in rules for one in rule["match"].get("any", [{}]) for kind in one["resources"]["kinds"]}
    return (
        document.get("kind") == "ClusterPolicy"
        and bool(rules)
        and all(any(check in rule.get("validate", {}) for check in checks) for rule in rules)
        and bool(kinds & {"Pod", "Deployment", "StatefulSet"})
    )


def _renamed(document: Json, number: int) -> Json:
    return {**document, "metadata": {"name": f"policy-{number}"}}


def _pack(documents: Sequence[Json], *, spare: bool = False) -> Pack:
    found = load_pack("bench", {"policies.yaml": yaml.safe_dump_all(documents).encode()}, {})
    if found.problems and not spare:
        raise RuntimeError(f"a policy of the bench is broken: {found.problems[0]}")
    return found


KINDS = (
    Kind("pattern", 0.6, lambda: shipped("pattern", "anyPattern")),
    Kind("deny and foreach", 0.4, lambda: _pack(conditions())),
    Kind("CEL", 1.0, lambda: _pack(cel())),
    Kind("Gatekeeper", 4.0, lambda: _pack(rego())),
    Kind("all of the packs", None, everything),
)


def measured(kind: Kind, runs: int) -> Iterator[float]:
    """Yield the seconds of each run. RuntimeError when the policies did not do their work."""
    pack, some = kind.policies(), resources()
    with _one_core():
        for number in range(runs + 1):
            with WalledRego() if kind.name == "Gatekeeper" else contextlib.nullcontext(NO_REGO) as engine:
                if isinstance(engine, WalledRego):
                    engine.words()  # starts it: a worker's runs already; what it remembers would be no measurement
                seconds, findings = _evaluated(pack, some, engine)
            _check(kind, findings)
            if number:  # the first fills what is filled once
                yield seconds


def _evaluated(pack: Pack, some: Sequence[Resource], engine: Rego) -> tuple[float, tuple[Finding, ...]]:
    started = time.perf_counter()
    found = evaluate_packs([pack], some, environment="production", rego=engine)
    return time.perf_counter() - started, found


def _check(kind: Kind, findings: Sequence[Finding]) -> None:
    wrong = [one for one in findings if one.state in ("error", "not evaluable here")]
    if wrong and kind.most is not None:
        raise RuntimeError(f"{kind.name}: {wrong[0].message}")
    if len(findings) < RESOURCES // 20:
        raise RuntimeError(f"{kind.name}: only {len(findings)} findings")


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, and those it starts, on one core where the system lets one choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
