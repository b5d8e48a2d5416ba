"""Which arguments does a function of JMESPath take, and are these such arguments?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.policy.kyverno.answers import NotKnown, QueryError, TooLargeError, Unknown, is_number

LONGEST = 1_000_000  # characters that a function may return

_KINDS: dict[str, Callable[[object], bool]] = {
    "any": lambda _: True,
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "strings": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "numbers": lambda value: isinstance(value, list) and all(map(is_number, value)),
    "expression": callable,
}


def bounded(text: str) -> str:
    """Return a text, or raise `QueryError` when it is too long."""
    if len(text) > LONGEST:
        raise TooLargeError(f"a text of more than {LONGEST} characters")
    return text


class Function:
    """A function by name; `kinds` are the alternatives for each argument, the last repeats when `many`."""

    __slots__ = ("_tests", "body", "kinds", "many", "name")

    def __init__(
        self, name: str, kinds: tuple[tuple[str, ...], ...], body: Callable[..., object], many: bool = False
    ) -> None:
        self.name, self.kinds, self.body, self.many = name, kinds, body, many
        self._tests = tuple(tuple(_KINDS[kind] for kind in alternatives) for alternatives in kinds)

    def takes(self, count: int) -> bool:
        """Say whether the function takes so many arguments."""
        return count >= len(self.kinds) if self.many else count == len(self.kinds)

    def __call__(self, arguments: list[object]) -> object:
        """Call it; raises `QueryError` for an argument of the wrong kind."""
        last = len(self._tests) - 1
        for index, argument in enumerate(arguments):
            for test in self._tests[index if index < last else last]:
                if test(argument):
                    break
            else:
                self._refuse(index, argument)
        try:
            return self.body(*arguments)
        except QueryError:
            raise
        except (ArithmeticError, ValueError, RecursionError) as broken:
            raise QueryError(f"`{self.name}` cannot be made of these arguments") from broken

    def _refuse(self, index: int, argument: object) -> None:
        if isinstance(argument, Unknown):
            raise NotKnown(argument.why)
        wanted = " or ".join(self.kinds[min(index, len(self.kinds) - 1)])
        raise QueryError(f"argument {index + 1} of `{self.name}` is no {wanted}")


class Library(dict[str, Function]):
    """Functions by name, filled by the decorator `function`."""

    def function(self, *kinds: str, many: bool = False, name: str = "") -> Callable[[Any], Any]:
        """Add a function that takes arguments of these kinds, each `one` or `one|other`."""

        def add(body: Callable[..., object]) -> Callable[..., object]:
            called = name or body.__name__.strip("_")
            self[called] = Function(called, tuple(tuple(kind.split("|")) for kind in kinds), body, many)
            return body

        return add
