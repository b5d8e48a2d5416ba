"""What does a template of an ApplicationSet say with these parameters filled in?

Source: applicationset/utils/utils.go of argoproj/argo-cd: every text of a template, keys of mappings too, is a template
of its own, of github.com/valyala/fasttemplate or, with `goTemplate: true`, of Go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.applications.go_fields import NO_VALUE, FieldError, of_fields
from bot.checks.applications.parameters import Parameters
from bot.checks.applications.place import Template, TemplateError
from bot.model.quoting import quoted

_MOST_VALUES, _MOST_TEXT = 5_000_000, 50_000_000


class FillError(Exception):
    """A template cannot be carried out; the message says why, `how` what to do about it."""

    def __init__(self, message: str, how: str = "") -> None:
        super().__init__(message)
        self.message, self.how = message, how


@dataclass(slots=True)
class Filling:
    """Fills in templates: Go's where `go` is set, with `missingkey=error` where `strict` is.

    What all of them make together is limited. `unknown` collects names that are no parameter and stay as they stand.
    """

    go: bool
    strict: bool
    template: Template | None
    unknown: dict[str, None]
    values: int = 0
    written: int = 0

    def value(self, value: Any, parameters: Parameters) -> Any:
        """Return a JSON value with all its texts filled in. Without parameters it stays as it is. Raises FillError."""
        if not parameters:
            return value
        texts = dict.fromkeys(self._texts(value))
        said = dict(zip(texts, self.texts(list(texts), parameters), strict=True))
        return self._with(value, said)

    def text(self, text: str, parameters: Parameters) -> str:
        """Return one text filled in. Raises FillError."""
        return self.texts([text], parameters)[0]

    def texts(self, texts: Sequence[str], parameters: Parameters) -> list[str]:
        """Return texts filled in, in order; the template engine is asked once for all of them. Raises FillError."""
        found = self._go(texts, parameters) if self.go else [self._fast(one, parameters) for one in texts]
        self.written += sum(map(len, found))
        if self.written > _MOST_TEXT:
            raise FillError("its templates make more text than any honest one does")
        return found

    def _texts(self, value: Any) -> Iterator[str]:
        waiting = [value]
        while waiting:
            here = waiting.pop()
            self.values += 1
            if isinstance(here, str) and "{{" in here:
                yield here
            elif isinstance(here, Mapping):
                waiting += [one for pair in here.items() for one in pair]
            elif isinstance(here, list):
                waiting += here
        if self.values > _MOST_VALUES:
            raise FillError("its templates are filled in more often than any honest one is")

    def _with(self, value: Any, said: Mapping[str, str]) -> Any:
        match value:
            case str():
                return said.get(value, value)
            case Mapping():
                return {
                    said.get(key, key) if isinstance(key, str) else key: self._with(one, said)
                    for key, one in value.items()
                }
            case list():
                return [self._with(one, said) for one in value]
        return value

    def _fast(self, text: str, parameters: Parameters) -> str:
        if not _is_templated(text):
            return text
        out, at = [], 0
        while (start := text.find("{{", at)) >= 0:
            end = text.find("}}", start + 2)
            if end < 0:
                raise FillError(f"{quoted(text, 80)} is no template: a `{{{{` is not closed")
            tag = text[start + 2 : end]
            value = parameters.get(tag.strip())
            if not isinstance(value, str):
                self.unknown[tag.strip()] = None
                value = text[start : end + 2]
            out += [text[at:start], value]
            at = end + 2
        return "".join(out) + text[at:]

    def _go(self, texts: Sequence[str], parameters: Parameters) -> list[str]:
        found: dict[str, str] = {}
        for text in texts:
            try:
                plain = text if "{{" not in text else of_fields(text, parameters, strict=self.strict)
            except FieldError as error:
                raise FillError(f"the template {quoted(text, 80)} cannot be carried out: {error}") from error
            if plain is not None:
                found[text] = plain
        rest = [text for text in dict.fromkeys(texts) if text not in found]
        found.update(zip(rest, self._by_engine(rest, parameters), strict=True))
        return [found[text] for text in texts]

    def _by_engine(self, texts: Sequence[str], parameters: Parameters) -> Iterable[str]:
        if not texts:
            return ()
        if self.template is None:
            raise FillError(
                f"the template {quoted(texts[0], 80)} cannot be carried out: no engine for Go templates is here",
                "see `lockkeeper doctor` for how to get one",
            )
        try:
            said = self.template(texts, parameters, strict=self.strict)
        except TemplateError as error:
            raise FillError(f"a template cannot be carried out: {error}") from error
        missing = next((text for text, one in zip(texts, said, strict=True) if NO_VALUE in one), None)
        if self.strict and missing is not None:
            raise FillError(f"the template {quoted(missing, 80)} names a parameter that is not there")
        return said


def _is_templated(text: str) -> bool:
    """Say whether `{{` and `}}` stand on one line, in time that grows as the text does, whatever it holds."""
    return any(line.find("}}", line.find("{{") + 2) >= 0 for line in text.split("\n") if "{{" in line)
