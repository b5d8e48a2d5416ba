"""Render base and head of what a change touches: what is found, what is new, what differs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.checks.scope import inside
from bot.flows.absent import is_there
from bot.flows.around import Around
from bot.flows.environments import Reached
from bot.flows.judging import Judge
from bot.flows.question import Question, Sides
from bot.flows.side import Pair, Sought, unreachable
from bot.flows.survey import survey
from bot.flows.surveyed import Ground, Survey
from bot.flows.workbench import Workbench
from bot.model.finding import Finding
from bot.model.manifest import Rendered
from bot.model.source import Application, Source
from bot.model.tree import Tree
from bot.report.pull_comment import EnvironmentResult

_NOTHING = Application("")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a change does to the environments it touches, and all findings about them."""

    results: tuple[EnvironmentResult, ...]
    findings: tuple[Finding, ...]


def evaluate_change(bench: Workbench, question: Question) -> Evaluation:
    """Render and judge only the applications that the touched paths can reach; the others are not looked at.

    What fails in the base already is not new. An error always is: what could not be looked at is not fine.
    """
    everything = question.whole or any(inside(path, one) for path in question.sides.touched for one in question.always)
    results: list[EnvironmentResult] = []
    findings: list[Finding] = []
    plans = [_plan(bench, question, one, everything) for one in question.reached]
    now = bench.clock()
    total = sum(len(one.pairs) for one in plans)
    done = 0
    for plan in plans:
        if not plan.pairs and is_there(question.sides.head, plan.reached.environment.path):
            continue
        around, aside = Around.of(plan.pairs, wide=plan.wide), {one.name for one in plan.others}
        judge = Judge(bench, question, plan.reached, around, now)
        for sought in _rendered(bench, (*plan.others, *plan.pairs), question.sides):
            if sought.pair.name in aside:
                judge.note(sought)
                continue
            judge.take(sought)
            done += 1
            question.progress(done, total)
            if judge.is_full:
                break
        results.append(judge.result(there=plan.there))
        findings += judge.findings()
    return Evaluation(tuple(results), tuple(findings))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be looked at in one environment; `there` says whether it holds any application at all.

    `wide` says that its policies ask for more than the resources at hand; then `others` are the applications that are
    rendered only for what they say about these.
    """

    reached: Reached
    pairs: tuple[Pair, ...]
    there: bool
    wide: bool = False
    others: tuple[Pair, ...] = ()


def _plan(bench: Workbench, question: Question, reached: Reached, everything: bool) -> _Plan:
    base, head = _surveyed(bench, question, reached)
    pairs = tuple(_affected(reached, base, head, question, everything))
    there = bool(base.applications or head.applications)
    wide = any(one.wide for one in question.packs.for_environment(reached.environment.name))
    if not wide or not pairs or everything:
        return _Plan(reached, pairs, there, wide)
    looked_at = {one.name for one in pairs}
    everyone = _affected(reached, base, head, question, everything=True)
    return _Plan(reached, pairs, there, wide, tuple(one for one in everyone if one.name not in looked_at))


def _surveyed(bench: Workbench, question: Question, reached: Reached) -> tuple[Survey, Survey]:
    ground = Ground(
        question.repository,
        reached.environment,
        question.configuration,
        question.default_branch,
        question.host,
    )
    base = survey(bench, ground, question.sides.base)
    if question.whole or base.touched(question.sides.touched):
        bench.renderer.start()  # while the head is surveyed
    return base, survey(bench, ground, question.sides.head, near=base, changed=question.sides.touched)


def _affected(reached: Reached, base: Survey, head: Survey, question: Question, everything: bool) -> Iterator[Pair]:
    """Yield the applications that a change may make another of, by name."""
    touched = base.touched(question.sides.touched) | head.touched(question.sides.touched)
    old = {one.name: one for one in base.applications}
    new = old if head.applications is base.applications else {one.name: one for one in head.applications}
    for name in sorted({*old, *new}):
        before, after = old.get(name, _NOTHING), new.get(name, _NOTHING)
        if (
            everything
            or (before is not after and before != after)
            or any(one in touched for one in (*before.sources, *after.sources))
        ):
            yield Pair(reached, before, after)


def _rendered(bench: Workbench, pairs: Sequence[Pair], sides: Sides) -> Iterator[Sought]:
    """Render both sides of each pair; yield a pair as soon as it is whole, so that few are held at once."""
    asked: list[tuple[Sought, bool, Source]] = []
    whole: list[Sought] = []

    def wanted() -> Iterator[tuple[Tree, Source]]:
        for pair in pairs:
            orders = [(False, one) for one in pair.base.sources] + [(True, one) for one in pair.head.sources]
            sought = Sought(pair, len(orders))
            if not orders:
                whole.append(sought)
            for is_head, source in orders:
                tree = bench.tree_of(source, sides.head if is_head else sides.base)
                if tree is None:
                    _take(sought, is_head, source, unreachable(source), whole)
                    continue
                asked.append((sought, is_head, source))
                yield tree, source

    for number, rendered in bench.renderer.render(wanted()):
        sought, is_head, source = asked[number]
        _take(sought, is_head, source, rendered, whole)
        yield from whole
        whole.clear()
    yield from whole


def _take(sought: Sought, is_head: bool, source: Source, rendered: Rendered, whole: list[Sought]) -> None:
    sought.found[is_head, source] = rendered
    sought.missing -= 1
    if sought.missing == 0:
        whole.append(sought)
