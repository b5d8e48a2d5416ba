"""How are the files of one commit read, without writing them anywhere?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git knows it everywhere


class Tree(Protocol):
    """The files of one tree. Paths are from its top, with `/`, without `.` and `..`; '' is the top.

    Symbolic links that stay inside the tree are followed; those that lead out of it, submodules, and names that
    no honest tree holds, are as if they were not there. Reading is cheap to repeat: contents are kept by object id.
    """

    @property
    def id(self) -> str: ...  # the git tree id; equal ids, equal files
    def blob(self, path: str) -> str | None: ...  # the object id of a file's content, None when it is no file
    def read(self, path: str) -> bytes | None: ...  # the content of a file, None when it is no file
    def is_directory(self, path: str) -> bool: ...
    def names(self, directory: str) -> Sequence[str]: ...  # what it holds, sorted; () when it is no directory
    def files(self, directory: str = "") -> Sequence[str]: ...  # paths of all files at and below it, sorted
    def canonical(self, path: str) -> str | None: ...  # where a path really is; None when it leads out of the tree
