"""What is wrong with one application, what of that is new, and what differs between its sides?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.checks.charts.repeated import repeated_keys
from bot.checks.compare import mark_new
from bot.checks.diff import EnvironmentDiff, ResourceChange, compare
from bot.checks.duplicates import Defined, duplicates
from bot.checks.schema import Rules, judged, unknown_version
from bot.flows.absent import missing_directory
from bot.flows.around import Around, Both
from bot.flows.custom_kinds import TreeKinds
from bot.flows.environments import Reached
from bot.flows.excepting import Excepting
from bot.flows.question import Question
from bot.flows.scanning import Scanning
from bot.flows.side import Side, Sought, defined, side_of, traced
from bot.flows.workbench import Workbench
from bot.model.environment import Environment
from bot.model.finding import Finding, State
from bot.model.manifest import Rendered
from bot.model.source import Source
from bot.policy.evaluation import evaluate_packs
from bot.report.pull_comment import EnvironmentResult

MOST_RESOURCES = 100_000  # of base and head together, in one environment


class Judge:
    """Judges and compares the applications of one environment, one after the other."""

    def __init__(
        self, bench: Workbench, question: Question, reached: Reached, around: Around, now: datetime | None = None
    ) -> None:
        """Take what is asked; `around` is what lies around the applications, `now` the time for policies."""
        self._question, self._reached, self._around, self._now = question, reached, around, now
        self._environment = reached.environment
        self._rego = bench.rego
        self._packs = question.packs.for_environment(reached.environment.name)
        checks, sides = question.configuration.checks, question.sides
        self._rules = Rules(
            reached.environment.kubernetes or checks.kubernetes, checks.unknown_kinds, reached.environment.name
        )
        minor = self._rules.definitions
        self._kinds = {
            is_head: TreeKinds(bench, sides.head if is_head else sides.base, checks.crds, minor)
            for is_head in (False, True)
        }
        self._defined: dict[bool, list[Defined]] = {False: [], True: []}
        self._clusterwide: frozenset[tuple[str, str]] = frozenset()
        self._changes: list[ResourceChange] = []
        self._compared = 0
        self._notes: list[str] = []  # why an application was not compared
        self._remarks: list[str] = []
        self._findings: list[Finding] = []
        self._resources_before = 0
        self._held = 0
        self._scanning = Scanning(
            bench.scanners, question.packs.scanners_for(self._environment.name), self._environment.name, now
        )
        self._excepting = Excepting(self._packs, now, self._environment.name)

    def take(self, sought: Sought) -> None:
        """Judge one application, and compare its sides."""
        pair = sought.pair
        self._held += sum(len(one.resources) for one in sought.found.values())
        if self.is_full:
            self._findings.append(_overfull(self._environment))
            return
        both = Both(pair, side_of(sought, False), side_of(sought, True))
        old, new = both.old, both.new
        self._around.note(both)
        self._excepting.note(new)
        self._scanning.note(both)
        self._resources_before += len(old.resources)
        if not self._around.waits(both):
            self._findings += self._found(both)
        for is_head, side in ((False, old), (True, new)):
            self._defined[is_head] += defined(side, pair.name)
        self._remarks += (_named(pair.name, one) for one in new.notes)
        if old.broken or new.broken:
            which = "the change" if new.broken else "the base branch"
            self._notes.append(_named(pair.name, f"not compared: {which} does not render"))
            return
        if new.problems:
            self._notes.append(_named(pair.name, "not rendered in full"))
        self._compared += 1
        changes = compare(old.resources, new.resources).changes
        self._changes += (replace(one, application=pair.name) for one in changes)

    def note(self, sought: Sought) -> None:
        """Look at an application that the change leaves alone, only for what it says about the others."""
        self._held += sum(len(one.resources) for one in sought.found.values())
        self._around.note(Both(sought.pair, side_of(sought, False), side_of(sought, True)))

    @property
    def is_full(self) -> bool:
        """Say whether that was more than anybody can read, and a worker hold: nothing more is to be taken."""
        return self._held > MOST_RESOURCES

    def result(self, *, there: bool) -> EnvironmentResult:
        """Return what the environment gets from the change."""
        path = self._environment.path
        nothing = () if there else (f"there is nothing at {path or 'the top of the repository'}",)
        notes = tuple(dict.fromkeys((*nothing, *self._notes)))
        remarks = tuple(dict.fromkeys(self._remarks))
        alone = not self._changes and bool(notes)
        return EnvironmentResult(
            self._environment.name,
            self._reached.deployed,
            EnvironmentDiff(tuple(sorted(self._changes, key=lambda one: (one.application, one.key, one.kind)))),
            note=notes[0] if alone and len(notes) == 1 else f"{len(notes)} applications not compared" if alone else "",
            remarks=remarks if alone and len(notes) == 1 else (*notes, *remarks),
            tagged=bool(self._environment.tag),
        )

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found, also between applications, and what is to say of the environment's directory."""
        environment, sides = self._environment, self._question.sides
        self._findings += self._waiting()
        self._findings += self._scanning.findings(sides.head)
        twice, before = (
            tuple(duplicates(self._defined[is_head], environment.name, self._clusterwide)) for is_head in (True, False)
        )
        version = tuple(unknown_version(self._rules.kubernetes, environment.name))
        return (
            *_marked(version, version),  # both sides are judged by it
            *sorted(self._findings, key=lambda one: one.application),  # they come as they were rendered
            *self._excepting.unneeded(self._findings, whole=self._question.whole and not self.is_full),
            *_marked(twice, before),
            *missing_directory(environment, sides, self._resources_before),
        )

    def _waiting(self) -> Iterator[Finding]:
        """Yield what was found in the applications that had to wait for the others."""
        waiting = self._around.waiting
        before = {one.pair.name: self._judged(one, is_head=False) for one in self._around.sources()}
        for one in waiting:
            yield from self._found(one, tuple(self._around.moved_findings(one, before)))
        waiting.clear()

    def _found(self, both: Both, moved: Sequence[Finding] = ()) -> Iterator[Finding]:
        """Yield what was found in the head, with its place; `moved` was found before where it comes from."""
        found = self._judged(both, is_head=True)
        known = self._judged(both, is_head=False) if found else ()
        yield from traced(_marked(found, (*known, *moved)), both.new, self._question.sides.head)

    def _judged(self, both: Both, *, is_head: bool) -> tuple[Finding, ...]:
        """Return what was found in one side.

        To the policies what differs from the base is an update, with the object as it was; all else, and all of the
        base, is as if it were created. So what is wrong only in changing it so is always new.
        """
        side, pair, environment = both.new if is_head else both.old, both.pair, self._environment
        custom = self._kinds[is_head].for_resources(side.resources)
        self._clusterwide |= custom.clusterwide
        rules = replace(self._rules, application=pair.name, custom=custom)
        found = (
            *_problem_findings(side, environment, self._question.configuration.checks.unrendered),
            *judged(side.resources, rules),
            *(one for each in side.rendered for one in self._repeated(*each, is_head=is_head)),
            *evaluate_packs(
                self._packs,
                side.resources,
                environment=environment.name,
                namespaces=self._around.namespaces(side, is_head=is_head),
                old=self._around.before(both) if is_head else None,
                now=self._now,
                is_base=not is_head,
                rego=self._rego,
                inventory=self._around.inventory(side, is_head=is_head),
                beside=self._around.beside(side, is_head=is_head),
            ),
        )
        return tuple(replace(one, application=pair.name) if one.application != pair.name else one for one in found)

    def _repeated(self, source: Source, rendered: Rendered, *, is_head: bool) -> Iterator[Finding]:
        """Yield the keys that a chart of this tree gives twice."""
        sides = self._question.sides
        if source.engine == "helm" and not source.repository and not source.revision:
            read = sides.head.read if is_head else sides.base.read
            yield from repeated_keys(source, rendered, read, self._environment.name)


def _marked(findings: Sequence[Finding], known: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with what was there before marked as not new; an error always is new."""
    return tuple(replace(one, new=one.new or one.state == "error") for one in mark_new(findings, known))


def _overfull(environment: Environment) -> Finding:
    return Finding(
        concern="manifests",
        policy="render",
        rule="declared",
        state="error",
        message=f"the change touches more than {MOST_RESOURCES:,} resources; the others were not looked at",
        severity="high",
        title="Too much to look at",
        environment=environment.name,
        path=environment.path,
        how="change less at once",
    )


def _named(application: str, words: str) -> str:
    return f"{application}: {words}" if application else words


def _problem_findings(side: Side, environment: Environment, unrendered: str) -> Iterator[Finding]:
    """Yield what is to say of parts that were not rendered, and of the policies that could not be run on them."""
    worth: Mapping[str, State] = {"ignore": "skip", "warn": "not evaluable here", "fail": "fail"}
    for problem in side.problems:
        yield Finding(
            concern="manifests",
            policy="render",
            rule=side.rendered[0][1].kind if side.rendered else "declared",
            state=worth[unrendered] if problem.remote else "error",
            message=problem.message,
            severity="medium" if problem.remote else "high",
            title="Not rendered" if problem.remote else "Cannot be rendered",
            environment=environment.name,
            field=problem.message,  # two different problems of one root are two findings
            path=problem.path,
            line=problem.line,
            how=problem.how,
        )
    if side.problems:
        broken = bool(side.broken)
        yield Finding(
            concern="policies",
            policy="policies",
            rule="",
            state="error" if broken else worth[unrendered],
            message=f"no policy was run, because the manifests {'do not render' if broken else 'are not rendered'}",
            severity="high" if broken else "medium",
            title="Policies did not run",
            environment=environment.name,
        )
