"""Which Gatekeeper policies are among the documents of a pack?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.about import about
from bot.policy.gatekeeper.constraint import Constraint, compile_constraint, is_constraint
from bot.policy.gatekeeper.expansion import Expansion, compile_expansion, is_expansion
from bot.policy.gatekeeper.match import Glob, compile_glob
from bot.policy.gatekeeper.rego import Program
from bot.policy.gatekeeper.template import Template, compile_template, is_template, kind_of
from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError
from bot.policy.parameters import nearest
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]
Document = tuple[PolicySource, Json]

_PROCESSES = ("*", "webhook")  # of a Config, those that are asked about a change


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Compiled Gatekeeper policies. `excluded` are the namespaces that a Config exempts from all constraints."""

    templates: tuple[Template, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    excluded: tuple[Glob, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is anything to evaluate."""
        return bool(self.templates or self.constraints or self.expansions or self.excluded)

    @property
    def reads_inventory(self) -> bool:
        """Say whether any of them looks at other resources."""
        return any(isinstance(one.code, Program) and one.code.inventory for one in self.templates)

    @property
    def asks_rego(self) -> bool:
        """Say whether any of them needs the Rego engine."""
        return any(isinstance(one.code, Program) for one in self.templates)


NONE = Gatekeeper()


def together(several: Iterable[Gatekeeper]) -> Gatekeeper:
    """Return the policies of several packs as those of one cluster."""
    found = [one for one in several if one]
    return Gatekeeper(
        tuple(each for one in found for each in one.templates),
        tuple(each for one in found for each in one.constraints),
        tuple(each for one in found for each in one.expansions),
        tuple(each for one in found for each in one.excluded),
    )


def is_gatekeeper(document: Json) -> bool:
    """Say whether a document is a ConstraintTemplate, a constraint, an ExpansionTemplate or Gatekeeper's Config."""
    return any(test(document) for test in (is_template, is_constraint, is_expansion, _is_config))


def compile_gatekeeper(documents: Sequence[Document]) -> tuple[Gatekeeper, list[PolicyProblem]]:
    """Compile what is Gatekeeper's among documents (JSON values); other documents are left alone.

    What is wrong is among the problems; never raises for a bad document. Whether the Rego of a template is sound
    turns out when its engine is asked.
    """
    problems: list[PolicyProblem] = []
    templates = {one.kind: one for one in _templates(documents, problems)}
    broken = {kind_of(content) for _, content in documents if is_template(content)} - templates.keys()
    constraints = tuple(_constraints(documents, templates, broken, problems))
    expansions = []
    excluded: list[Glob] = []
    for source, content in documents:
        if is_expansion(content):
            compiled = compile_expansion(content, source)
            if isinstance(compiled, Expansion):
                expansions.append(compiled)
            else:
                problems.append(compiled)
        elif _is_config(content):
            try:
                excluded += _excluded(content)
            except ShapeError as wrong:
                problems.append(PolicyProblem(about(content).name, str(wrong), source, wrong.key, wrong.suggestion))
    return Gatekeeper(tuple(templates.values()), constraints, tuple(expansions), tuple(excluded)), problems


def _templates(documents: Sequence[Document], problems: list[PolicyProblem]) -> Iterator[Template]:
    seen: set[str] = set()
    for source, content in documents:
        if not is_template(content):
            continue
        compiled = compile_template(content, source)
        if not isinstance(compiled, Template):
            problems.append(compiled)
        elif compiled.kind in seen:
            words = f"there is another template for {compiled.kind}"
            problems.append(PolicyProblem(about(content).name, words, source, "spec.crd.spec.names.kind"))
        else:
            seen.add(compiled.kind)
            yield compiled


def _constraints(
    documents: Sequence[Document],
    templates: Mapping[str, Template],
    broken: Iterable[str],
    problems: list[PolicyProblem],
) -> Iterator[Constraint]:
    for source, content in documents:
        if not is_constraint(content):
            continue
        kind, name = str(content.get("kind") or ""), about(content).name
        if kind in templates:
            compiled, wrong = compile_constraint(content, templates[kind], source)
            problems += wrong
            if compiled is not None:
                yield compiled
        elif kind in broken:  # that is told where the template is
            words = f"not evaluated: the template for {kind} is not"
            problems.append(PolicyProblem(name, words, source, "kind", state="not evaluable here"))
        else:
            words = f"the template for {kind} is not in this pack"
            advice = nearest(kind, templates) if templates else "add its ConstraintTemplate"
            problems.append(PolicyProblem(name, words, source, "kind", advice))


def _is_config(document: Json) -> bool:
    group = str(document.get("apiVersion") or "").partition("/")[0]
    return group == "config.gatekeeper.sh" and document.get("kind") == "Config"


def _excluded(document: Json) -> Iterator[Glob]:
    spec = shape.mapping(document.get("spec"), "spec")
    for index, one in enumerate(shape.sequence(spec.get("match"), "spec.match")):
        at = f"spec.match[{index}]"
        entry = shape.mapping(one, at)
        if not set(shape.strings(entry.get("processes"), f"{at}.processes")).isdisjoint(_PROCESSES):
            names = shape.strings(entry.get("excludedNamespaces"), f"{at}.excludedNamespaces")
            yield from (compile_glob(name, f"{at}.excludedNamespaces") for name in names)
