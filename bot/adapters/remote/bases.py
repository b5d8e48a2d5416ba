"""How does one commit of a public git repository get here, and no more than that?

Each pin has a bare repository of its own, which is complete or not there at all, and never changes again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.adapters import process
from bot.adapters.git.command import GitProgram, Remote, environment, words
from bot.adapters.git.objects import Caches, Objects
from bot.adapters.git.tree import GitTree
from bot.adapters.remote.web import FetchError, Resolve, checked, resolve
from bot.checks.remote import NotFetched, RemoteBase
from bot.errors import TransientError
from bot.model.address import address_of

DEADLINE = 60.0  # seconds for one fetch
LARGEST = 512 * 1024 * 1024  # bytes of one file that git writes, such as a pack
_NOT_THERE = re.compile(r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref", re.IGNORECASE)
_CLOSED = re.compile(
    r"could not read Username|Authentication|returned error: 40[0-9]|not found|unable to update url base|redirect",
    re.IGNORECASE,
)
_LARGE = re.compile(
    r"File too large|File size limit|fetch-pack: invalid index-pack output|index-pack died", re.IGNORECASE
)
_LIMITED = 'ulimit -f "$1" && shift && exec git "$@"'  # in blocks of 512 bytes, as POSIX has it


@dataclass(frozen=True, slots=True)
class Opened:
    """The tree of a base, and how to end the process that reads it; it starts again when it is needed."""

    tree: GitTree
    close: Callable[[], None]


class BaseRepositories:
    """The repositories of remote bases below a directory."""

    def __init__(self, directory: Path, *, deadline: float = DEADLINE, resolver: Resolve = resolve) -> None:
        self._directory, self._deadline, self._resolver = directory, deadline, resolver
        self._caches = Caches()

    def open(self, base: RemoteBase) -> Opened:
        """Return the tree of a base at its commit, fetched if it is not here. Raises FetchError."""
        name = f"{hashlib.sha256(base.url.encode()).hexdigest()[:16]}-{base.commit}.git"
        place = self._directory / name
        if not (place / "HEAD").is_file():
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = Path(tempfile.mkdtemp(dir=self._directory, prefix=".new-"))
            try:
                self._fetch(base, new)
                if not place.exists():  # another process may have been faster
                    new.rename(place)
            finally:
                shutil.rmtree(new, ignore_errors=True)
        objects = Objects(GitProgram(place), self._caches)
        tree = objects.find(base.commit, "tree")
        if tree is None:
            objects.close()
            raise FetchError(_missing(base))
        return Opened(GitTree(objects, tree, f"{base.url}@{base.commit[:12]}"), objects.close)

    def _fetch(self, base: RemoteBase, place: Path) -> None:
        program = GitProgram(place, self._deadline)
        program.run("init", "--quiet", "--bare", "--template=", str(place))
        remote = Remote(base.url)
        arguments = (
            *self._pinned(base), "fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules",
            "--end-of-options", base.url, base.commit,
        )  # fmt: skip
        try:
            done = process.run(
                ["/bin/sh", "-c", _LIMITED, "sh", str(LARGEST // 512), *arguments],
                cwd=place,
                timeout=self._deadline,
                env=environment(place, remote=remote),
            )
        except TransientError as error:
            words_ = f"{base.url} did not send it within {self._deadline:g} s"
            raise FetchError(NotFetched(words_, "ask for the check again later", "passing")) from error
        if done.status != 0:
            raise FetchError(_explained(words(done, remote), base))

    def _pinned(self, base: RemoteBase) -> tuple[str, ...]:
        """Return the setting that makes git connect where we looked first, and nowhere else (git-config(1))."""
        address = address_of(base.url)
        if address is None:
            raise FetchError(NotFetched(f"{base.url} is no address that is fetched from"))
        if address.is_number:
            return ()
        found = ",".join(f"[{one}]" if ":" in one else one for one in checked(address, self._resolver))
        return ("-c", f"http.curloptResolve={address.host}:{address.port}:{found}")


def _missing(base: RemoteBase) -> NotFetched:
    return NotFetched(f"{base.url} has no commit {base.commit}", "pin a commit that it has", "wrong")


def _explained(said: str, base: RemoteBase) -> NotFetched:
    if _NOT_THERE.search(said):
        return _missing(base)
    if _CLOSED.search(said):
        words_ = f"{base.url} is not public, or moved; no credentials are sent and no redirects followed"
        return NotFetched(words_, "name a repository that is public by the address that it has now")
    if _LARGE.search(said):
        return NotFetched(f"{base.url} is larger than {LARGEST // 1024 // 1024} MB at that commit")
    last = " ".join(said.split())[-200:]
    return NotFetched(f"{base.url} cannot be fetched from: {last}", "ask for the check again later", "passing")
