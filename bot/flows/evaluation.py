"""Render base and head of the environments a change touches: what is found, what is new, what differs?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.checks.closure import Closure, closure
from bot.checks.compare import mark_new
from bot.checks.diff import EnvironmentDiff, compare
from bot.checks.schema import validate
from bot.checks.scope import CONFIGURATION, affected
from bot.checks.trace import trace
from bot.flows.environments import Reached
from bot.flows.packs import Packs
from bot.flows.tools import Tools
from bot.model.environment import Configuration, Environment
from bot.model.finding import Finding
from bot.model.manifest import Rendered
from bot.policy.evaluation import evaluate_packs
from bot.report.pull_comment import EnvironmentResult


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a change does to the environments it touches, and all findings about them."""

    results: tuple[EnvironmentResult, ...]
    findings: tuple[Finding, ...]


def reader(checkout: Path) -> Callable[[str], bytes | None]:
    """Return a function that reads a repository path from a checkout; None for what is no file there."""

    def read(path: str) -> bytes | None:
        place = checkout / path
        if ".." in path.split("/") or not place.is_file():
            return None
        return place.read_bytes()

    return read


@dataclass(frozen=True, slots=True)
class Sides:
    """The checkouts of base and head, and the paths in which they differ."""

    base: Path
    head: Path
    touched: Sequence[str]


def evaluate_change(
    tools: Tools, configuration: Configuration, packs: Packs, reached: Sequence[Reached], sides: Sides
) -> Evaluation:
    """Render and judge only the environments that the touched paths can reach; the others are not looked at.

    What fails in the base already is not new. An error always is: what could not be looked at is not fine.
    """
    roots = {one.environment.name: one.environment.path for one in reached}
    always = [CONFIGURATION, *(pack.path for pack in configuration.policies if pack.path)]
    names = affected(sides.touched, roots, _closures(set(roots.values()), sides), always=always)
    wanted = sorted({roots[name] for name in names})
    before, after = tools.renderer.render(sides.base, wanted), tools.renderer.render(sides.head, wanted)
    results: list[EnvironmentResult] = []
    findings: list[Finding] = []
    for one in reached:
        if one.environment.name not in names:
            continue
        old, new = before[one.environment.path], after[one.environment.path]
        results.append(_result(one, old, new))
        judged = _judge(configuration, packs, one.environment, new)
        known = _judge(configuration, packs, one.environment, old)
        marked = (replace(found, new=found.new or found.state == "error") for found in mark_new(judged, known))
        findings += trace(tuple(marked), new, reader(sides.head))
    return Evaluation(tuple(results), tuple(findings))


def _closures(roots: set[str], sides: Sides) -> Mapping[str, Sequence[Closure]]:
    return {root: [closure(root, reader(side)) for side in (sides.base, sides.head)] for root in roots}


def _result(one: Reached, old: Rendered, new: Rendered) -> EnvironmentResult:
    if new.problems or old.problems:
        side = "the change" if new.problems else "the base branch"
        return EnvironmentResult(
            one.environment.name,
            one.deployed,
            EnvironmentDiff(),
            note=f"not compared: {side} does not render",
        )
    if new.kind == "absent" and old.kind == "absent":
        note = f"there is nothing at {one.environment.path or 'the top of the repository'}"
        return EnvironmentResult(one.environment.name, one.deployed, EnvironmentDiff(), note=note)
    return EnvironmentResult(one.environment.name, one.deployed, compare(old.resources, new.resources))


def _judge(
    configuration: Configuration, packs: Packs, environment: Environment, rendered: Rendered
) -> tuple[Finding, ...]:
    rules = configuration.checks
    return (
        *_problems(environment, rendered),
        *validate(
            rendered.resources,
            kubernetes=rules.kubernetes,
            unknown_kinds=rules.unknown_kinds,
            environment=environment.name,
        ),
        *evaluate_packs(packs.for_environment(environment.name), rendered.resources, environment=environment.name),
    )


def _problems(environment: Environment, rendered: Rendered) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            concern="manifests",
            policy="render",
            rule=rendered.kind,
            state="error",
            message=problem.message,
            severity="high",
            title="Cannot be rendered",
            environment=environment.name,
            field=problem.message,  # two different problems of one root are two findings
            path=problem.path,
            line=problem.line,
            how=problem.how,
        )
        for problem in rendered.problems
    )
