"""Which findings do compiled policies have about rendered resources?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.model.finding import Finding, State
from bot.model.manifest import Resource
from bot.policy.kyverno.check import Failure, Unevaluable, Verdict
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.policy import CompiledPolicy, CompiledRule
from bot.policy.kyverno.subject import Labels, Subject, subject_of

NAME_LABEL = "kubernetes.io/metadata.name"

_OBJECT_PATH = re.compile(r"\{\{\s*request\.object((?:\.[A-Za-z_]\w*)+)\s*\}\}", re.ASCII)

Candidates = tuple[tuple[CompiledPolicy, CompiledRule], ...]


def evaluate(  # noqa: PLR0913 - two values and four options with defaults
    policies: Iterable[CompiledPolicy],
    resources: Sequence[Resource],
    *,
    environment: str = "",
    namespaces: Mapping[str, Labels] | None = None,
    operation: str = "CREATE",
    include_passes: bool = False,
) -> tuple[Finding, ...]:
    """Hold every policy against every resource, in the order of the resources.

    `namespaces` maps namespaces to their labels, where known from elsewhere; the Namespaces among the
    resources are known anyway. A violation is `fail` where the policy enforces, `warn` where it audits. Rules
    that cannot be evaluated are told for each resource they apply to, as `not evaluable here`. `pass` and
    `skip` are left out unless `include_passes`.
    """
    known = _namespaces(resources, namespaces or {})
    rules = [(policy, rule) for policy in policies for rule in policy.rules]
    by_type: dict[GroupVersionKind, Candidates] = {}
    findings: list[Finding] = []
    for resource in resources:
        subject = subject_of(resource, known, operation=operation)
        candidates = by_type.get(subject.type)
        if candidates is None:
            candidates = tuple(pair for pair in rules if pair[1].selection.may_select(subject.type))
            by_type[subject.type] = candidates
        for policy, rule in candidates:
            applies = rule.selection.selects(subject)
            if applies is False:
                continue
            if applies is None:
                why = f"the labels of namespace `{subject.namespace}` are not known here"
                findings.append(_unevaluable(policy, rule, subject, environment, why))
            elif isinstance(rule.check, Unevaluable):
                findings.append(_unevaluable(policy, rule, subject, environment, rule.check.why))
            else:
                verdict = rule.check(subject)
                if verdict.state == "fail" or include_passes:
                    findings.extend(_findings(policy, rule, subject, environment, verdict))
    return tuple(findings)


def _namespaces(resources: Sequence[Resource], given: Mapping[str, Labels]) -> dict[str, Labels]:
    known: dict[str, Labels] = {name: {NAME_LABEL: name, **labels} for name, labels in given.items()}
    for resource in resources:
        if resource.kind == "Namespace" and resource.api_version == "v1":
            name = resource.name
            known[name] = {**known.get(name, {NAME_LABEL: name}), **subject_of(resource, {}).labels}
    return known


def _findings(
    policy: CompiledPolicy, rule: CompiledRule, subject: Subject, environment: str, verdict: Verdict
) -> Iterator[Finding]:
    if verdict.state != "fail":
        yield _finding(policy, rule, subject, environment, verdict.state)
        return
    state: State = "fail" if rule.blocks(subject) else "warn"
    said = _with_object(rule.message, subject) or f"The rule `{rule.name}` of policy `{policy.name}` failed."
    for failure in verdict.failures:
        yield _finding(policy, rule, subject, environment, state, message=_message(said, failure), field=failure.field)


def _message(said: str, failure: Failure) -> str:
    stop = "" if said.endswith((".", "!", "?")) else "."
    if not failure.field:
        return f"{said}{stop}"
    found = f"Found `{failure.value}`" if failure.value else "Missing" if failure.absent else "Found"
    return f"{said}{stop} {found} at {failure.field}."


def _unevaluable(policy: CompiledPolicy, rule: CompiledRule, subject: Subject, environment: str, why: str) -> Finding:
    message = f"The rule `{rule.name}` of policy `{policy.name}` was not evaluated: {why}."
    return _finding(policy, rule, subject, environment, "not evaluable here", message=message)


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


def _with_object(message: str, subject: Subject) -> str:
    """Fill `{{ request.object.a.b }}` in; what is not a plain scalar, or belongs to a Secret, stays as
    written.
    """
    if "{{" not in message or subject.type.kind == "Secret":
        return message

    def replace(found: re.Match[str]) -> str:
        value: object = subject.body
        for step in found[1].split(".")[1:]:
            value = value.get(step) if isinstance(value, Mapping) else None
        return str(value) if isinstance(value, (str, int, float)) else found[0]

    return _OBJECT_PATH.sub(replace, message)
