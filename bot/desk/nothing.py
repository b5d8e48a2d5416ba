"""What stands where there is nothing: a tree without files, engines that render nothing, and what keeps nothing?"""

# ruff: noqa: ARG002 - the answer is the same, whatever is asked

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.model.manifest import Rendered
from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.tree import Tree


class EmptyTree:
    """A `bot.model.tree.Tree` without files."""

    @property
    def id(self) -> str:
        return "nothing"

    def blob(self, path: str) -> str | None:
        return None

    def read(self, path: str) -> bytes | None:
        return None

    def is_directory(self, path: str) -> bool:
        return path == ""

    def names(self, directory: str) -> Sequence[str]:
        return ()

    def files(self, directory: str = "") -> Sequence[str]:
        return ()

    def canonical(self, path: str) -> str | None:
        return path


class NoRenderer:
    """`bot.ports.Renderer` for looks that render nothing."""

    def render(self, wanted: Iterable[tuple[Tree, Source]]) -> Iterator[tuple[int, Rendered]]:
        return iter(())

    def start(self) -> None:
        return None

    def key(self, tree: Tree, source: Source) -> str:
        return ""

    def template(self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        return texts


class NothingKept:
    """`bot.ports.Outputs` and `CheckedHeads` for looks after which nothing stays."""

    def keep(self, repository: Repository, title: str, text: str) -> str:
        return ""

    def note(self, repository: Repository, number: int, sha: str) -> None:
        return None

    def stale(self, repository: Repository, heads: dict[int, str], *, whole: bool = True) -> Sequence[int]:
        return ()


class NothingTold:
    """`bot.ports.Told` for looks that tell nobody."""

    def is_told(self, repository: Repository, number: int, digest: str) -> bool:
        return False

    def note(self, repository: Repository, number: int, digest: str) -> None:
        return None
