"""How does a person read what policies say and where they run?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from textwrap import wrap
from typing import Any

from bot.model.environment import Waiver
from bot.policy.outline import PolicyOutline, RuleOutline
from bot.policy.packs import Pack
from bot.policy.parameters import Parameter
from bot.policy.problem import PolicyProblem
from bot.report.scanners import NOTHING_SCANNED, Scanning
from bot.report.text import PLAIN, Pen, inert
from bot.report.words import count, listed

VERSION = 1
WIDTH = 100
LABEL = 12

_EFFECTS = ("blocks", "warns", "is ignored", "does not run")
_SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class PackUse:
    """A pack as an entry of the configuration chooses it: its policies, what it is given, where it runs.

    `place` is its directory. `chosen` is False for a pack that ships and that no entry names.
    """

    pack: Pack
    policies: tuple[PolicyOutline, ...]
    place: str
    builtin: bool
    given: Mapping[str, Any] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    chosen: bool = True


def policy_list(
    environments: Mapping[str, Sequence[PackUse]], pen: Pen = PLAIN, scanners: Scanning = NOTHING_SCANNED
) -> str:
    """Return the packs, policies and scanners of each environment, what blocks first."""
    blocks = []
    for name, uses in environments.items():
        lines = [f"{pen('bold', inert(name))}: {_total(uses)}"]
        for use in uses:
            lines += ["", *(f"  {line}" if line else "" for line in _use(use, pen))]
        for one in scanners.get(name, ()):
            lines += ["", f"  {pen('bold', inert(one.name))}: {one.words}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks or ["There are no environments here."]) + "\n"


def policy_list_as_json(environments: Mapping[str, Sequence[PackUse]], scanners: Scanning = NOTHING_SCANNED) -> str:
    """Return the same as JSON; docs/policies.md describes the shape."""
    listed_ones = [
        {
            "name": name,
            "packs": [_pack_json(use) for use in uses],
            "scanners": [asdict(one) for one in scanners.get(name, ())],
        }
        for name, uses in environments.items()
    ]
    return json.dumps({"version": VERSION, "environments": listed_ones}, indent=2, ensure_ascii=False) + "\n"


def explained_policy(policy: PolicyOutline, uses: Sequence[PackUse], pen: Pen = PLAIN, *, source: bool = False) -> str:
    """Return all there is to say about one policy; `uses` are the uses of its pack, `source` adds its YAML."""
    place = "ships with Lockkeeper" if uses[0].builtin else "in this repository"
    title = f": {policy.title}" if policy.title != policy.name else ""
    lines = [pen("bold", inert(f"{policy.pack}/{policy.name}{title}")), ""]
    lines += _labelled("What", _said(policy) or policy.title)
    lines += _labelled("Why", policy.description)
    lines += _labelled("Remedy", policy.remedy)
    lines += _labelled("See", policy.link)
    lines += _labelled("Severity", policy.severity)
    lines += _labelled("Action", _action(policy))
    lines += _labelled("Kind", f"{policy.kind}; {_rules(policy.rules)}" if policy.rules else policy.kind)
    lines += _labelled("Source", f"{policy.path}:{policy.line} ({place})")
    lines += _labelled("Runs in", _runs(uses))
    lines += _parameters(uses, pen)
    if excepted := list(_excepted(policy, uses)):
        lines += ["", pen("bold", "Exceptions"), *(line for one in excepted for line in _bullet(one))]
    if elsewhere := list(_elsewhere(policy)):
        lines += ["", pen("note", "Not evaluable here"), *(line for one in elsewhere for line in _bullet(one))]
    lines += _problems(_broken(policy), pen)
    if source:
        lines += ["", *(inert(line) for line in policy.text.splitlines())]
    return "\n".join(lines) + "\n"


def explained_pack(uses: Sequence[PackUse], pen: Pen = PLAIN) -> str:
    """Return what is to say about a pack, once for all its uses, and what its policies are."""
    pack = uses[0].pack
    lines = [pen("bold", inert(f"{pack.name}: {pack.title}" if pack.title != pack.name else pack.name)), ""]
    lines += _labelled("What", pack.description)
    lines += _labelled("Source", f"{uses[0].place}/ ({'ships with Lockkeeper' if uses[0].builtin else 'path'})")
    lines += _labelled("Runs in", _runs(uses))
    lines += _parameters(uses, pen)
    for use in uses:
        where = f" in {listed(use.environments)}" if len(uses) > 1 else ""
        lines += ["", pen("bold", f"{count(len(use.policies), 'policy', 'policies')}{where}"), *_policies(use, pen)]
        lines += _problems(use.pack.problems, pen)
    return "\n".join(lines) + "\n"


def _total(uses: Sequence[PackUse]) -> str:
    running = [one.effect for use in uses for one in use.policies]
    blocking, warning = running.count("blocks"), running.count("warns")
    told = f"{count(blocking, 'policy blocks', 'policies block')}, {count(warning, 'warns', 'warn')}"
    return f"{count(len(uses), 'pack')}; {told}"


def _use(use: PackUse, pen: Pen) -> Iterator[str]:
    title = f": {use.pack.title}" if use.pack.title != use.pack.name else ""
    yield pen("bold", inert(f"{use.pack.name}{title}")) + pen("dim", " (ships)" if use.builtin else "")
    for parameter in use.pack.parameters:
        yield f"  {inert(f'{parameter.name}: {_value(parameter, use)}')}"
    yield from _policies(use, pen)
    yield from _problems(use.pack.problems, pen)[1:]


def _policies(use: PackUse, pen: Pen) -> Iterator[str]:
    ordered = sorted(use.policies, key=lambda one: (_EFFECTS.index(one.effect), _SEVERITIES.index(one.severity)))
    width = max((len(one.name) for one in ordered), default=0)
    for one in ordered:
        style = {"blocks": "error", "warns": "warning"}.get(one.effect, "dim")
        note = "(not evaluable here in full)" if list(_elsewhere(one)) else ""
        title = one.title if one.title != one.name else ""
        line = f"{one.name.ljust(width)}  {' '.join(part for part in (title, note) if part)}".rstrip()
        effect = "is broken" if _broken(one) else one.effect
        yield f"  {pen(style, effect.ljust(12))}  {one.severity.ljust(8)}  {inert(line)}"


def _said(policy: PolicyOutline) -> str:
    return " ".join(dict.fromkeys(one.message for one in policy.rules if one.message))


def _action(policy: PolicyOutline) -> str:
    if _broken(policy):
        return "is broken, which blocks"
    differing = {one.effect for one in policy.rules}
    if policy.effect == "does not run" and policy.when:
        return f"does not run unless the pack is given {' or '.join(one.strip() for one in policy.when.split('|'))}"
    if len(differing) < 2:
        return policy.effect
    return "; ".join(f"{one.name} {one.effect}" for one in policy.rules)


def _rules(rules: Sequence[RuleOutline]) -> str:
    named = [one.kind if one.name == one.kind else f"{one.name} ({one.kind})" for one in rules]
    return f"{'rule' if len(rules) == 1 else 'rules'} {', '.join(named)}"


def _runs(uses: Sequence[PackUse]) -> str:
    chosen = [use for use in uses if use.chosen]
    if not chosen:
        return f"no environment: the configuration has no `- builtin: {uses[0].pack.name}` under `policies:`"
    names = list(dict.fromkeys(name for use in chosen for name in use.environments))
    return listed(names) or "no environment that is found here"


def _parameters(uses: Sequence[PackUse], pen: Pen) -> list[str]:
    declared = uses[0].pack.parameters
    if not declared:
        return []
    lines = ["", pen("bold", "Parameters of the pack")]
    for one in declared:
        kind = f"one of {', '.join(one.values)}" if one.values else one.type
        lines += _bullet(f"{one.name} ({kind}{', required' if one.required else ''}): {one.description}")
        lines += _values(one, [use for use in uses if use.chosen])
    return lines


def _values(parameter: Parameter, uses: Sequence[PackUse]) -> Iterator[str]:
    """What a parameter is set to, and where, unless it is the same everywhere."""
    where: dict[str, list[str]] = {}
    for use in uses:
        where.setdefault(_value(parameter, use), []).extend(use.environments)
    for value, names in where.items():
        yield inert(f"      {value}" + (f" in {listed(names)}" if len(where) > 1 and names else ""))


def _value(parameter: Parameter, use: PackUse) -> str:
    if parameter.name in use.given:
        return f"{_shown(use.given[parameter.name])}"
    if parameter.default is not None:
        return f"{_shown(parameter.default)} (default)"
    return "missing" if parameter.required else "not set"


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(one) for one in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _waivers(policy: PolicyOutline, use: PackUse) -> list[Waiver]:
    return [one for one in use.pack.adjustments.waivers if one.policy == policy.name]


def _excepted(policy: PolicyOutline, uses: Sequence[PackUse]) -> Iterator[str]:
    """What the configuration excepts from a policy, where, until when and why."""
    for use in uses:
        for one in _waivers(policy, use):
            what = listed(one.resources) or "every resource"
            within = f" in the namespaces {listed(one.namespaces)}" if one.namespaces else ""
            rule = f", rule {one.rule}" if one.rule else ""
            where = f" ({listed(use.environments)})" if len(uses) > 1 and use.environments else ""
            yield f"{what}{within}{rule}, until {one.until.isoformat()}{where}: {one.reason}"


def _elsewhere(policy: PolicyOutline) -> Iterator[str]:
    """What of a policy cannot be evaluated before the merge."""
    yield from (f"{one.name}: {one.elsewhere}" for one in policy.rules if one.elsewhere)
    yield from (one.message for one in policy.problems if one.state != "error")
    if policy.needs:
        yield f"Where a rule asks for it: {listed(policy.needs)}."


def _broken(policy: PolicyOutline) -> list[PolicyProblem]:
    return [one for one in policy.problems if one.state == "error"]


def _problems(problems: Sequence[PolicyProblem], pen: Pen) -> list[str]:
    if not problems:
        return []
    lines = [""]
    for one in problems:
        level = "error" if one.state == "error" else "note"
        named = f"{one.policy}: " if one.policy else ""
        lines.append(f"  {pen(level, f'{level}:')} {inert(f'{named}{one}')}")
    return lines


def _labelled(label: str, text: str) -> list[str]:
    lines = wrap(inert(" ".join(text.split())), WIDTH - LABEL, break_long_words=False, break_on_hyphens=False)
    return [f"{(label if index == 0 else '').ljust(LABEL)}{line}" for index, line in enumerate(lines)]


def _bullet(text: str) -> list[str]:
    lines = wrap(inert(" ".join(text.split())), WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return [f"  {'- ' if index == 0 else '  '}{line}" for index, line in enumerate(lines)]


def _pack_json(use: PackUse) -> dict[str, Any]:
    return {
        "name": use.pack.name,
        "builtin": use.builtin,
        "path": use.place,
        "title": use.pack.title,
        "description": use.pack.description,
        "parameters": {one.name: use.given.get(one.name, one.default) for one in use.pack.parameters},
        "policies": [_policy_json(one, use) for one in use.policies],
        "problems": [_problem_json(one) for one in use.pack.problems],
    }


def _policy_json(one: PolicyOutline, use: PackUse) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "title": one.title,
        "description": one.description,
        "remedy": one.remedy,
        "link": one.link,
        "severity": one.severity,
        "action": one.effect,
        "rules": [{"name": rule.name, "kind": rule.kind, "action": rule.effect} for rule in one.rules],
        "exceptions": [_waiver_json(waiver) for waiver in _waivers(one, use)],
        "not_evaluable": list(_elsewhere(one)),
        "path": one.path,
        "line": one.line,
    }


def _waiver_json(one: Waiver) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "resources": list(one.resources),
        "namespaces": list(one.namespaces),
        "until": one.until.isoformat(),
        "reason": one.reason,
    }


def _problem_json(one: PolicyProblem) -> dict[str, Any]:
    return {
        "policy": one.policy,
        "state": one.state,
        "message": one.message,
        "how": one.suggestion,
        "key": one.key,
        "path": one.source.path,
        "line": one.source.line,
    }
