"""How does a bare copy of a repository stay true to GitHub, whoever else uses it and whatever broke it?

A mirror holds the branches, and of other refs those that somebody asked for. One lock file per mirror admits
one fetch, push or repair at a time, among threads and processes; readers need none. A mirror in which git met
damage is marked, examined at the next fetch, and cloned afresh when the damage is real.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters import process
from bot.adapters.git.command import GitError, GitProgram, Remote
from bot.adapters.git.names import branch_ref, checked_ref
from bot.adapters.git.records import lease, noted, refspecs
from bot.errors import NotFoundError, RefusedError, TransientError
from bot.ports import RefMove

FETCH_TIMEOUT = 600.0
PUSH_TIMEOUT = 180.0
LOCK_TIMEOUT = 900.0

_HEADS = "+refs/heads/*:refs/heads/*"
_TAGS = "refs/tags/*"
_RECORDS = "+refs/lockkeeper/*:refs/lockkeeper/*"
_STALE_LOCK = re.compile(r"\.lock'?: File exists|Unable to create '[^']*\.lock'")
_NO_SUCH_REF = re.compile(r"couldn't find remote ref (\S+)")
_HTTP_STATUS = re.compile(r"(?:returned error: |HTTP )(\d{3})")
_REMOTE_TROUBLE = re.compile(
    r"unable to access|remote error|RPC failed|hung up|ould not read from remote|couldn't find remote"
)
_GONE = re.compile(r"[Rr]epository (?:'[^']*' )?not found|does not appear to be a git repository|No such file")
_LOGIN = re.compile(r"could not read Username|Authentication failed|terminal prompts disabled")
_RACE = re.compile(
    r"stale info|fetch first|non-fast-forward|reference already exists|cannot lock ref"
    r"|failed to update ref|failed to lock|incorrect old value|remote ref updated since|atomic"
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """The bare copy of one repository at `path` (`….git`), and how to reach the original."""

    path: Path
    remote: Callable[[], Remote]
    called: str  # owner/name, for messages

    @property
    def program(self) -> GitProgram:
        return GitProgram(self.path)

    def exists(self) -> bool:
        return (self.path / "HEAD").is_file()

    def mark_damaged(self) -> None:
        """Ask the next fetch to examine the mirror."""
        with contextlib.suppress(OSError):
            (self.path / "suspect").touch()

    def fetch(self, refs: Sequence[str] = ()) -> None:
        """Bring the branches and the named refs (`refs/pull/7/head`) up to date; gone branches go here too.

        `refs/tags/*` names all tags, and those that are gone go as well.

        NotFoundError when the repository or a named ref is not there, RefusedError when we may not read it,
        TransientError when GitHub did not answer.
        """
        named = [ref if ref == _TAGS else checked_ref(ref) for ref in refs if not _is_head(ref)]
        refspecs = [_HEADS, _RECORDS, *(f"+{ref}:{ref}" for ref in named)]
        with self.locked():
            remote = self.remote()
            if not self.exists() or self._is_damaged():
                self._clone(remote, refspecs)
                return
            try:
                _fetch(self.program, remote, refspecs)
            except GitError as error:
                if _STALE_LOCK.search(error.words):  # left by a git that was killed: we alone hold the mirror
                    self._remove_stale_locks()
                    self._fetch_or_explain(self.program, remote, refspecs)
                elif error.damage and not _is_remote_trouble(error):
                    self._clone(remote, refspecs)
                else:
                    raise self._explained(error) from error

    def push(self, branch: str, commit: str, expected: str | None) -> bool:
        """Move a branch on GitHub from `expected` (None: absent) to `commit`; False when it is there already.

        TransientError when the branch moved meanwhile, RefusedError when GitHub's rules do not let us.
        """
        return self.push_ref(branch_ref(branch), commit, expected, f"the branch {branch}")

    def push_ref(self, ref: str, id: str, expected: str | None, called: str) -> bool:
        """Move any ref as `push` does a branch; `called` names it in messages."""
        with self.locked():
            remote = self.remote()
            completed = self.program.run(
                "push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
                "--no-signed", f"--force-with-lease={ref}:{expected or ''}", "--", remote.url,
                f"{id}:{ref}", remote=remote, timeout=PUSH_TIMEOUT, ok=(0, 1, 128),
            )  # fmt: skip
            moved = self._pushed(completed, called, ref)
            self.program.run("update-ref", "--no-deref", ref, id)
            return moved

    def push_records(self, moves: Sequence[RefMove]) -> None:
        """Move refs on GitHub from where they are expected, all of them or none.

        TransientError when one of them is elsewhere, RefusedError when GitHub's rules do not let us.
        """
        with self.locked():
            remote = self.remote()
            completed = self.program.run(
                "push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
                "--no-signed", *lease(moves), "--", remote.url, *refspecs(moves),
                remote=remote, timeout=PUSH_TIMEOUT, ok=(0, 1, 128),
            )  # fmt: skip
            self._all_pushed(completed, moves)
            self.program.run("update-ref", "--no-deref", "--stdin", input=noted(moves))

    def tidy(self) -> None:
        """Let git pack what has gathered and drop what nothing has named for two weeks."""
        with self.locked():
            if self.exists():
                self.program.run("-c", "gc.auto=2000", "gc", "--auto", "--quiet", timeout=FETCH_TIMEOUT)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the mirror; TransientError when somebody else held it for a quarter of an hour."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        deadline = time.monotonic() + LOCK_TIMEOUT
        with self.path.with_suffix(".lock").open("wb") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise TransientError(f"the mirror of {self.called} is in use") from None
                    time.sleep(0.02)
            yield

    def _is_damaged(self) -> bool:
        """Examine a mirror that somebody marked."""
        mark = self.path / "suspect"
        if not mark.exists():
            return False
        try:
            self.program.run("fsck", "--no-dangling", "--no-progress", "--no-reflogs", timeout=FETCH_TIMEOUT)
        except GitError:
            return True
        mark.unlink(missing_ok=True)
        return False

    def _clone(self, remote: Remote, refspecs: Sequence[str]) -> None:
        """Make the mirror afresh beside the old one, and only then put it in its place."""
        with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=f"{self.path.stem}.new-") as beside:
            fresh, old = Path(beside) / "fresh", Path(beside) / "old"
            fresh.mkdir()
            program = GitProgram(fresh)
            program.run("init", "--bare", "--quiet", "--template=")
            self._fetch_or_explain(program, remote, refspecs)
            with contextlib.suppress(FileNotFoundError):
                self.path.rename(old)
            fresh.rename(self.path)
            shutil.rmtree(old, ignore_errors=True)

    def _fetch_or_explain(self, program: GitProgram, remote: Remote, refspecs: Sequence[str]) -> None:
        try:
            _fetch(program, remote, refspecs)
        except GitError as error:
            raise self._explained(error) from error

    def _remove_stale_locks(self) -> None:
        for lock in (*self.path.glob("*.lock"), *(self.path / "refs").rglob("*.lock")):
            lock.unlink(missing_ok=True)

    def _all_pushed(self, completed: process.Completed, moves: Sequence[RefMove]) -> None:
        """Raise what stood in the way of a push of all or none; the others say only that it failed."""
        errors: list[RefusedError | TransientError] = []
        for move in moves:
            try:
                self._pushed(completed, f"the record {move.ref}", move.ref)
            except (RefusedError, TransientError) as error:
                errors.append(error)
        if errors:
            raise min(errors, key=lambda error: "atomic" in str(error))

    def _pushed(self, completed: process.Completed, what: str, ref: str) -> bool:
        """Read what `git push --porcelain` reported on one ref (git-push(1), OUTPUT)."""
        said = completed.stderr.decode(errors="replace").strip()
        for line in completed.stdout.decode(errors="replace").splitlines():
            flag, tab, rest = line.partition("\t")
            if not tab or not rest.partition("\t")[0].endswith(f":{ref}"):
                continue
            if flag == "=":
                return False
            if flag != "!":
                return True
            summary = rest.partition("\t")[2]
            if _RACE.search(summary):
                raise TransientError(f"{what} of {self.called} moved meanwhile: {summary}")
            raise RefusedError(
                f"GitHub refused to move {what} of {self.called}",
                status=403,
                reason="\n".join(filter(None, (summary, said)))[-2000:],
                how="let Lockkeeper's App push there, or exempt it from the rule that GitHub names",
            )
        raise self._explained(GitError("push", completed.status, said))

    def _explained(self, error: GitError) -> Exception:
        """Translate what git said about the other side."""
        status = next((int(found) for found in _HTTP_STATUS.findall(error.words)), 0)
        if missing := _NO_SUCH_REF.search(error.words):
            return NotFoundError(f"{self.called} has no ref {missing[1]}", reason=error.words)
        if status == 404 or _GONE.search(error.words):
            return NotFoundError(
                f"GitHub does not show us the repository {self.called}",
                reason=error.words,
                how="check its name, and that the App is installed on it",
            )
        if status in (401, 403) or _LOGIN.search(error.words):
            return RefusedError(
                f"GitHub does not let us read or write {self.called}",
                status=status or 401,
                reason=error.words,
                how="give the App the permission Contents: read and write",
            )
        if error.damage and not _is_remote_trouble(error):
            self.mark_damaged()
        return TransientError(f"git {error} (repository {self.called})")


def _fetch(program: GitProgram, remote: Remote, refspecs: Sequence[str]) -> None:
    program.run(
        "fetch", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
        "--no-recurse-submodules", "--no-show-forced-updates", "--quiet", "--", remote.url, *refspecs,
        remote=remote, timeout=FETCH_TIMEOUT,
    )  # fmt: skip


def _is_head(ref: str) -> bool:
    return ref.startswith("refs/heads/")


def _is_remote_trouble(error: GitError) -> bool:
    """Say whether git complains about the network or the other side rather than the mirror."""
    return _REMOTE_TROUBLE.search(error.words) is not None
