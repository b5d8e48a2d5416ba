"""What does a ConstraintTemplate say, compiled once for all its constraints?

Source: https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/ and `ConstraintTemplate` of
open-policy-agent/frameworks, versions v1, v1beta1 and v1alpha1. Where a template has code for several engines, that
for CEL counts, as in a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.model.finding import Severity
from bot.policy.about import about
from bot.policy.cel.native import ENGINE as NATIVE
from bot.policy.cel.native import compile_native
from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import Rule
from bot.policy.gatekeeper.parameters import Schema, compile_schema
from bot.policy.gatekeeper.program import compile_program
from bot.policy.gatekeeper.rego import Program
from bot.policy.kyverno import shape
from bot.policy.kyverno.cel import HERE
from bot.policy.kyverno.shape import ShapeError
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]
Rules = tuple[Rule, ...]  # one for each validation: Gatekeeper tells every one that fails

GROUP = "templates.gatekeeper.sh"
TARGET = "admission.k8s.gatekeeper.sh"
REGO = "Rego"
_VERSIONS = ("v1", "v1beta1", "v1alpha1")
_TITLE, _DESCRIPTION = "metadata.gatekeeper.sh/title", "description"
_TARGET_FIELDS = ("code", "libs", "operations", "rego", "target")
_NOWHERE = PolicySource()


@dataclass(frozen=True, slots=True)
class Template:
    """A template: the kind of its constraints, what it says of itself, the schema of parameters, and its code."""

    kind: str
    title: str
    description: str
    severity: Severity
    how: str
    schema: Schema
    code: Program | Rules
    source: PolicySource = _NOWHERE

    @property
    def engine(self) -> str:
        """Return the name of the engine that runs the code."""
        return REGO if isinstance(self.code, Program) else NATIVE


def is_template(document: Json) -> bool:
    """Say whether a document is a ConstraintTemplate."""
    group = str(document.get("apiVersion") or "").partition("/")[0]
    return group == GROUP and document.get("kind") == "ConstraintTemplate"


def kind_of(document: Json) -> str:
    """Return the kind of constraints that a template defines, empty when it names none."""
    found: object = document
    for step in ("spec", "crd", "spec", "names", "kind"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def compile_template(document: Json, source: PolicySource = _NOWHERE) -> Template | PolicyProblem:
    """Compile one document (JSON values), or say what is wrong with it; never raises for a bad document."""
    name = about(document).name
    try:
        shape.check_size(document)
        return _compile(document, name, source)
    except ShapeError as broken:
        return PolicyProblem(name, str(broken), source, broken.key, broken.suggestion)
    except CelError as broken:
        return PolicyProblem(name, str(broken), source, broken.key)
    except ElsewhereError as away:
        return PolicyProblem(name, f"not evaluated: {away.why}", source, state="not evaluable here")


def _compile(document: Json, name: str, source: PolicySource) -> Template:
    version = str(document.get("apiVersion") or "").partition("/")[2]
    if version not in _VERSIONS:
        raise ShapeError("apiVersion", f"`{version}` is no version of {GROUP}", f"write {GROUP}/v1")
    spec = shape.mapping(document.get("spec"), "spec")
    shape.known_fields(spec, ("crd", "targets"), "spec")
    crd = shape.mapping(shape.mapping(spec.get("crd"), "spec.crd").get("spec"), "spec.crd.spec")
    names = shape.mapping(crd.get("names"), "spec.crd.spec.names")
    kind = shape.text(names.get("kind"), "spec.crd.spec.names.kind")
    if not kind:
        raise ShapeError("spec.crd.spec.names.kind", "a template names the kind of its constraints")
    if name != kind.lower():
        raise ShapeError("metadata.name", f"a template for {kind} is called `{kind.lower()}`, not `{name}`")
    legacy = version != "v1"
    schema = compile_schema(crd.get("validation"), "spec.crd.spec.validation", legacy=legacy)
    said = about(document)
    notes = shape.mapping(
        shape.mapping(document.get("metadata"), "metadata").get("annotations"), "metadata.annotations"
    )
    return Template(
        kind,
        " ".join(str(notes.get(_TITLE) or "").split()) or (said.title if said.title != name else kind),
        " ".join(str(notes.get(_DESCRIPTION) or "").split()) or said.description,
        said.severity,
        said.how,
        schema,
        _code(_target(spec)),
        source,
    )


def _target(spec: Json) -> Json:
    targets = shape.sequence(spec.get("targets"), "spec.targets")
    if len(targets) != 1:
        raise ShapeError("spec.targets", "a template has exactly one target", f"write one, with target: {TARGET}")
    target = shape.mapping(targets[0], "spec.targets[0]")
    shape.known_fields(target, _TARGET_FIELDS, "spec.targets[0]")
    named = shape.text(target.get("target"), "spec.targets[0].target")
    if named != TARGET:
        raise ShapeError("spec.targets[0].target", f"`{named}` is no target", f"write {TARGET}")
    return target


def _code(target: Json) -> Program | Rules:
    """Compile the code: CEL where there is some and it can be run, else Rego."""
    key = "spec.targets[0]"
    sources = _sources(target, key)
    away: ElsewhereError | None = None
    if NATIVE in sources:
        at, source = sources[NATIVE]
        try:
            rule = compile_native(source, at, HERE)
            return tuple(replace(rule, validations=(one,)) for one in rule.validations)
        except ElsewhereError as elsewhere:
            away = elsewhere
    if REGO in sources:
        at, source = sources[REGO]
        shape.known_fields(source, ("libs", "rego", "version"), at)
        version = shape.text(source.get("version"), f"{at}.version") or "v0"
        if version not in ("v0", "v1"):
            raise ShapeError(f"{at}.version", f"`{version}` is no version of Rego", "write v0 or v1")
        libs = shape.strings(source.get("libs"), f"{at}.libs")
        return compile_program(shape.text(source.get("rego"), f"{at}.rego"), libs, at, v1=version == "v1")
    if away is not None:
        raise away
    if sources:
        raise ElsewhereError(f"there is no engine here for {' and '.join(sorted(sources))}")
    raise ShapeError(key, "the template has no code", "write it below `rego` or `code`")


def _sources(target: Json, key: str) -> dict[str, tuple[str, Json]]:
    """The sources by engine, each with its dotted place; `rego` and `libs` are the old way to write one."""
    found: dict[str, tuple[str, Json]] = {}
    if target.get("rego"):
        found[REGO] = (key, {"rego": target["rego"], "libs": target.get("libs")})
    for index, one in enumerate(shape.sequence(target.get("code"), f"{key}.code")):
        at = f"{key}.code[{index}]"
        entry = shape.mapping(one, at)
        shape.known_fields(entry, ("engine", "source"), at)
        engine = shape.text(entry.get("engine"), f"{at}.engine")
        if engine in found and engine != REGO:
            raise ShapeError(f"{at}.engine", f"there is code for {engine} twice")
        found[engine] = (f"{at}.source", shape.mapping(entry.get("source"), f"{at}.source"))
    return found
