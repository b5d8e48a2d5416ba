"""Which resources does a resource stand for, according to ExpansionTemplates?

Source: https://open-policy-agent.github.io/gatekeeper/website/docs/expansion/ and `pkg/expansion` of
open-policy-agent/gatekeeper. A Deployment, say, is also judged as the Pod it makes; mutators are not applied to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.model.manifest import Resource
from bot.policy.about import about
from bot.policy.gatekeeper.action import Action, compile_enforcement
from bot.policy.kyverno import shape
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Labels, Subject, subject_of
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]

GROUP = "expansion.gatekeeper.sh"
_SPEC = ("applyTo", "enforcementAction", "generatedGVK", "templateSource")
_DEEPEST = 8  # resources made of resources that were made
_NOWHERE = PolicySource()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A compiled ExpansionTemplate. `action` takes the place of that of a constraint, None leaves it."""

    name: str
    applies: tuple[tuple[frozenset[str], frozenset[str], frozenset[str]], ...]  # groups, versions, kinds
    path: tuple[str, ...]
    makes: GroupVersionKind
    action: Action | None = None

    def may_expand(self, found: GroupVersionKind) -> bool:
        """Say whether it makes something of resources of a type."""
        return any(
            found.group in groups and found.version in versions and found.kind in kinds
            for groups, versions, kinds in self.applies
        )


@dataclass(frozen=True, slots=True)
class Implied:
    """What a resource implies: the subject, the names of the templates that made it, the action that counts."""

    subject: Subject
    by: str
    action: Action | None


def is_expansion(document: Json) -> bool:
    """Say whether a document is an ExpansionTemplate."""
    return str(document.get("apiVersion") or "").partition("/")[0] == GROUP


def compile_expansion(document: Json, source: PolicySource = _NOWHERE) -> Expansion | PolicyProblem:
    """Compile one document (JSON values), or say what is wrong with it; never raises for a bad document."""
    name = about(document).name
    try:
        shape.check_size(document)
        return _compile(document, name)
    except ShapeError as broken:
        return PolicyProblem(name, str(broken), source, broken.key, broken.suggestion)


def _compile(document: Json, name: str) -> Expansion:
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, _SPEC, "spec")
    applies = []
    for index, one in enumerate(shape.sequence(spec.get("applyTo"), "spec.applyTo")):
        at = f"spec.applyTo[{index}]"
        entry = shape.mapping(one, at)
        shape.known_fields(entry, ("groups", "kinds", "versions"), at)
        groups, versions, kinds = (
            frozenset(shape.strings(entry.get(field), f"{at}.{field}")) for field in ("groups", "versions", "kinds")
        )
        applies.append((groups, versions, kinds))
    path = shape.text(spec.get("templateSource"), "spec.templateSource")
    made = shape.mapping(spec.get("generatedGVK"), "spec.generatedGVK")
    makes = GroupVersionKind(*(shape.text(made.get(field), "spec.generatedGVK") for field in GroupVersionKind._fields))
    if not path or not makes.kind or not makes.version or not applies:
        raise ShapeError("spec", "applyTo, templateSource and generatedGVK are all needed")
    action = compile_enforcement(spec, "spec") if spec.get("enforcementAction") else None
    return Expansion(name, tuple(applies), tuple(path.split(".")), makes, action)


def implied(
    subject: Subject, expansions: Sequence[Expansion], namespaces: Mapping[str, Labels], depth: int = 0
) -> Iterator[Implied]:
    """Yield what a resource implies, and what that implies."""
    for one in expansions if depth < _DEEPEST else ():
        if not one.may_expand(subject.type):
            continue
        body = _made(subject.body, one, subject)
        if body is None:
            continue
        old = None if subject.old is None else _made(subject.old, one, subject)
        made = subject_of(Resource(body), namespaces, operation=subject.operation, old=old)
        made = replace(made, resource=subject.resource, given=subject.given)
        yield Implied(made, one.name, one.action)
        for more in implied(made, expansions, namespaces, depth + 1):
            yield replace(more, by=f"{one.name}, {more.by}")


def _made(body: Json, expansion: Expansion, subject: Subject) -> Json | None:
    found: object = body
    for step in expansion.path:
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    makes = expansion.makes
    metadata = found.get("metadata")
    named: dict[str, object] = dict(metadata) if isinstance(metadata, Mapping) else {}
    named["name"] = f"{subject.name}-{makes.kind.lower()}"
    if subject.namespace:
        named["namespace"] = subject.namespace
    version = f"{makes.group}/{makes.version}" if makes.group else makes.version
    return {**found, "apiVersion": version, "kind": makes.kind, "metadata": named}
