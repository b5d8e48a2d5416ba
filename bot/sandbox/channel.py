"""How is git asked for many small things at the price of one process? It stays, and answers line after line."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import IO

CAT_FILE = ("cat-file", "--batch-command")
UPDATE_REF = ("update-ref", "--stdin")


class GoneError(Exception):
    """git ended, or did not answer in its own words; the next question starts it again."""


class Channel:
    """A `git` that stays: git-cat-file(1) with `--batch-command`, or git-update-ref(1) with `--stdin`.

    It is started by the first question. Several threads may ask; they take turns.
    """

    def __init__(self, path: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._path, self._arguments, self._environment = path, arguments, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def object(self, name: str, *, content: bool = True) -> tuple[str, str, bytes] | None:
        """Ask `cat-file` for an object: (id, kind, content), the content empty where only the rest is wanted."""
        with self._lock:
            stdin, stdout = self._pipes()
            _write(stdin, f"{'contents' if content else 'info'} {name}\n".encode())
            words = self._line(stdout).split(" ")
            if len(words) != 3 or not words[2].isdigit():
                return None  # "… missing", "… ambiguous"
            data = stdout.read(int(words[2]) + 1)[:-1] if content else b""
            return words[0], words[1], data

    def update(self, command: str) -> bool:
        """Have `update-ref` carry out one command ("update REF ID", "delete REF"); False when git refuses."""
        with self._lock:
            stdin, stdout = self._pipes()
            try:
                for part, said in ((f"start\n{command}\nprepare\n", ("start: ok", "prepare: ok")),
                                   ("commit\n", ("commit: ok",))):  # fmt: skip
                    _write(stdin, part.encode())
                    if any(self._line(stdout) != word for word in said):
                        raise GoneError
            except GoneError:
                self._end()
                return False
            return True

    def close(self) -> None:
        """End the process; the next question starts it again."""
        with self._lock:
            self._end()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                ["git", *self._arguments],
                cwd=self._path,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        return process.stdin, process.stdout

    def _line(self, stdout: IO[bytes]) -> str:
        line = stdout.readline()
        if not line.endswith(b"\n"):
            raise GoneError
        return line[:-1].decode(errors="replace")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _write(stdin: IO[bytes], data: bytes) -> None:
    try:
        stdin.write(data)
        stdin.flush()
    except OSError as error:
        raise GoneError from error
