"""What do all declarations of Flux have in common while they are read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.checks.applications.fields import mapping
from bot.checks.applications.flux_sources import called, needs, refused
from bot.checks.applications.place import Place
from bot.model.manifest import RenderProblem, Resource
from bot.model.source import Application, Source


@dataclass(slots=True)
class Declaration:
    """One declaration while it is read, with what is found to be wrong or worth saying."""

    resource: Resource
    place: Place
    problems: list[RenderProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.resource.body.get("spec"))

    def problem(self, message: str, how: str = "", *, remote: bool = False) -> None:
        """Note what is wrong with the declaration, where it stands."""
        self.problems.append(refused(self.resource, message, how, remote=remote))

    def declares(
        self, declared_as: str, source: Source | None, variables: Mapping[str, str] | None = None
    ) -> Application:
        """Return the application, with all that was noted; `variables` are substituted in what it renders to."""
        if mapping(self.spec.get("kubeConfig")):
            self.notes.append("applied to another cluster than the one it is declared on (kubeConfig)")
        return Application(
            called(self.resource.name, self.resource.namespace),
            () if source is None else (source,),
            declared_as,
            self.resource.path,
            self.resource.line,
            tuple(self.problems),
            tuple(self.notes),
            tuple(sorted(variables.items())) if variables else None,
            tuple(needs(self.resource)),
        )
