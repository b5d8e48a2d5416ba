"""What do all generators of one ApplicationSet have in common while they make parameters, and where is the end?"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.filling import Filling
from bot.checks.applications.parameters import Parameters
from bot.checks.applications.place import Place

MOST = 5000  # applications of one ApplicationSet
_MOST_STEPS = 200_000
_MOST_LOOKED_AT = 2_000_000


class GeneratorError(Exception):
    """A generator makes nothing here; the message says why, `how` what to do about it."""

    def __init__(self, message: str, how: str = "", *, remote: bool = False) -> None:
        super().__init__(message)
        self.message, self.how, self.remote = message, how, remote


@dataclass(slots=True)
class Generating:
    """The place and the templates of one ApplicationSet, the notes on it, and how much was made and looked at."""

    place: Place
    filling: Filling
    notes: dict[str, None] = field(default_factory=dict)
    steps: int = 0
    looked_at: int = 0

    def count(self, made: int) -> None:
        """Count what a generator made. Raises GeneratorError when it is too much."""
        self.limit(made)
        self.steps += made
        if self.steps > _MOST_STEPS:
            raise GeneratorError("the generators make more parameters on the way than any honest ones do")

    def limit(self, made: int) -> None:
        """Raise GeneratorError when more applications come of it than can be looked at."""
        if made > MOST:
            raise GeneratorError(f"the generators make more than {MOST} applications")

    def look(self, paths: int) -> None:
        """Count paths that were looked at. Raises GeneratorError when they are too many."""
        self.looked_at += paths
        if self.looked_at > _MOST_LOOKED_AT:
            raise GeneratorError("the generators look at more paths than any honest ones do")

    def with_values(self, generator: Fields, parameters: Parameters, own: Parameters | None = None) -> Parameters:
        """Return parameters with a generator's `values`, which may use them. Raises FillError.

        Source: appendTemplatedValues in applicationset/generators/value_interpolation.go of argoproj/argo-cd.
        """
        values = generator.labels("values")
        texts = self.filling.texts(list(values.values()), parameters)
        found = {**(own or {}), **dict(zip(values, texts, strict=True))}
        if not found:
            return parameters
        if self.filling.go:
            return {**parameters, "values": found}
        return {**parameters, **{f"values.{name}": value for name, value in found.items()}}
