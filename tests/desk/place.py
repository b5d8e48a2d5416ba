"""A directory somebody works in, with real git, and the real command run in it as a process of its own."""

from __future__ import annotations

import atexit
import os
import pty
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.desk.forked import Reader
from tests.flows.repository import Files, files

ROOT = Path(__file__).resolve().parents[2]
_READER = Reader()
atexit.register(_READER.close)
_CLI = "from bot.cli import main; main(prog_name='lockkeeper')"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, what it wrote to standard output and to standard error."""

    status: int
    out: str
    err: str


class Desk:
    """A directory to work in; `home` is the user's, with nothing set."""

    def __init__(self, top: Path, home: Path, cache: Path) -> None:
        self.top, self.home, self.cache = top, home, cache
        top.mkdir(parents=True, exist_ok=True)
        home.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Return a bare environment in which git and our command find what they need."""
        who = {
            f"GIT_{role}_{part}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
        }
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LOCKKEEPER_CACHE": str(self.cache),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **who,
            **more,
        }

    def write(self, changes: Files) -> None:
        """Write files; None removes one."""
        for path, text in changes.items():
            place = self.top / path
            if text is None:
                place.unlink()
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.top, env=self.environment(), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, changes: Files, message: str = "change") -> str:
        """Write files and commit all there is."""
        self.write(changes)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def begin(self, changes: Files | None = None) -> None:
        """Make a repository with the usual files on main."""
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit(files() if changes is None else changes, "begin")

    def run(self, *arguments: str, cwd: Path | None = None, **environment: str) -> Ended:
        """Run our command with its outputs in files, as a process of its own."""
        if any(name.startswith("PYTHON") for name in environment):  # how it begins is what is asked about
            return self._start(arguments, environment)
        with tempfile.TemporaryDirectory() as directory:
            outputs = Path(directory) / "out", Path(directory) / "err"
            status = _READER.run(arguments, cwd or self.top, self.environment(**environment), outputs)
            ended = Ended(status, *(one.read_bytes().decode() for one in outputs))
        assert "Traceback" not in ended.err, ended.err
        return ended

    def _start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Ended:
        done = subprocess.run(
            [sys.executable, "-c", _CLI, *arguments],
            cwd=self.top,
            env=self.environment(**environment),
            capture_output=True,
            timeout=100,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def on_terminal(self, *arguments: str, **environment: str) -> Ended:
        """Run our command with both outputs on a terminal; what it wrote is all in `out`."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen(
            [sys.executable, "-c", _CLI, *arguments],
            cwd=self.top,
            env=self.environment(TERM="xterm", **environment),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 100)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:  # on Linux, once the other end is closed
                break
            if not data:
                break
            seen += data
        os.close(ours)
        return Ended(child.wait(timeout=10), seen.decode(errors="replace"), "")
