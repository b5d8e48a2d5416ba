"""How does a policy document read once a pack's configured values are in it?

A policy with parameters is a real policy that a cluster accepts as it is: it holds workable defaults. What is
configured takes their place, and nothing else of the file changes:

- Kyverno's rules: the `value` of the context variable `parameters`, of the rule or of a loop;
- CEL (`validate.cel`, ValidatingPolicy, ValidatingAdmissionPolicy): a variable called like the parameter whose
  expression is a JSON literal (`"3"`, `'["a", "b"]'`);
- Gatekeeper: the fields of a constraint's `spec.parameters`.

Only names that are already there are replaced. Where the default is a list the value stays a list, elsewhere a
list becomes alternatives as patterns read them. Two annotations say when a policy runs and when it blocks:
`NAME=VALUE`, `NAME` for a parameter that is given at all, or several of these with ` | ` between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.parameters import Values, nearest

CONTEXT = "parameters"
WHEN = "policies.lockkeeper.dev/when"
ENFORCE_WHEN = "policies.lockkeeper.dev/enforce-when"

_CEL = ("policies.kyverno.io/", "admissionregistration.k8s.io/")
_CONSTRAINTS = "constraints.gatekeeper.sh/"

Json = Mapping[str, Any]


class ConditionError(ValueError):
    """An annotation asks for a parameter that the pack has not: `key` is its place, `suggestion` advice."""

    def __init__(self, key: str, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.key, self.suggestion = key, suggestion


def configured(document: Json, values: Values, names: Iterable[str]) -> Json | None:
    """Return the document (JSON values) with the values in it; None when, with these values, it does not run.

    `names` are the parameters that the pack declares. Raises `ConditionError`; a document of another shape than
    a policy's stays as it is.
    """
    known = tuple(names)
    if not _holds(document, WHEN, values, known, otherwise=True):
        return None
    if _holds(document, ENFORCE_WHEN, values, known, otherwise=False):
        document = _enforced(document)
    spec = document.get("spec")
    if not values or not isinstance(spec, Mapping):
        return document
    return {**document, "spec": _spec_with(str(document.get("apiVersion") or ""), spec, values)}


def _holds(document: Json, annotation: str, values: Values, known: tuple[str, ...], *, otherwise: bool) -> bool:
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    said = annotations.get(annotation) if isinstance(annotations, Mapping) else None
    if not isinstance(said, str):
        return otherwise
    held = [_given(one, annotation, values, known) for one in said.split("|")]  # each of them, so each is checked
    return any(held)


def _given(condition: str, annotation: str, values: Values, known: tuple[str, ...]) -> bool:
    name, equals, wanted = (part.strip() for part in condition.partition("="))
    if name not in known:
        key = f"metadata.annotations[{annotation}]"
        raise ConditionError(key, f"the pack has no parameter `{name}`", nearest(name, known))
    value = values.get(name)
    return value is not None and (not equals or str(value) == wanted)


def _enforced(document: Json) -> Json:
    """The document with the action that blocks, as each kind of policy writes it."""
    version, spec = str(document.get("apiVersion") or ""), document.get("spec")
    if not isinstance(spec, Mapping):
        return document
    if version.startswith(_CONSTRAINTS):
        return {**document, "spec": {**spec, "enforcementAction": "deny"}}
    if version.startswith(_CEL):
        return {**document, "spec": {**spec, "validationActions": ["Deny"]}}
    rules = [_enforcing(rule) for rule in spec["rules"]] if isinstance(spec.get("rules"), list) else spec.get("rules")
    return {**document, "spec": {**spec, "validationFailureAction": "Enforce", "rules": rules}}


def _enforcing(rule: object) -> object:
    validate = rule.get("validate") if isinstance(rule, Mapping) else None
    if not isinstance(rule, Mapping) or not isinstance(validate, Mapping) or "failureAction" not in validate:
        return rule
    return {**rule, "validate": {**validate, "failureAction": "Enforce"}}


def _spec_with(version: str, spec: Json, values: Values) -> Json:
    if version.startswith(_CONSTRAINTS):
        return {**spec, "parameters": _merged(spec["parameters"], values)} if "parameters" in spec else spec
    if version.startswith(_CEL):
        return _variables_with(spec, values)
    rules = spec.get("rules")
    return {**spec, "rules": [_rule_with(rule, values) for rule in rules]} if isinstance(rules, list) else spec


def _rule_with(block: object, values: Values) -> object:
    """Fill a rule, its validate block or one of its loops."""
    if not isinstance(block, Mapping):
        return block
    filled = dict(block)
    if isinstance(block.get("context"), list):
        filled["context"] = [_entry_with(entry, values) for entry in block["context"]]
    if isinstance(block.get("foreach"), list):
        filled["foreach"] = [_rule_with(loop, values) for loop in block["foreach"]]
    if isinstance(block.get("validate"), Mapping):
        filled["validate"] = _rule_with(block["validate"], values)
    if isinstance(block.get("cel"), Mapping):
        filled["cel"] = _variables_with(block["cel"], values)
    return filled


def _entry_with(entry: object, values: Values) -> object:
    variable = entry.get("variable") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or entry.get("name") != CONTEXT or not isinstance(variable, Mapping):
        return entry
    return {**entry, "variable": {**variable, "value": _merged(variable.get("value"), values)}}


def _merged(defaults: object, values: Values) -> object:
    if not isinstance(defaults, Mapping):
        return defaults
    return {name: _shaped(name, default, values) for name, default in defaults.items()}


def _shaped(name: object, default: object, values: Values) -> object:
    value = values.get(str(name))
    if value is None:
        return default
    return value.plain if isinstance(default, list) else value.pattern


def _variables_with(block: Json, values: Values) -> Json:
    variables = block.get("variables")
    if not isinstance(variables, list):
        return block
    return {**block, "variables": [_variable_with(one, values) for one in variables]}


def _variable_with(variable: object, values: Values) -> object:
    if not isinstance(variable, Mapping) or variable.get("name") not in values:
        return variable
    try:
        default = json.loads(str(variable.get("expression")))
    except ValueError:
        return variable  # an expression of its own, no default
    return {**variable, "expression": json.dumps(_shaped(variable["name"], default, values), ensure_ascii=False)}
