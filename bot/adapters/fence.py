"""How do we make sure that a job which lost its key writes nothing more?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Port = TypeVar("Port")

GITHUB_WRITES = ("ensure_", "merge")
GIT_WRITES = ("push",)


class _Fenced:
    """Passes every call on; before those whose name begins with a given prefix, asks whether it may."""

    def __init__(self, inner: object, check: Callable[[], None], prefixes: tuple[str, ...]) -> None:
        self._inner, self._check, self._prefixes = inner, check, prefixes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not name.startswith(self._prefixes):
            return found

        def checked(*arguments: Any, **options: Any) -> Any:
            self._check()
            return found(*arguments, **options)

        return checked


def fenced(port: Port, check: Callable[[], None], prefixes: tuple[str, ...]) -> Port:
    """Return the same port, with `check` called before each write; it raises when the key is ours no more."""
    return cast(Port, _Fenced(port, check, prefixes))
