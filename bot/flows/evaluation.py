"""Render base and head of the environments a change touches: what is found, what is new, what differs?"""

from __future__ import annotations

import difflib
import itertools
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
    """The checkouts of base and head, the paths in which they differ, and whether this is a promotion of ours."""

    base: Path
    head: Path
    touched: Sequence[str]
    promotion: bool = False


def evaluate_change(
    tools: Tools, configuration: Configuration, packs: Packs, reached: Sequence[Reached], sides: Sides
) -> Evaluation:
    """Render and judge only the environments that the touched paths can reach; the others are not looked at.

    What fails in the base already is not new. An error always is: what could not be looked at is not fine.
    """
    roots = {one.environment.name: one.environment.path for one in reached}
    always = [CONFIGURATION, *(pack.path for pack in configuration.policies if pack.path)]
    names = set(affected(sides.touched, roots, _closures(set(roots.values()), sides), always=always))
    names |= {one.environment.name for one in reached if not (sides.head / one.environment.path).is_dir()}
    wanted = sorted({roots[name] for name in names})
    before, after = tools.renderer.render(sides.base, wanted), tools.renderer.render(sides.head, wanted)
    results: list[EnvironmentResult] = []
    findings: list[Finding] = []
    for one in reached:
        if one.environment.name not in names:
            continue
        old, new = before[one.environment.path], after[one.environment.path]
        results.append(_result(one, old, new))
        judged = (*_judge(configuration, packs, one.environment, new), *missing(one, old, new, sides))
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


def missing(one: Reached, old: Rendered, new: Rendered, sides: Sides) -> tuple[Finding, ...]:
    """Return what to say of an environment whose directory is not there: nothing was judged, so nothing is fine.

    A directory that goes away would take its resources with it. One that never was is a mistake in the
    configuration; it holds up promotions, but not the pull request that mends it.
    """
    if new.kind != "absent":
        return _not_run(one.environment, new)
    name, path = one.environment.name, one.environment.path
    gone = old.kind != "absent"
    said = f"the directory `{path}` of {name} is not there"
    if gone:
        resources = f"{len(old.resources)} resource{'' if len(old.resources) == 1 else 's'}"
        said = f"the directory `{path}` goes away, and with it {resources} of {name}"
    near = difflib.get_close_matches(path, _directories(sides.head), 1, 0.6)
    mean = f"did you mean `{near[0]}`? " if near else ""
    finding = Finding(
        concern="manifests",
        policy="render",
        rule="absent",
        state="error" if gone or sides.promotion else "warn",
        message=said,
        severity="high",
        title="No manifests to look at",
        environment=name,
        field=path,
        path=CONFIGURATION,
        how=f"{mean}keep the directory, or change `environments.{name}.path` in the configuration first",
    )
    return (finding,)


def _directories(checkout: Path) -> list[str]:
    found = (place for place in checkout.rglob("*") if place.is_dir())
    return [place.relative_to(checkout).as_posix() for place in itertools.islice(found, 2000)]


def _not_run(environment: Environment, rendered: Rendered) -> tuple[Finding, ...]:
    if not rendered.problems:
        return ()
    finding = Finding(
        concern="policies",
        policy="policies",
        rule="",
        state="error",
        message="no policy was run, because the manifests do not render",
        severity="high",
        title="Policies did not run",
        environment=environment.name,
    )
    return (finding,)


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
