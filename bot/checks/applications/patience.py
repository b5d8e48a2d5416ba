"""How often may templates of strangers end the engine that carries them out, before no more of them are tried?

Each one that does costs a whole deadline, and an ApplicationSet can make thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.checks.applications.place import EngineEndedError, Template

MOST = 2  # engines


class Patience:
    """`Template` that gives up: once engines ended MOST times, whatever is asked ends as the last one did."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._ended: list[EngineEndedError] = []

    def __call__(self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        """Carry out templates. Raises TemplateError."""
        if len(self._ended) >= MOST:
            raise EngineEndedError(f"{self._ended[-1]}, as others before it")
        try:
            return self._template(texts, parameters, strict=strict)
        except EngineEndedError as error:
            self._ended.append(error)
            raise
