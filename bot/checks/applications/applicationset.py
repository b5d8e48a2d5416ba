"""Which applications does an Argo CD ApplicationSet make?

Sources: applicationset/controllers/template/template.go and docs/operator-manual/applicationset/ of argoproj/argo-cd.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.checks.applications.argocd import Declared, declared
from bot.checks.applications.argocd_asked import Said
from bot.checks.applications.argocd_fields import Fields, is_monstrous
from bot.checks.applications.filling import FillError, Filling
from bot.checks.applications.generating import MOST, Generating, GeneratorError
from bot.checks.applications.generator_git import listings
from bot.checks.applications.generators import made_by
from bot.checks.applications.parameters import Parameters, filled_up
from bot.checks.applications.place import Place
from bot.checks.applications.template_patch import PatchError, patched
from bot.model.manifest import Resource
from bot.model.quoting import quoted
from bot.model.source import Application

DECLARED = "Argo CD ApplicationSet"


def applications(resource: Resource, place: Place) -> tuple[Application, ...]:
    """Return the applications that a set makes, at most 5,000.

    Where something keeps some or all of them from being made, or there are none, one more that is named after the set
    says so.
    """
    return tuple(one.application for one in _Set(resource, place).made())


def reads(resource: Resource, place: Place) -> tuple[str, ...]:
    """Return paths and patterns (doublestar's) of the tree that decide what `applications` returns.

    Those are the directories and files of git generators, and what `argocd.reads` returns of each Application.
    """
    if is_monstrous(resource.body):
        return ()
    spec = Fields.of(resource.body.get("spec"), "spec", [])
    found = dict.fromkeys(path for one in _git_generators(spec, 0) for path in listings(one))
    for one in _Set(resource, place).made():
        found.update(dict.fromkeys(one.reads))
    return tuple(found)


def _git_generators(spec: Fields, depth: int) -> Iterator[Fields]:
    for entry in spec.each("generators"):
        if entry.has("git"):
            yield entry.inner("git")
        for kind in ("matrix", "merge"):
            if entry.has(kind) and depth < 50:
                yield from _git_generators(entry.inner(kind), depth + 1)


class _Set:
    """One ApplicationSet while its applications are made."""

    def __init__(self, resource: Resource, place: Place) -> None:
        self._resource, self._place = resource, place
        self._said = Said(resource)
        self._wrong: list[str] = []
        self._spec = Fields.of(resource.body.get("spec"), "spec", self._wrong)

    def made(self) -> list[Declared]:
        """Return the applications, and what kept others from being made."""
        found: dict[str, Declared] = {}
        if is_monstrous(self._resource.body):
            self._said.problem("not evaluated: the ApplicationSet is larger or deeper than any can be")
        else:
            self._make(found)
        if not found and not self._said.problems:
            self._said.note("its generators make no application")
        made = list(found.values())
        if self._said.problems or not made:
            return [*made, Declared(self._itself())]
        if self._said.notes:
            first = made[0].application
            made[0] = replace(made[0], application=replace(first, notes=(*self._said.notes, *first.notes)))
        return made

    def _make(self, found: dict[str, Declared]) -> None:
        filling = Filling(
            self._spec.flag("goTemplate"),
            "missingkey=error" in self._spec.texts("goTemplateOptions"),
            self._place.template,
            {},
        )
        context = Generating(self._place, filling)
        if not self._spec.has("generators"):
            self._said.problem("not evaluated: it has no `generators`")
        for body in self._bodies(context):
            one = declared(self._resource, body, self._place, DECLARED)
            name = one.application.name
            if name in found:
                self._said.problem(
                    f"two of its applications are called {quoted(name, 80)}, and Argo CD refuses all but one",
                    "name them after more of their parameters",
                )
            elif len(found) >= MOST:
                self._said.problem(f"the generators make more than {MOST} applications; the others are not rendered")
                break
            else:
                found[name] = one
        for sentence in dict.fromkeys(self._wrong):
            self._said.problem(f"wrong in the ApplicationSet: {sentence}")
        for note in context.notes:
            self._said.note(note)
        if filling.unknown:
            names = ", ".join(quoted(one) for one in list(filling.unknown)[:3])
            self._said.note(f"its template names what is no parameter, and stays so: {names}")

    def _bodies(self, context: Generating) -> Iterator[Mapping[str, Any]]:
        """Yield each Application's body; what cannot be made is told, and the rest is made."""
        for entry in self._spec.each("generators"):
            try:
                for made in made_by(entry, context):
                    template = filled_up(made.template, self._spec.inner("template").value)
                    yield from self._filled(template, made.sets, context)
            except GeneratorError as error:
                self._said.problem(f"not evaluated: {error.message}", error.how, remote=error.remote)
            except FillError as error:
                self._said.problem(f"not evaluated: {error.message}", error.how)

    def _filled(
        self, template: Mapping[str, Any], sets: tuple[Parameters, ...], context: Generating
    ) -> Iterator[Mapping[str, Any]]:
        patch = self._spec.text("templatePatch") if context.filling.go else ""
        for parameters in sets:
            try:
                body = {"metadata": template.get("metadata"), "spec": template.get("spec")}
                filled, said = context.filling.value([body, patch], parameters)
                yield patched(filled, said) if patch else filled
            except FillError as error:
                self._said.problem(f"an application is not made: {error.message}", error.how)
            except PatchError as error:
                self._said.problem(f"an application is not made: its `templatePatch` is of no use: {error}")

    def _itself(self) -> Application:
        """Return what stands for the set: it deploys nothing, but there is something to say."""
        resource = self._resource
        return Application(
            resource.name,
            declared_as=DECLARED,
            path=resource.path,
            line=resource.line,
            problems=tuple(self._said.problems),
            notes=tuple(self._said.notes),
        )
