"""How is git asked for many objects, one after the other, at the price of one process?

`git cat-file --batch-command` (git-cat-file(1)) answers as long as it is asked. It is started when it is needed,
again when it died, and anew in a process that was forked; objects that were fetched meanwhile it finds by itself.
"""

from __future__ import annotations

import os
import select
import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import IO, Generic, NamedTuple, TypeVar

from bot.adapters import process
from bot.adapters.git.command import GitError, GitProgram
from bot.errors import TransientError

T = TypeVar("T")
_AT_ONCE = 256  # questions written before the first answer is read: fewer bytes than a pipe takes
_CHUNK = 256 * 1024
_CONTENTS = "contents "


class Answer(NamedTuple):
    """One object: its id, git's word for its type, its size in bytes, and its content if it was asked for.

    `data` is None where only the rest was asked for, or where the content is longer than the asker wants.
    """

    id: str
    type: str
    size: int
    data: bytes | None


class PerProcess(Generic[T]):
    """A value that a forked process makes for itself, such as a lock that another thread may hold at that moment."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[int, T] = {}

    def get(self) -> T:
        """Return this process's own value; it is made at the first call."""
        pid = os.getpid()
        found = self._made.get(pid)
        return self._made.setdefault(pid, self._make()) if found is None else found


class _GoneError(Exception):
    """The program ended before it answered."""


class Channel:
    """The conversation with one `git cat-file`. Several threads may ask; they take turns."""

    def __init__(self, program: GitProgram) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._child: process.Child | None = None
        self._errors: IO[bytes] | None = None
        self._read = bytearray()

    def ask(self, commands: Sequence[str], limit: int) -> Sequence[Answer | None]:
        """Put `info NAME` and `contents NAME` commands; return an answer for each, None for what git does not have.

        Contents longer than `limit` bytes are not read. GitError when git cannot go on, TransientError when it does
        not answer in time.
        """
        found: list[Answer | None] = []
        failures = 0
        with self._lock:
            try:
                while len(found) < len(commands):
                    try:
                        self._converse(commands[len(found) : len(found) + _AT_ONCE], limit, found)
                    except _GoneError:
                        failures += 1
                        self._explain(failures)
            except BaseException:  # whatever it is, the next answer could be that of another question
                self._end()
                raise
        return found

    def close(self) -> None:
        """End the program; the next question starts it again."""
        with self._lock:
            self._end()

    def _converse(self, commands: Sequence[str], limit: int, found: list[Answer | None]) -> None:
        """Put the questions and collect answers, up to the first whose content is too long."""
        child = self._child or self._start()
        data = memoryview(b"".join(os.fsencode(f"{command}\n") for command in commands))
        try:
            while data:
                data = data[os.write(child.stdin.fileno(), data) :]
        except BrokenPipeError:
            raise _GoneError from None
        for command in commands:
            answer = self._answer(command.startswith(_CONTENTS), limit)
            found.append(answer)
            if answer is not None and answer.data is None and command.startswith(_CONTENTS):
                self._end()  # cheaper than to read it all
                return

    def _answer(self, contents: bool, limit: int) -> Answer | None:
        header = self._line().split(b" ")
        if len(header) != 3 or not header[2].isdigit():
            return None  # "… missing", "… ambiguous"
        name, kind, size = header[0].decode(), header[1].decode(), int(header[2])
        if not contents or size > limit:
            return Answer(name, kind, size, None)
        data = self._bytes(size)
        self._bytes(1)  # a newline ends the content
        return Answer(name, kind, size, data)

    def _line(self) -> bytes:
        while (end := self._read.find(b"\n")) < 0:
            self._more()
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def _bytes(self, size: int) -> bytes:
        while len(self._read) < size:
            self._more()
        data = bytes(memoryview(self._read)[:size])
        del self._read[:size]
        return data

    def _more(self) -> None:
        if self._child is None:
            raise _GoneError
        descriptor = self._child.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(self._program.timeout * 1000):
            raise TransientError(f"git cat-file did not answer within {self._program.timeout:g} s and was stopped")
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            raise _GoneError
        self._read += chunk

    def _start(self) -> process.Child:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the program runs
        git_dir = self._program.git_dir
        self._child = process.spawn(
            ["git", "cat-file", "--batch-command"], cwd=git_dir, env=self._program.environment(), stderr=self._errors
        )
        return self._child

    def _said(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read(100_000).decode(errors="replace").strip()[-2000:]

    def _explain(self, failures: int) -> None:
        """Make ready for another try; once that failed too, raise what git said."""
        words = self._said()
        status = self._end()
        if failures < 2:
            return
        if status < 0 and not words:
            raise TransientError(f"git cat-file was ended by signal {-status}")
        raise GitError("cat-file", status, words)

    def _end(self) -> int:
        status = self._child.close() if self._child else 0
        self._child = None
        self._read.clear()
        if self._errors is not None:
            self._errors.close()
        self._errors = None
        return status
