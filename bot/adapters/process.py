"""How is another program run: by which arguments, in which environment, for how long, and what did it say?

This is the only door to `subprocess`. A child gets an argument list (never a shell line), a directory, a
deadline, and an environment that starts empty: nothing of our own environment but PATH reaches it.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO

from bot.errors import TransientError, UserError

MAX_OUTPUT = 256 * 1024 * 1024
_CHUNK = 64 * 1024
_NOTHING: Mapping[str, str] = MappingProxyType({})
_CREDENTIALS = re.compile(r"://[^/\s@]*:[^/\s@]*@|https?://[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended: exit status (negative: the signal that ended it) and both its outputs."""

    status: int
    stdout: bytes
    stderr: bytes


class OutputTooLargeError(UserError):
    """A program wrote more than the caller is willing to hold in memory."""


def run(  # noqa: PLR0913 - one door for all, and everything but argv goes by name
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    env: Mapping[str, str] = _NOTHING,
    input: bytes | None = None,
    max_output: int = MAX_OUTPUT,
) -> Completed:
    """Run a program to its end and return its exit status and outputs.

    Any exit status is the caller's to judge.

    `timeout` is in seconds and covers everything until the program has exited and closed its outputs; then it
    and its whole process group are killed. `max_output` is in bytes, for each of the two outputs. HOME is an
    empty directory of its own, removed afterwards, unless `env` names one. `env` is added to the clean
    environment.

    Raises TransientError at the deadline, OutputTooLargeError, UserError when the program is not installed or
    `cwd` is missing, and ValueError when an argument holds credentials: other users can read arguments.
    """
    name = _name(argv)
    with _home(env) as home:
        process = _start(
            argv,
            cwd=cwd,
            env={**_clean(home), **env},
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            stdout, stderr = _talk(process, name, input or b"", time.monotonic() + timeout, max_output)
        except _DeadlineError:
            raise TransientError(f"{_name(argv)} did not finish within {timeout:g} s and was stopped") from None
        finally:
            _end(process)
        return Completed(process.returncode, stdout, stderr)


class Child:
    """A long-lived program with pipes at its standard input and output. Closing kills its process group."""

    def __init__(self, process: subprocess.Popen[bytes], home: contextlib.ExitStack) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a child needs pipes at both ends")
        self._process, self._home = process, home
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def status(self) -> int | None:
        """Return the exit status (negative: the signal), or None while the program runs."""
        return self._process.poll()

    def close(self) -> int:
        """Kill what is left of the program, give back everything it held, and return its exit status."""
        _end(self._process)
        self._home.close()
        return self._process.returncode

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def spawn(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] = _NOTHING, stderr: IO[bytes] | None = None
) -> Child:
    """Start a long-lived program with unbuffered pipes; the caller closes it.

    `stderr` is an open file that receives the standard error (default: thrown away). Environment, HOME, process
    group and refusals are those of `run`.
    """
    with contextlib.ExitStack() as stack:
        process = _start(
            argv,
            cwd=cwd,
            env={**_clean(stack.enter_context(_home(env))), **env},
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL if stderr is None else stderr,
        )
        return Child(process, stack.pop_all())


class _DeadlineError(Exception):
    pass


def _home(env: Mapping[str, str]) -> contextlib.AbstractContextManager[str]:
    """Make an empty directory to be HOME, unless the caller names one."""
    if "HOME" in env:
        return contextlib.nullcontext(env["HOME"])
    return tempfile.TemporaryDirectory(prefix="lockkeeper-home-")


def _clean(home: str) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "LC_ALL": "C.UTF-8"}


def _name(argv: Sequence[str]) -> str:
    return Path(argv[0]).name


def _start(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: int, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    if isinstance(argv, str) or not argv:
        raise ValueError("argv is a list of arguments, never one line")
    if any(_CREDENTIALS.search(argument) for argument in argv):
        raise ValueError(f"an argument of {_name(argv)} holds credentials; pass them in the environment")
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            start_new_session=True,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        if not cwd.is_dir():
            raise UserError(f"the directory to run {_name(argv)} in is missing", where=str(cwd)) from error
        raise UserError(
            f"the program {_name(argv)} was not found", how=f"install {_name(argv)} or add it to PATH"
        ) from error


def _talk(process: subprocess.Popen[bytes], name: str, data: bytes, deadline: float, limit: int) -> tuple[bytes, bytes]:
    """Feed the input, collect both outputs until they are closed, and wait for the exit."""
    outputs: dict[IO[bytes], bytearray] = {one: bytearray() for one in (process.stdout, process.stderr) if one}
    left = memoryview(data)
    with selectors.DefaultSelector() as selector:
        for output in outputs:
            selector.register(output, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            for pipe in _ready(selector, deadline):
                if pipe is process.stdin:
                    left = _write(pipe, left)
                    if not left:
                        selector.unregister(pipe)
                        pipe.close()
                    continue
                chunk = os.read(pipe.fileno(), _CHUNK)
                if not chunk:
                    selector.unregister(pipe)
                outputs[pipe] += chunk
                if len(outputs[pipe]) > limit:
                    raise OutputTooLargeError(f"{name} wrote more than {limit} bytes and was stopped")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _DeadlineError from None
    stdout, stderr = (bytes(one) for one in outputs.values())
    return stdout, stderr


def _ready(selector: selectors.BaseSelector, deadline: float) -> Iterator[IO[bytes]]:
    left = deadline - time.monotonic()
    events = selector.select(max(0.0, left))
    if not events and deadline <= time.monotonic():
        raise _DeadlineError
    for key, _ in events:
        pipe = key.fileobj
        if not isinstance(pipe, int):
            yield pipe  # type: ignore[misc]  # we registered nothing but the pipes of the child


def _write(pipe: IO[bytes], left: memoryview) -> memoryview:
    """Write what the pipe takes and return the rest; a program that stopped reading has had enough."""
    try:
        return left[os.write(pipe.fileno(), left[:_CHUNK]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[len(left) :]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group unless its leader was already reaped (its number could be another's by then)."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
