"""What is there to say about the policies of a pack, before they are held against anything?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from bot.model.environment import Adjustments
from bot.model.finding import Finding, Severity, State
from bot.model.manifest import Resource
from bot.policy.about import about
from bot.policy.adjustments import adjusted
from bot.policy.cel.admission import is_admission_policy
from bot.policy.cel.policies import compile_cel_policies
from bot.policy.cel.validating import is_validating_policy
from bot.policy.configured import WHEN
from bot.policy.documents import YamlDocument, members, parse_documents
from bot.policy.gatekeeper.constraint import is_constraint
from bot.policy.kyverno import CompiledPolicy, CompiledRule, compile_policy, is_policy
from bot.policy.kyverno.check import Unevaluable
from bot.policy.kyverno.subject import Subject, subject_of
from bot.policy.packs import Pack, policy_files
from bot.policy.problem import PolicyProblem, PolicySource
from bot.policy.testing.kinds import kind_of, rules_of

Json = Mapping[str, Any]
Files = Mapping[str, bytes]
Effect = Literal["blocks", "warns", "is ignored", "does not run"]

# What a policy asks of a cluster, a registry, the network or a request: entries of a context, and functions and names
_ENTRIES = {
    "configMap": "ConfigMaps of the cluster",
    "apiCall": "what the API server answers",
    "globalReference": "the global context of the cluster",
    "imageRegistry": "what a registry says of images",
}
_CALLS = (
    (r"\bresource\.(Get|List|Post)\(", _ENTRIES["apiCall"]),
    (r"\bglobalContext\.Get\(", _ENTRIES["globalReference"]),
    (r"\bimage\.GetMetadata\(", _ENTRIES["imageRegistry"]),
    (r"\bhttp\.(Get|Post|send)\(|\bexternal_data\(", "what an address on the network answers"),
    (r"\brequest\.(userInfo|roles|clusterRoles)\b|\bauthorizer\.|\{\{ *serviceAccountName", "who makes the request"),
)


# What comes of a violation, by the state it has; None: it is ignored
_EFFECT: Mapping[State | None, Effect] = {"fail": "blocks", "warn": "warns", None: "is ignored"}


@dataclass(frozen=True, slots=True)
class RuleOutline:
    """One rule: its validate block (`pattern`) or else what it is, its message, and why it cannot be evaluated here."""

    name: str
    kind: str
    message: str
    effect: Effect
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class PolicyOutline:
    """One policy of a pack, with what the configuration changes about it. `needs` are things that nobody here knows,
    `when` names the parameters of the pack without which it does not run.

    `path` is the file from the repository's root, or below `policies/` for a pack that ships; `text` its YAML.
    """

    pack: str
    name: str
    kind: str
    title: str
    description: str
    remedy: str
    link: str
    severity: Severity
    effect: Effect
    rules: tuple[RuleOutline, ...]
    path: str
    line: int
    text: str
    when: str = ""
    needs: tuple[str, ...] = ()
    problems: tuple[PolicyProblem, ...] = ()


def outline(pack: Pack, files: Files, root: str) -> tuple[PolicyOutline, ...]:
    """Return the policies in the files of a pack (by path within it) that was loaded from them, by their names.

    `root` is the pack's directory. Files that cannot be read are among the pack's problems, and left out here.
    """
    compiled = {one.name: one for one in pack.policies}
    found = [
        _outlined(pack, document, compiled.get(about(document.content).name), (str(PurePosixPath(root) / path), text))
        for path, document, text in _written(files)
        if isinstance(document.content.get("metadata"), Mapping)
    ]
    return tuple(sorted(found, key=lambda one: one.name))


def _written(files: Files) -> Iterator[tuple[str, YamlDocument, str]]:
    """The documents that are policies, with their texts."""
    for path in policy_files(files):
        parsed = parse_documents(files[path])
        if isinstance(parsed, str):
            continue
        lines = files[path].decode("utf-8", "replace").splitlines()
        ends = [*(one.line - 1 for one in parsed[1:]), len(lines)]
        for document, end in zip(parsed, ends, strict=True):
            kept = lines[document.line - 1 : end]
            while kept and kept[-1].strip() in ("", "---"):
                kept.pop()
            text = "\n".join(kept) + "\n"
            yield from ((path, one, text) for one in members(document) if _judges(one.content))


def _judges(content: Json) -> bool:
    return any(test(content) for test in (is_policy, is_validating_policy, is_admission_policy, is_constraint))


def _outlined(
    pack: Pack, document: YamlDocument, compiled: CompiledPolicy | None, written: tuple[str, str]
) -> PolicyOutline:
    content, (path, text) = document.content, written
    said = about(content)
    problems = tuple(one for one in pack.problems if one.policy == said.name)
    written_as = compiled or (None if problems else _compiled(content))
    rules = tuple(_rules(content, said.severity, written_as, pack.adjustments)) if written_as else ()
    if compiled is None:
        rules = tuple(replace(one, effect="does not run") for one in rules)
    found = PolicyOutline(
        pack=pack.name,
        name=said.name,
        kind=str(content.get("kind")),
        title=said.title,
        description=said.description,
        remedy=said.remedy,
        link=said.link,
        severity=_adjusted(said.name, "", ("fail", said.severity), pack.adjustments)[1],
        effect=_worst(rules),
        rules=rules,
        path=path,
        line=document.line,
        text=text,
        when=_when(content),
        needs=tuple(_needed(content, written_as)),
        problems=problems,
    )
    return _constrained(found, pack) if is_constraint(content) else found


def _constrained(found: PolicyOutline, pack: Pack) -> PolicyOutline:
    """A constraint says of itself what its template says; its one rule has the template's name."""
    constraint = next((one for one in pack.gatekeeper.constraints if one.name == found.name), None)
    template = next((one for one in pack.gatekeeper.templates if one.kind == found.kind), None)
    if template is None:
        return found
    effect: Effect = "does not run"
    severity = _adjusted(found.name, template.kind, ("fail", template.severity), pack.adjustments)[1]
    if constraint is not None:
        written: State = "fail" if constraint.action == "deny" else "warn"
        changed = _adjusted(found.name, template.kind, (written, template.severity), pack.adjustments)[0]
        effect = _EFFECT[changed]
    rule = RuleOutline(template.kind, template.engine, "", effect)
    return replace(
        found,
        title=template.title if found.title == found.name else found.title,
        description=found.description or template.description,
        remedy=found.remedy or template.how,
        severity=severity,
        effect=effect,
        rules=(rule,),
    )


def _worst(rules: Sequence[RuleOutline]) -> Effect:
    effects = {one.effect for one in rules}
    order: Sequence[Effect] = ("blocks", "warns", "is ignored")
    return next((one for one in order if one in effects), "does not run")


def _compiled(content: Json) -> CompiledPolicy | None:
    """A policy as it is written, whether it runs or not."""
    if is_policy(content):
        found = compile_policy(content)
        return found if isinstance(found, CompiledPolicy) else None
    return next(iter(compile_cel_policies([(PolicySource(), content)])[0]), None)


def _when(content: Json) -> str:
    annotations = content["metadata"].get("annotations")
    found = annotations.get(WHEN) if isinstance(annotations, Mapping) else None
    return found if isinstance(found, str) else ""


def _rules(
    content: Json, severity: Severity, compiled: CompiledPolicy, adjustments: Adjustments
) -> Iterator[RuleOutline]:
    """Each rule as people wrote it; those that are derived from it are the same rule."""
    anywhere = subject_of(Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}}), {})
    by_name: dict[str, CompiledRule] = {}
    for one in compiled.rules:
        by_name.setdefault(one.name, one)
    for rule in by_name.values():
        elsewhere = rule.check.why if isinstance(rule.check, Unevaluable) else ""
        yield RuleOutline(
            rule.name,
            kind_of(content, rule.name, rule.name),
            rule.message or _messages(content),
            _effect(compiled.name, rule, (anywhere, severity), adjustments),
            elsewhere,
        )
    for written in rules_of(content):
        name = str(written.get("name"))
        if name not in by_name:
            kind = kind_of(content, name, name)
            yield RuleOutline(name, kind, "", "does not run", "it judges nothing")


def _needed(content: Json, compiled: CompiledPolicy | None) -> Iterator[str]:
    """What the policy asks for, each once; API calls that manifests answer are answered here."""
    answered = {_ENTRIES["apiCall"]} if compiled is not None and compiled.listed else set()
    yield from (why for why in dict.fromkeys(_needs(content.get("spec"))) if why not in answered)


def _needs(tree: object) -> Iterator[str]:
    """What rules ask for that nobody here knows, in the order they ask for it."""
    if isinstance(tree, str):
        yield from (why for pattern, why in _CALLS if re.search(pattern, tree))
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _entries(value) if key == "context" else ()
            yield from _needs(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from _needs(one)


def _entries(context: object) -> Iterator[str]:
    for entry in context if isinstance(context, list) else ():
        yield from (why for kind, why in _ENTRIES.items() if isinstance(entry, Mapping) and entry.get(kind))


def _messages(content: Json) -> str:
    """What the validations of a policy in CEL say, each once; of one without a message, its expression."""
    spec = content.get("spec")
    found = spec.get("validations") if isinstance(spec, Mapping) else None
    listed = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    said = [str(one.get("message") or f"Asks for `{' '.join(str(one.get('expression')).split())}`.") for one in listed]
    return " ".join(dict.fromkeys(one.strip() for one in said))


def _effect(policy: str, rule: CompiledRule, about_it: tuple[Subject, Severity], adjustments: Adjustments) -> Effect:
    subject, severity = about_it
    state: State = "fail" if rule.blocks(subject) else "warn"
    return _EFFECT[_adjusted(policy, rule.name, (state, severity), adjustments)[0]]


def _adjusted(
    policy: str, rule: str, written: tuple[State, Severity], adjustments: Adjustments
) -> tuple[State | None, Severity]:
    """What a violation would be; None in place of the state where the configuration ignores it."""
    one = Finding("policies", policy, rule, written[0], "", written[1])
    changed = next(iter(adjusted([one], adjustments)), None)
    return (None, written[1]) if changed is None else (changed.state, changed.severity)
