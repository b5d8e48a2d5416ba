"""Which findings do constraints have about rendered resources?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.model.finding import Finding, State
from bot.model.manifest import Resource, ResourceKey
from bot.policy.cel.rule import Outcome
from bot.policy.gatekeeper.action import Action
from bot.policy.gatekeeper.constraint import Constraint
from bot.policy.gatekeeper.expansion import Implied, implied
from bot.policy.gatekeeper.policies import Gatekeeper
from bot.policy.gatekeeper.program import asks_time, told_time
from bot.policy.gatekeeper.rego import NO_REGO, Answer, Program, Question, Rego, Said, Trouble
from bot.policy.gatekeeper.review import USER, as_json, inventory_of, review_of
from bot.policy.gatekeeper.template import Template
from bot.policy.kyverno.evaluate import known_namespaces
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.subject import Labels, Subject, subject_of
from bot.policy.kyverno.times import at_time
from bot.policy.problem import PolicyProblem

NOBODY = "who makes the change is known in a cluster only"
NO_TIME = "what holds depends on the time of day"
NO_LABELS = "the labels of namespace `{}` are not known here"
_STATES: Mapping[Action, State] = {"deny": "fail", "warn": "warn", "dryrun": "warn"}


@dataclass(frozen=True, slots=True)
class Given:
    """What is known besides the resources: the Rego engine, what there is in the cluster, and the time.

    `inventory` makes `data.inventory` of all resources of the environment; without it, it is made of those at hand.
    """

    rego: Rego = NO_REGO
    inventory: Callable[[], bytes] | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One thing to be judged: a resource (by its place), or what it implies."""

    place: int
    subject: Subject
    implied: Implied | None = None

    @property
    def is_secret(self) -> bool:
        return self.subject.type.kind == "Secret" or self.subject.resource.kind == "Secret"


NOTHING = Given()


def evaluate_gatekeeper(  # noqa: PLR0913 - two values and options with defaults
    policies: Gatekeeper,
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Labels] | None = None,
    old: Mapping[ResourceKey, Resource] | None = None,
    given: Given = NOTHING,
) -> tuple[Finding, ...]:
    """Hold every constraint against every resource: first what is wrong with policies, then findings in the order of
    the resources.

    `namespaces` maps namespaces to their labels, where known from elsewhere; `old` are the resources before the
    change: what is there is an UPDATE. A violation is `fail` where the constraint denies, else `warn`. What cannot be
    evaluated is told, for each resource where it is about that, as `not evaluable here`.
    """
    known = known_namespaces(resources, namespaces or {})
    cases: list[_Case] = []
    for place, resource in enumerate(resources):
        before = old.get(resource.key) if old is not None else None
        subject = subject_of(
            resource,
            known,
            operation="CREATE" if before is None else "UPDATE",
            old=None if before is None else before.body,
        )
        if _is_excluded(policies, subject):
            continue
        cases.append(_Case(place, subject))
        cases += (_Case(place, one.subject, one) for one in implied(subject, policies.expansions, known))
    inventory = given.inventory or (lambda: inventory_of(resources))
    judged = Judged(policies, [one.subject for one in cases], replace(given, inventory=inventory))
    by_place: dict[int, list[Finding]] = {}
    with at_time(given.now):
        for constraint in policies.constraints:
            for at, said in judged.said(constraint, [one.implied is not None for one in cases]):
                case = cases[at]
                by_place.setdefault(case.place, []).extend(_findings(constraint, case, said, environment))
    told = [_loudly(one.finding(environment), given.rego) for one in judged.problems]
    return (*told, *(one for place in sorted(by_place) for one in by_place[place]))


def _is_excluded(policies: Gatekeeper, subject: Subject) -> bool:
    namespace = subject.name if subject.type.kind == "Namespace" and not subject.type.group else subject.namespace
    return bool(namespace) and any(one(namespace) for one in policies.excluded)


def _loudly(finding: Finding, rego: Rego) -> Finding:
    """A missing engine is not a detail: whoever reads only what is bad must see it, too."""
    return replace(finding, severity="high") if rego.absent and finding.message.endswith(rego.absent) else finding


class Judged:
    """What all constraints say of subjects; Rego is asked once, for everything.

    `problems` tell which policies could not be asked at all.
    """

    def __init__(self, policies: Gatekeeper, subjects: Sequence[Subject], given: Given) -> None:
        """Take what is to be judged, and what is known besides."""
        self._subjects, self._given = subjects, given
        self.problems: list[PolicyProblem] = []
        self._policies = policies
        self._answers: dict[int, tuple[Sequence[int], Answer]] | None = None
        self._unknown: dict[int, list[int]] = {}

    def said(self, constraint: Constraint, generated: Sequence[bool]) -> Iterator[tuple[int, Said]]:
        """Yield what a constraint says, with the number of the subject; nothing where it does not apply."""
        if self._answers is None:
            self._answers = self._asked(generated)
        for at in self._unknown.get(id(constraint), ()):
            namespace = self._subjects[at].namespace
            yield at, Said(trouble=Trouble("not evaluable here", NO_LABELS.format(namespace)))
        asked, answer = self._answers.get(id(constraint), ((), Answer()))
        if answer.trouble is None:
            yield from zip(asked, answer.said, strict=True)

    def _asked(self, generated: Sequence[bool]) -> dict[int, tuple[Sequence[int], Answer]]:
        """Find out what applies, and ask Rego all questions at once."""
        answers: dict[int, tuple[Sequence[int], Answer]] = {}
        questions: list[tuple[Constraint | Template, Question]] = []
        numbers: dict[int, int] = {}
        programs: dict[int, Program | Trouble] = {}
        for constraint in self._policies.constraints:
            selected = self._selected(constraint, generated)
            code = constraint.template.code
            if not isinstance(code, Program):
                said = tuple(one for at in selected for one in [self._native(constraint, self._subjects[at])])
                answers[id(constraint)] = (selected, Answer(said))
                continue
            program = programs.get(id(constraint.template)) or self._timed(code)
            programs[id(constraint.template)] = program
            if isinstance(program, Trouble):
                answers[id(constraint)] = (selected, Answer(tuple(Said(trouble=program) for _ in selected)))
                continue
            known, unknown = self._answerable(program, selected)
            answers[id(constraint)] = (tuple(unknown), Answer(tuple(unknown.values())))
            reviews = tuple(numbers.setdefault(at, len(numbers)) for at in known)
            questions.append((constraint, Question(program, constraint.written, reviews)))
        self._alone(questions)
        self._ask(questions, numbers, answers)
        return answers

    def _timed(self, program: Program) -> Program | Trouble:
        if not asks_time(program):
            return program
        now = self._given.now
        return Trouble("not evaluable here", NO_TIME) if now is None else told_time(program, now)

    def _alone(self, questions: list[tuple[Constraint | Template, Question]]) -> None:
        """Have templates compiled that no constraint uses: they may be broken all the same."""
        used = {id(constraint.template) for constraint in self._policies.constraints}
        for template in self._policies.templates:
            if isinstance(template.code, Program) and id(template) not in used:
                questions.append((template, Question(template.code)))

    def _ask(
        self,
        questions: Sequence[tuple[Constraint | Template, Question]],
        numbers: Mapping[int, int],
        answers: dict[int, tuple[Sequence[int], Answer]],
    ) -> None:
        if not questions:
            return
        places = list(numbers)
        reviews = [as_json(review_of(self._subjects[at])) for at in places]
        given = self._given.inventory
        reads = given is not None and any(one.program.inventory for _, one in questions)
        inventory = given() if given is not None and reads else b"{}"
        found = self._given.rego.ask([one for _, one in questions], reviews, inventory)
        for (asked, question), answer in zip(questions, found, strict=True):
            if answer.trouble is not None:
                self.problems.append(_problem(asked, answer.trouble))
                answers.pop(id(asked), None)
                continue
            before, without = answers.get(id(asked), ((), Answer()))
            numbered = (*before, *(places[one] for one in question.reviews))
            answers[id(asked)] = (numbered, Answer((*without.said, *answer.said)))

    def _selected(self, constraint: Constraint, generated: Sequence[bool]) -> list[int]:
        """The numbers of the subjects that a constraint applies to; `_unknown` gets those nobody knows about."""
        may: dict[GroupVersionKind, bool] = {}
        selected: list[int] = []
        for at, subject in enumerate(self._subjects):
            possible = may.get(subject.type)
            if possible is None:
                possible = may[subject.type] = constraint.match.may_select(subject.type)
            if not possible:
                continue
            applies = constraint.match.selects(subject, generated=generated[at])
            if applies is None:
                self._unknown.setdefault(id(constraint), []).append(at)
            elif applies:
                selected.append(at)
        return selected

    def _answerable(self, program: Program, selected: Iterable[int]) -> tuple[list[int], dict[int, Said]]:
        """Part the subjects that a program can judge here from the others."""
        known: list[int] = []
        unknown: dict[int, Said] = {}
        for at in selected:
            subject = self._subjects[at]
            if program.user and USER not in subject.given:
                unknown[at] = Said(trouble=Trouble("not evaluable here", NOBODY))
            elif program.namespace and subject.namespace and subject.namespace_labels is None:
                unknown[at] = Said(trouble=Trouble("not evaluable here", NO_LABELS.format(subject.namespace)))
            else:
                known.append(at)
        return known, unknown

    def _native(self, constraint: Constraint, subject: Subject) -> Said:
        """Judge with the template's CEL code."""
        code = constraint.template.code
        assert not isinstance(code, Program)
        messages: list[str] = []
        for rule in code:
            outcome: Outcome = rule.judge(subject, constraint.parameters)
            if outcome.state == "fail":
                messages.append(outcome.message)
            elif outcome.state == "error":
                return Said(trouble=Trouble("error", outcome.message))
            elif outcome.state == "not evaluable here":
                return Said(trouble=Trouble("not evaluable here", outcome.message))
        return Said(tuple(messages))


def _problem(asked: Constraint | Template, trouble: Trouble) -> PolicyProblem:
    if isinstance(asked, Template):
        name, template = asked.kind.lower(), asked
    else:
        name, template = asked.name, asked.template
    words = f"the Rego of the template for {template.kind}"
    said = f"{words} was not evaluated: {trouble.text}"
    source = template.source if trouble.kind == "error" else asked.source
    return PolicyProblem(name, said, source, "spec.targets[0]" if trouble.kind == "error" else "", state=trouble.kind)


def _findings(constraint: Constraint, case: _Case, said: Said, environment: str) -> Iterator[Finding]:
    action = case.implied.action if case.implied is not None and case.implied.action else constraint.action
    if said.trouble is not None:
        yield _trouble(constraint, case, said.trouble, environment)
    for message in said.messages:
        words = " ".join(message.split()) or f"The constraint `{constraint.name}` is broken."
        if case.is_secret:
            words = f"The constraint `{constraint.name}` is broken; what it says of a Secret is not shown."
        if case.implied is not None:
            words = f"[Implied by {case.implied.by}] {words}"
        severity = "info" if action == "dryrun" else constraint.template.severity
        yield _finding(constraint, case, environment, state=_STATES[action], message=words, severity=severity)


def _trouble(constraint: Constraint, case: _Case, trouble: Trouble, environment: str) -> Finding:
    why = "" if case.is_secret else f": {trouble.text}"  # an engine's words may hold values
    verb = "could not be" if trouble.kind == "error" else "was not"
    words = f"The constraint `{constraint.name}` {verb} evaluated{why}."
    state: State = trouble.kind
    if trouble.kind == "error" and constraint.action != "deny":
        state = "warn"
    return _finding(constraint, case, environment, state=state, message=words)


def _finding(constraint: Constraint, case: _Case, environment: str, **more: Any) -> Finding:
    resource, template = case.subject.resource, constraint.template
    severity = more.pop("severity", template.severity)
    return Finding(
        concern="policies",
        policy=constraint.name,
        rule=template.kind,
        severity=severity,
        title=template.title,
        resource=resource.key,
        environment=environment,
        path=resource.path,
        line=resource.line,
        how=template.how,
        **more,
    )
