"""What did one side of an application come to, and where does it come from?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.checks.applications.substitution import substituted
from bot.checks.charts.layers import Spot
from bot.checks.duplicates import Defined
from bot.checks.schema import unlisted
from bot.checks.trace import trace
from bot.flows.environments import Reached
from bot.model.environment import Environment
from bot.model.finding import Finding
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Application, Source
from bot.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Pair:
    """One application of one environment, in base and head."""

    reached: Reached
    base: Application
    head: Application

    @property
    def environment(self) -> Environment:
        return self.reached.environment

    @property
    def name(self) -> str:
        return self.head.name or self.base.name


@dataclass(slots=True)
class Sought:
    """The outcomes of a pair that are there so far, by side and source."""

    pair: Pair
    missing: int
    found: dict[tuple[bool, Source], Rendered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of an application came to: its resources, what was rendered, and why parts are missing."""

    application: Application
    resources: tuple[Resource, ...]
    rendered: tuple[tuple[Source, Rendered], ...]
    problems: tuple[RenderProblem, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of it and does no harm."""
        return (*self.application.notes, *(note for _, each in self.rendered for note in each.notes))

    @property
    def broken(self) -> tuple[RenderProblem, ...]:
        """Those problems that somebody has to mend."""
        return tuple(one for one in self.problems if not one.remote)


def defined(side: Side, application: str) -> Iterator[Defined]:
    """Yield what an application defines, in the namespace and on the cluster it goes to."""
    goes = side.application
    for one in unlisted(side.resources):
        if one.metadata.get("name"):
            key = one.key if one.namespace or not goes.namespace else replace(one.key, namespace=goes.namespace)
            yield Defined(key, application, one.path, one.line, goes.cluster)


def side_of(sought: Sought, is_head: bool) -> Side:
    """Return what one side of an application came to."""
    application = sought.pair.head if is_head else sought.pair.base
    return put_together(application, [(one, sought.found[is_head, one]) for one in application.sources])


def put_together(application: Application, rendered: Sequence[tuple[Source, Rendered]]) -> Side:
    """Put together what the sources of an application came to; of two resources of one key the later one counts."""
    resources = [one for _, each in rendered for one in each.resources]
    problems = [*application.problems]
    for source, each in rendered:
        problems += (_declared_at(one, source, application) for one in each.problems)
    if len(rendered) > 1:
        resources = list({one.key: one for one in resources}.values())
    if application.substitute is not None:
        after, wrong = substituted(resources, dict(application.substitute))
        resources, problems = list(after), [*problems, *wrong]
    return Side(application, tuple(resources), tuple(rendered), tuple(problems))


def _declared_at(problem: RenderProblem, source: Source, application: Application) -> RenderProblem:
    """Return a problem of another tree's file with the place in this tree that asks for it."""
    if not (source.repository or source.revision) or not application.path or problem.path == application.path:
        return problem
    file = f"{problem.path}:{problem.line}" if problem.line else problem.path
    where = " at ".join(one for one in (source.repository, source.revision.partition("@sha256:")[0]) if one)
    words = f"{problem.message} ({file} of {where})" if file else f"{problem.message} ({where})"
    return replace(problem, message=words, path=application.path, line=application.line)


def unreachable(source: Source) -> Rendered:
    """Return the outcome of a source whose tree cannot be had here."""
    where = " at ".join(one for one in (source.repository or "this repository", source.revision) if one)
    problem = RenderProblem(source.path, f"not rendered: {where} cannot be read here", remote=True)
    return Rendered(source.path, problems=(problem,), kind=source.engine)


def traced(findings: Sequence[Finding], side: Side, tree: Tree) -> Iterator[Finding]:
    """Yield the findings with the file and line where they can be mended, in their order."""
    owner = {one.key: number for number, (_, each) in enumerate(side.rendered) for one in each.resources}
    by_source: dict[int, list[int]] = {}
    for place, one in enumerate(findings):
        by_source.setdefault(owner.get(one.resource, 0) if one.resource else 0, []).append(place)
    placed = list(findings)
    for number, places in by_source.items():
        source, rendered = side.rendered[number] if number < len(side.rendered) else (None, None)
        if source is None or rendered is None:
            continue
        if source.repository or source.revision:  # its lines are not this tree's
            path, line = _declaring(side.application) or ("", None)
            for place in places:
                placed[place] = replace(findings[place], path=path, line=line) if path else findings[place]
            continue
        asked = tuple(findings[place] for place in places)
        found = trace(asked, rendered, tree.read, source, _declaring(side.application))
        for place, one in zip(places, found, strict=True):
            placed[place] = one
    yield from placed


def _declaring(application: Application) -> Spot | None:
    """Return where an application is declared, None for one that is only found."""
    return (application.path, application.line or 1) if application.path else None
