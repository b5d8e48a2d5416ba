"""What is a change compared with that has nothing to be compared with?"""

from __future__ import annotations

from collections.abc import Sequence


class EmptyTree:
    """A `bot.model.tree.Tree` without files."""

    @property
    def id(self) -> str:
        return "nothing"

    def blob(self, path: str) -> str | None:  # noqa: ARG002 - as in each method here: whatever the path
        return None

    def read(self, path: str) -> bytes | None:  # noqa: ARG002
        return None

    def is_directory(self, path: str) -> bool:
        return path == ""

    def names(self, directory: str) -> Sequence[str]:  # noqa: ARG002
        return ()

    def files(self, directory: str = "") -> Sequence[str]:  # noqa: ARG002
        return ()

    def canonical(self, path: str) -> str | None:
        return path
