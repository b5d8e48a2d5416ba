"""What does a field of an Argo CD resource hold, and what is to be said when it holds something else?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.model.quoting import quoted

_T = TypeVar("_T")
DEEPEST = 100  # levels within each other
LARGEST = 200_000  # values in one resource


@dataclass(frozen=True, slots=True)
class Fields:
    """One mapping with its place ("spec.source"). What is of another type than it must be is told in `wrong`."""

    value: Mapping[str, Any]
    at: str
    wrong: list[str]

    @classmethod
    def of(cls, value: Any, at: str, wrong: list[str]) -> Fields:
        """Take a value for a mapping; it is empty when it is none, and told unless it is absent."""
        if isinstance(value, Mapping):
            return cls(value, at, wrong)
        if value is not None:
            wrong.append(f"`{at}` must be a mapping, not {kind_of(value)}")
        return cls({}, at, wrong)

    def has(self, name: str) -> bool:
        """Say whether a field is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str) -> str:
        """Return a text, '' when it is absent."""
        found = self.value.get(name)
        return found if isinstance(found, str) else self._told(name, found, "a text", "")

    def flag(self, name: str) -> bool:
        """Return a boolean, False when it is absent."""
        found = self.value.get(name)
        return found if isinstance(found, bool) else self._told(name, found, "true or false", False)

    def inner(self, name: str) -> Fields:
        """Return a mapping, an empty one when it is absent."""
        return Fields.of(self.value.get(name), f"{self.at}.{name}", self.wrong)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self._texts(name))

    def each(self, name: str) -> tuple[Fields, ...]:
        """Return a list of mappings."""
        return tuple(Fields.of(one, at, self.wrong) for at, one in self.items(name))

    def labels(self, name: str) -> dict[str, str]:
        """Return a mapping of texts to texts."""
        found = {}
        for key, value in self.inner(name).value.items():
            if isinstance(key, str) and isinstance(value, str):
                found[key] = value
            else:
                self.wrong.append(f"`{self.at}.{name}` must hold texts; {quoted(str(key))} is {kind_of(value)}")
        return found

    def items(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield the entries of a list, each with its place."""
        found = self.value.get(name)
        listed: list[Any] = found if isinstance(found, list) else self._told(name, found, "a list", [])
        for number, one in enumerate(listed):
            if one is None:
                self.wrong.append(f"`{self.at}.{name}[{number}]` is empty")
            else:
                yield f"{self.at}.{name}[{number}]", one

    def _texts(self, name: str) -> Iterator[str]:
        for at, one in self.items(name):
            if isinstance(one, str):
                yield one
            else:
                self.wrong.append(f"`{at}` must be a text, not {kind_of(one)}")

    def _told(self, name: str, found: Any, wanted: str, instead: _T) -> _T:
        if found is not None:
            self.wrong.append(f"`{self.at}.{name}` must be {wanted}, not {kind_of(found)}")
        return instead


def kind_of(value: Any) -> str:
    """Name the type of a JSON value in a sentence."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case Mapping():
            return "a mapping"
    return "something else"


def is_monstrous(value: Any) -> bool:
    """Say whether a value is deeper or larger than any honest resource, so that nobody walks through it."""
    waiting = [(value, 0)]
    seen = 0
    while waiting:
        here, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > LARGEST:
            return True
        if isinstance(here, Mapping):
            waiting += [(one, depth + 1) for one in here.values()]
        elif isinstance(here, list):
            waiting += [(one, depth + 1) for one in here]
    return False
