"""Which findings do compiled policies have about rendered resources?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.model.finding import Finding, State
from bot.model.manifest import Resource, ResourceKey
from bot.policy.kyverno.exceptions import PolicyException
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.listing import Listing, answered_by
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule
from bot.policy.kyverno.subject import Labels, Subject, subject_of
from bot.policy.kyverno.times import at_time
from bot.policy.kyverno.verdict import Failure, Unevaluable, Verdict, unknown

NAME_LABEL = "kubernetes.io/metadata.name"

Values = Callable[[str, CompiledRule, Subject], Mapping[str, object]]
Candidates = tuple[tuple[CompiledPolicy, CompiledRule, tuple[PolicyException, ...]], ...]


def evaluate(  # noqa: PLR0913 - two values and options with defaults
    policies: Iterable[CompiledPolicy],
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Labels] | None = None,
    operation: str = "CREATE",
    include_passes: bool = False,
    exceptions: Sequence[PolicyException] = (),
    old: Mapping[ResourceKey, Resource] | None = None,
    values: Values | None = None,
    now: datetime | None = None,
    beside: Sequence[Resource] | None = None,
) -> tuple[Finding, ...]:
    """Hold every policy against every resource, in the order of the resources.

    `namespaces` maps namespaces to their labels, where known from elsewhere; the Namespaces among the
    resources are known anyway. `old` are the resources before the change: what is there is an UPDATE. `values`
    gives variables from outside, for a policy, a rule and a resource (as a test's values file does); `now` is
    the time for rules that ask for it. `beside` are all resources of the environment, where the resources are not.

    A violation is `fail` where the policy enforces, `warn` where it audits, and so is a rule in error. Rules
    that cannot be evaluated are told for each resource they apply to, as `not evaluable here`. `pass` and
    `skip` are left out unless `include_passes`; then a rule in error is told as `error` also where it audits.
    """
    known = known_namespaces(resources, namespaces or {})
    judging = _Judging(tuple(policies), tuple(exceptions), environment, values, include_passes)
    listings = {"application": Listing(resources), "environment": Listing(resources if beside is None else beside)}
    findings: list[Finding] = []
    with at_time(now):
        for resource in resources:
            before = old.get(resource.key) if old is not None else None
            subject = subject_of(
                resource,
                known,
                operation="UPDATE" if before is not None else operation,
                old=before.body if before is not None else None,
            )
            findings.extend(judging.judge(subject, listings))
    return tuple(findings)


class _Judging:
    """All policies, held against one resource after the other."""

    def __init__(
        self,
        policies: tuple[CompiledPolicy, ...],
        exceptions: tuple[PolicyException, ...],
        environment: str,
        values: Values | None,
        everything: bool,
    ) -> None:
        self._environment, self._values, self._everything = environment, values, everything
        self._rules = [
            (policy, rule, tuple(one for one in exceptions if one.lifts(policy.name, rule.full_name)))
            for policy in policies
            for rule in policy.rules
        ]
        self._by_type: dict[GroupVersionKind, Candidates] = {}

    def judge(self, subject: Subject, listings: Mapping[str, Listing]) -> Iterator[Finding]:
        candidates = self._by_type.get(subject.type)
        if candidates is None:
            candidates = tuple(one for one in self._rules if one[1].selection.may_select(subject.type))
            self._by_type[subject.type] = candidates
        done: set[str] = set()  # policies of which only one rule applies
        for policy, rule, exceptions in candidates:
            if policy.only_one and policy.name in done:
                continue
            seen = subject if self._values is None else _with_values(subject, self._values(policy.name, rule, subject))
            applies = rule.selection.selects(seen)
            if applies is False:
                continue
            if applies is None:
                verdict = unknown(rule.selection.why(seen))
            elif policy.listed:
                with answered_by(listings[policy.listed]):
                    verdict = _excepted(rule, exceptions, seen)
            else:
                verdict = _excepted(rule, exceptions, seen)
            if verdict.state in ("pass", "fail"):
                done.add(policy.name)
            if self._everything or verdict.state not in ("pass", "skip"):
                yield from self._findings(policy, rule, seen, verdict)

    def _findings(
        self, policy: CompiledPolicy, rule: CompiledRule, subject: Subject, verdict: Verdict
    ) -> Iterator[Finding]:
        environment, state = self._environment, verdict.state
        if verdict.state == "fail":
            yield from _violations(policy, rule, subject, environment, verdict)
        elif verdict.state == "not evaluable here":
            message = f"The rule `{rule.name}` of policy `{policy.name}` was not evaluated: {verdict.why}."
            yield _finding(policy, rule, subject, environment, state, message=message)
        elif verdict.state == "error":
            told: State = "error" if self._everything or rule.blocks(subject) else "warn"
            message = f"The rule `{rule.name}` of policy `{policy.name}` could not be evaluated: {verdict.why}."
            yield _finding(policy, rule, subject, environment, told, message=message)
        else:
            yield _finding(policy, rule, subject, environment, state, message=verdict.why)


def _with_values(subject: Subject, given: Mapping[str, object]) -> Subject:
    if not given:
        return subject
    operation = given.get("request.operation")
    if not isinstance(operation, str):
        return replace(subject, given=given, cache={})
    # as in Kyverno's tests, an UPDATE that names no former object leaves the object as it was
    old = subject.body if operation == "UPDATE" and subject.old is None else subject.old
    return replace(subject, given=given, operation=operation, old=old, cache={})


def _excepted(rule: CompiledRule, exceptions: Iterable[PolicyException], subject: Subject) -> Verdict:
    """Judge a rule, unless an exception lifts it; one that names controls only narrows it."""
    for one in exceptions:
        holds = one.holds(subject)
        if holds is None:
            return unknown(f"nobody here knows whether the exception `{one.name}` holds")
        if holds and not one.exclusions:
            return Verdict("skip", (), f"The exception `{one.name}` holds.")
        if holds:
            subject = replace(subject, excused=(*subject.excused, *one.exclusions))
    return unknown(rule.check.why) if isinstance(rule.check, Unevaluable) else rule.check(subject)


def known_namespaces(resources: Sequence[Resource], given: Mapping[str, Labels]) -> dict[str, Labels]:
    """Return the labels of namespaces, as far as they are given or among the resources."""
    known: dict[str, Labels] = {name: {NAME_LABEL: name, **labels} for name, labels in given.items()}
    for resource in resources:
        if resource.kind == "Namespace" and resource.api_version == "v1":
            name = resource.name
            known[name] = {**known.get(name, {NAME_LABEL: name}), **subject_of(resource, {}).labels}
    return known


def _violations(
    policy: CompiledPolicy, rule: CompiledRule, subject: Subject, environment: str, verdict: Verdict
) -> Iterator[Finding]:
    state: State = "fail" if rule.blocks(subject) else "warn"
    written = rule.message or f"The rule `{rule.name}` of policy `{policy.name}` failed."
    for failure in verdict.failures:
        message = _message(failure.said or written, failure)
        yield _finding(policy, rule, subject, environment, state, message=message, field=failure.field)


def _message(said: str, failure: Failure) -> str:
    stop = "" if said.endswith((".", "!", "?")) else "."
    if not failure.field:
        return f"{said}{stop}"
    found = f"Found `{failure.value}`" if failure.value else "Missing" if failure.absent else "Found"
    return f"{said}{stop} {found} at {failure.field}."


def _finding(  # noqa: PLR0913 - the one place that spells a finding out
    policy: CompiledPolicy,
    rule: CompiledRule,
    subject: Subject,
    environment: str,
    state: State,
    *,
    message: str = "",
    field: str = "",
) -> Finding:
    resource = subject.resource
    return Finding(
        concern="policies",
        policy=policy.name,
        rule=rule.name,
        state=state,
        message=message,
        severity=policy.severity,
        title=policy.title,
        resource=resource.key,
        environment=environment,
        field=field,
        path=resource.path,
        line=resource.line,
        how=policy.how,
    )
