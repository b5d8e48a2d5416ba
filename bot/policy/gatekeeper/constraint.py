"""What does a constraint say: which resources, which parameters, which action?

Source: https://open-policy-agent.github.io/gatekeeper/website/docs/howto/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.about import about
from bot.policy.gatekeeper.action import Action, compile_enforcement
from bot.policy.gatekeeper.match import Match, compile_match
from bot.policy.gatekeeper.review import as_json
from bot.policy.gatekeeper.template import Template
from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]

GROUP = "constraints.gatekeeper.sh"
_SPEC = ("enforcementAction", "match", "parameters", "scopedEnforcementActions")
_NOWHERE = PolicySource()


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint ready to be held against resources. `written` are its parameters as JSON."""

    name: str
    template: Template
    match: Match
    action: Action
    parameters: Json
    written: bytes
    source: PolicySource = _NOWHERE


def is_constraint(document: Json) -> bool:
    """Say whether a document is a constraint, of whatever template."""
    return str(document.get("apiVersion") or "").partition("/")[0] == GROUP


def compile_constraint(
    document: Json, template: Template, source: PolicySource = _NOWHERE
) -> tuple[Constraint | None, Sequence[PolicyProblem]]:
    """Compile one document (JSON values) of a template; never raises for a bad document.

    Returns None when a cluster would refuse it or never enforce it. Fields that the schema does not know are told;
    the code gets them nevertheless, as in Gatekeeper's own tests.
    """
    name = about(document).name
    try:
        shape.check_size(document)
        return _compile(document, name, template, source)
    except ShapeError as broken:
        return None, [PolicyProblem(name, str(broken), source, broken.key, broken.suggestion)]


def _compile(
    document: Json, name: str, template: Template, source: PolicySource
) -> tuple[Constraint | None, Sequence[PolicyProblem]]:
    if not name:
        raise ShapeError("metadata.name", "a constraint needs a name")
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, _SPEC, "spec")
    match = compile_match(spec.get("match"), "spec.match")
    given = spec.get("parameters")
    found = {} if given is None else given
    wrong = list(template.schema.problems(found, "spec.parameters"))
    problems = [PolicyProblem(name, str(one), source, one.key, one.suggestion) for one in wrong]
    if wrong:
        return None, problems
    unknown = template.schema.unknown(found, "spec.parameters")
    problems += [PolicyProblem(name, str(one), source, one.key, one.suggestion) for one in unknown]
    parameters = template.schema.filled(found) if isinstance(found, Mapping) else {}
    action = compile_enforcement(spec, "spec")
    if action is None:
        words = "no enforcement point is named, so the constraint is never enforced"
        key = "spec.scopedEnforcementActions"
        return None, [*problems, PolicyProblem(name, words, source, key)]
    return Constraint(name, template, match, action, parameters, as_json(parameters), source), problems
