"""How does the pool speak to one engine process, and how does it tell that the process is past saving?"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from bot.adapters import process
from bot.adapters.render import wire
from bot.adapters.render.order import TOO_DEEP
from bot.checks.documents import MAX_DEPTH

_START = 20.0  # seconds an engine may take to say hello
_MIB = 1024 * 1024
_MEMORY_WORDS = ("out of memory", "cannot allocate memory", "MemoryError", "pthread_create failed")
_AROUND = 10  # levels that an answer has around what was rendered
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool works here: `engine` is "library", "binary" or "none", `reason` says why there is none."""

    engine: str
    version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What renders here and what shuts it in.

    `landlock` is the kernel's ABI version, 0 without it; `netns` says that engines have a network namespace of their
    own. `trusted` says that an engine was seen to reach neither foreign files nor the network: without it, refuse
    pull requests from forks. `reason` says what is missing.
    """

    kustomize: Tool
    helm: Tool
    landlock: int = 0
    netns: bool = False
    trusted: bool = False
    reason: str = ""

    @property
    def tools(self) -> Sequence[tuple[str, Tool]]:
        """Return the tools by name."""
        return (("kustomize", self.kustomize), ("helm", self.helm))

    @property
    def words(self) -> str:
        """Return all of it in one line."""
        tools = " and ".join(f"{name} ({tool.engine}, {tool.version})" for name, tool in self.tools if tool.version)
        there = (("Landlock", self.landlock > 0), ("network namespace", self.netns))
        walls = " and ".join(name for name, holds in there if holds)
        return f"{tools or 'none'}, behind {walls or 'no walls'}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Walls:
    """What shuts an engine process in; see `Capabilities`."""

    landlock: int = 0
    netns: bool = False
    trusted: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tool is found: its shared library, or its program; neither when it is not there."""

    library: Path | None = None
    program: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits of one engine: `deadline` in seconds for one request, the others in bytes.

    An engine that ever held more than `retire` is replaced after its answer. `tools` says where "kustomize" and
    "helm" are found.
    """

    deadline: float
    memory: int
    retire: int
    output: int
    tools: Mapping[str, Place] = field(default_factory=dict)


class EngineError(Exception):
    """An engine ended without an answer: `message` says why, `how` to mend it."""

    def __init__(self, message: str, how: str = "") -> None:
        super().__init__(message)
        self.message, self.how = message, how


class _KilledError(Exception):
    """Someone else killed the engine; it may be asked again."""


class Worker:
    """One engine process at a time, started when needed and replaced when it dies, hangs or has grown fat."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scope: Path | None = None
        self._tool = ""
        self._child: process.Child | None = None
        self._prints: IO[bytes] | None = None
        self._walls = Walls()

    def distance(self, scope: Path | None, tool: str) -> int:
        """Say how far this worker is from serving with a tool ('' for any) in a directory (None for any).

        0 is ready, 1 and 2 are to be loaded and to be started, 3 is to be replaced.
        """
        if self._child is None:
            return 2
        if scope is not None and self._scope != scope:
            return 3
        return 0 if tool in ("", self._tool) else 1 if not self._tool else 3

    def walls(self, scope: Path | None) -> Walls:
        """Start an engine if none runs, and return what it said of itself. Raises EngineError."""
        self._start(scope, "")
        return self._walls

    def ask(self, scope: Path | None, tool: str, request: bytes) -> Any:
        """Send a request to an engine that may read `scope` (None for whatever it may read) and is to work with a
        tool ('' for none), and return its answer. Raises EngineError.
        """
        try:
            reply = self._ask(scope, tool, request)
        except _KilledError:
            try:
                reply = self._ask(scope, tool, request)
            except _KilledError:
                raise EngineError(
                    "not rendered: the rendering engine was killed twice", "look for an out-of-memory killer"
                ) from None
        peak, _, message = reply.partition(b"\n")
        if int(peak) > self._settings.retire:
            self.close()
        if wire.is_deeper(message, MAX_DEPTH + _AROUND):
            raise EngineError(TOO_DEEP)
        return orjson.loads(message)

    def close(self) -> None:
        """End the engine; the next request starts another."""
        self._tool = ""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._prints is not None:
            self._prints.close()
            self._prints = None

    def _ask(self, scope: Path | None, tool: str, request: bytes) -> bytes:
        child = self._start(scope, tool)
        deadline = time.monotonic() + self._settings.deadline
        try:
            wire.send(child.stdin.fileno(), request)
            return wire.receive(child.stdout.fileno(), limit=self._settings.output + 64, deadline=deadline)
        except wire.LateError:
            self.close()
            raise EngineError(
                f"not rendered: it took longer than {self._settings.deadline:g} s and was stopped",
                "split it into smaller parts",
            ) from None
        except wire.TooLargeError:
            self.close()
            raise EngineError("not rendered: the manifests are too large") from None
        except wire.ClosedError:
            raise self._obituary(child) from None
        except BaseException:
            self.close()  # half a conversation: the next request must not read the rest of this answer
            raise

    def _obituary(self, child: process.Child) -> Exception:
        """Say why an engine hung up, from its exit status and what it printed last."""
        status = child.close()
        words = self._printed()
        self.close()
        if status == -9 and not words:
            return _KilledError()
        if any(word in words for word in _MEMORY_WORDS):
            return EngineError(
                f"not rendered: it needs more than {self._settings.memory // _MIB} MB of memory",
                "look for YAML aliases, loops or generators that expand to very much",
            )
        return EngineError(f"not rendered: the rendering engine died: {_gist(words, status)}")

    def _printed(self) -> str:
        if self._prints is None:
            return ""
        return os.pread(self._prints.fileno(), 64 * 1024, 0).decode("utf-8", "replace")

    def _start(self, scope: Path | None, tool: str) -> process.Child:
        """Return a running engine that may read `scope` and has loaded no other tool."""
        scope = scope or self._scope or Path(os.devnull)
        if self._child is not None and self.distance(scope, tool) < 2 and self._child.status() is None:
            self._tool = tool or self._tool
            return self._child
        self.close()
        self._prints = tempfile.TemporaryFile(prefix="lockkeeper-engine-")  # noqa: SIM115 - lives as the engine
        child = process.spawn(
            [sys.executable, "-P", "-s", "-m", "bot.adapters.render.engine", _settings(self._settings, scope)],
            cwd=Path("/"),
            env=_environment(self._settings),
            stderr=self._prints,
        )
        self._child, self._scope, self._tool = child, scope, tool
        try:
            hello = orjson.loads(wire.receive(child.stdout.fileno(), limit=_MIB, deadline=time.monotonic() + _START))
        except (wire.LateError, wire.ClosedError, wire.TooLargeError):
            status = child.close()
            gist = _gist(self._printed(), status)
            self.close()
            raise EngineError(f"not rendered: the rendering engine does not start: {gist}") from None
        self._walls = Walls(**hello)
        return child


def _settings(settings: Settings, scope: Path) -> str:
    tools = {
        name: {"library": str(place.library or ""), "program": str(place.program or "")}
        for name, place in settings.tools.items()
    }
    words = {
        "readable": [str(scope)],
        "programs": [one["program"] for one in tools.values() if one["program"]],
        "tools": tools,
        "memory": settings.memory,
        "output": settings.output,
        "deadline": settings.deadline,
    }
    return orjson.dumps(words).decode()


def _gist(words: str, status: int) -> str:
    """Pick the line that tells: Go prints it first, Python last."""
    lines = [line.strip() for line in words.splitlines() if line.strip()] or [f"exit status {status}"]
    return (lines[-1] if lines[0].startswith("Traceback") else lines[0])[:500]


def _environment(settings: Settings) -> Mapping[str, str]:
    """Bare, and every way to the network that goes by a variable leads nowhere."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    return {
        **proxies,
        "NO_PROXY": "",
        "PATH": "/nonexistent",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GOMAXPROCS": "1",
        "GOGC": "800",
        "GOMEMLIMIT": str(settings.memory * 3 // 4),
        "GOTRACEBACK": "none",
        "KUBECONFIG": "/nonexistent",
    }
