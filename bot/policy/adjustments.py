"""What does a repository's configuration change about the rules of a pack: how bad a violation is, what it does?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from bot.model.environment import Action, Adjustments
from bot.model.finding import Finding, State
from bot.policy.packs import Pack
from bot.policy.parameters import nearest
from bot.policy.problem import PolicyProblem, PolicySource

_STATES: Mapping[Action, Mapping[State, State]] = {
    "block": {"warn": "fail"},
    "warn": {"fail": "warn", "error": "warn"},
    "ignore": {},
}
Said = TypeVar("Said")


def with_adjustments(pack: Pack, adjustments: Adjustments) -> Pack:
    """Return the pack with what the configuration changes about its rules.

    A policy or rule that the pack does not have is a problem of the pack; policies that are ignored have none. What is
    said of a policy that the parameters do not ask for is no mistake.
    """
    if not adjustments:
        return pack
    kept = [one for one in pack.problems if adjustments.actions.get(one.policy) != "ignore"]
    if any(one.state == "error" for one in kept):  # so its names are not all known
        return replace(pack, adjustments=adjustments, problems=tuple(kept))
    wrong = list(_unknown(pack, adjustments))
    keys = {one.key.rpartition(".")[0] for one in wrong}
    sound = replace(adjustments, waivers=tuple(one for one in adjustments.waivers if one.key not in keys))
    return replace(pack, adjustments=sound, problems=(*kept, *wrong))


def adjusted(findings: Iterable[Finding], adjustments: Adjustments) -> Iterator[Finding]:
    """Yield findings of one pack as the configuration wants them.

    `block` makes a warning a failure, `warn` makes a failure of a policy, or of a rule that is broken, a warning;
    `ignore` leaves everything out that the rule says. What is said of a rule counts before what is said of its policy.
    """
    for one in findings:
        action = _said(adjustments.actions, one)
        if action == "ignore":
            continue
        state = _STATES[action].get(one.state, one.state) if action else one.state
        severity = _said(adjustments.severities, one) or one.severity
        changed = (state, severity) != (one.state, one.severity)
        yield replace(one, state=state, severity=severity) if changed else one


def _said(by_rule: Mapping[str, Said], finding: Finding) -> Said | None:
    found = by_rule.get(f"{finding.policy}/{finding.rule}") if finding.rule else None
    return found if found is not None else by_rule.get(finding.policy)


def _unknown(pack: Pack, adjustments: Adjustments) -> Iterator[PolicyProblem]:
    """Yield what is said of policies and rules that are not there: nothing would ever come of it."""
    rules: dict[str, set[str]] = {policy.name: {rule.name for rule in policy.rules} for policy in pack.policies}
    for one in pack.gatekeeper.constraints:
        rules.setdefault(one.name, set()).add(one.template.kind)
    rules |= {one.policy: set() for one in pack.problems if one.policy not in rules}
    names = {*rules, *(f"{policy}/{rule}" for policy, some in rules.items() for rule in some)}
    for key, said in (("severity", adjustments.severities), ("actions", adjustments.actions)):
        for name in said:
            if name not in names and name.partition("/")[0] not in pack.idle:
                yield _no_policy(pack, f"{adjustments.key}.{key}.{name}", name, names)
    for waiver in adjustments.waivers:
        if waiver.policy in pack.idle:
            continue
        if waiver.policy not in rules:
            yield _no_policy(pack, f"{waiver.key}.policy", waiver.policy, rules)
        elif waiver.rule and waiver.rule not in rules[waiver.policy]:
            key, message = f"{waiver.key}.rule", f"the policy `{waiver.policy}` has no rule `{waiver.rule}`"
            advice = nearest(waiver.rule, sorted(rules[waiver.policy]))
            yield PolicyProblem(pack.name, message, PolicySource(pack=pack.name), key, advice)


def _no_policy(pack: Pack, key: str, name: str, names: Iterable[str]) -> PolicyProblem:
    message = f"the pack `{pack.name}` has no policy `{name}`"
    return PolicyProblem(pack.name, message, PolicySource(pack=pack.name), key, nearest(name, sorted(names)))
