"""How do the flows read somebody's clone, as if it were a mirror, with nothing of it changed?

A bare repository of our own borrows the clone's objects, and has its branches: as the remote has them, where that is
known, else as they are here. Nothing is fetched, and nothing can be pushed.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from bot.adapters.git.command import GitProgram
from bot.adapters.git.mirrors import GitMirrors
from bot.adapters.git.names import mirror_path
from bot.adapters.git.worktree import WorkTree
from bot.errors import NotFoundError, RefusedError, UserError
from bot.model.repository import Repository
from bot.ports import Git

_REMOTE, _HEADS, _TAGS = "refs/remotes/origin/", "refs/heads/", "refs/tags/"


def clone_as_mirror(work: WorkTree, home: Repository, directory: Path, instead: Mapping[str, bytes]) -> Git:
    """Return the port over a clone; `directory` holds what is written, and goes when its owner removes it.

    `instead` are files that the head of the default branch is taken to hold: what lies in the directory, uncommitted.
    """
    path = mirror_path(directory, home)
    path.mkdir(parents=True)
    if work.objects is None or work.git_dir is None:
        raise UserError("this directory lies in no git repository", where=str(work.top))
    program = GitProgram(path)
    program.run("init", "--bare", "--quiet", "--template=", f"--object-format={work.object_format}")
    (path / "objects/info").mkdir(parents=True, exist_ok=True)
    (path / "objects/info/alternates").write_text(f"{work.objects}\n")
    if (work.git_dir / "shallow").is_file():
        shutil.copyfile(work.git_dir / "shallow", path / "shallow")
    refs = branches(work.refs())
    program.run("update-ref", "--stdin", input="".join(f"create {ref} {id}\n" for ref, id in refs.items()).encode())
    mirrors = GitMirrors(directory, lambda _: "file:///dev/null", lambda _: "")
    return cast(Git, _Clone(mirrors, home, instead))


def branches(refs: Mapping[str, str]) -> Mapping[str, str]:
    """Return branches and tags by the refs they would have on the remote."""
    found = {ref: id for ref, id in refs.items() if ref.startswith((_HEADS, _TAGS))}
    remote = {_HEADS + ref.removeprefix(_REMOTE): id for ref, id in refs.items() if ref.startswith(_REMOTE)}
    remote.pop(f"{_HEADS}HEAD", None)
    return found | remote


class _Clone:
    """Passes every read on; fetches nothing, writes nothing outside of its own directory."""

    def __init__(self, mirrors: GitMirrors, home: Repository, instead: Mapping[str, bytes]) -> None:
        self._mirrors, self._home, self._instead = mirrors, home, instead

    def __getattr__(self, name: str) -> Any:
        if name.startswith("push"):
            raise RefusedError("nothing is written here", status=403)
        return getattr(self._mirrors, name)

    def fetch(self, repository: Repository, refs: Sequence[str] = ()) -> None:  # noqa: ARG002 - the port
        if repository != self._home:
            raise NotFoundError(f"this is a clone of {self._home}; `lockkeeper plan {self._home}` asks GitHub")

    def read(self, repository: Repository, revision: str, path: str) -> bytes | None:
        """Read a file; the newest text of one that lies in the directory is that which counts."""
        if (found := self._instead.get(f"{revision}:{path}")) is not None:
            return found
        return self._mirrors.read(repository, revision, path)
