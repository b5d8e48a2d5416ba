"""Which violations of the Pod Security Standards does a rule, or an exception, leave out?

Source: the Kyverno documentation ("Pod Security" of the validate rules). An exclusion names a control; with
`images` it holds for the containers that run them, without for the Pod itself; `restrictedField` and `values`
narrow it to one field, and to values of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import as_printed
from bot.policy.kyverno.pods import Violation
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.standards import CONTROLS
from bot.policy.kyverno.wildcard import Glob, compile_wildcard


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One control, or a part of it, that need not be kept."""

    control: str
    images: tuple[Glob, ...]
    field: str
    values: tuple[Glob, ...]

    def covers(self, violation: Violation) -> bool:
        """Say whether this violation is excluded."""
        if violation.control != self.control or (violation.image is not None) is not bool(self.images):
            return False
        if violation.image is not None and not any(fits(violation.image) for fits in self.images):
            return False
        if self.field and self.field != re.sub(r"\[(\d+|\"[^\"]*\")\]", _generic, violation.path):
            return False
        text = as_printed(violation.value) if violation.value is not None else ""
        return not self.values or any(fits(text) for fits in self.values)


def _generic(found: re.Match[str]) -> str:
    return "[*]" if found[1].isdigit() else ""


def compile_exclusions(found: object, key: str) -> tuple[Exclusion, ...]:
    """Compile the exclusions of a rule or of an exception; raises `ShapeError`."""
    return tuple(_exclusion(one, f"{key}[{index}]") for index, one in enumerate(shape.sequence(found, key)))


def _exclusion(found: object, key: str) -> Exclusion:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("controlName", "images", "restrictedField", "values"), key)
    control = shape.text(block.get("controlName"), f"{key}.controlName")
    if control not in CONTROLS:
        raise ShapeError(f"{key}.controlName", f"`{control}` is no control", f"one of {', '.join(CONTROLS)}")
    images, values = (
        tuple(map(compile_wildcard, shape.strings(block.get(name), f"{key}.{name}"))) for name in ("images", "values")
    )
    field = shape.text(block.get("restrictedField"), f"{key}.restrictedField")
    return Exclusion(control, images, field, values)
