"""How are questions put to the Rego process, and what if it takes too long, or dies?

A program that ends its process costs a few seconds and its own answers; the others are asked again in a new process.
What was answered before is not asked again: both sides of a change, and most of its applications, are the same.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import orjson

from bot.adapters import process
from bot.adapters.render import wire
from bot.policy.gatekeeper.rego import ABSENT, INSTALL, Answer, Program, Question, Said, Trouble

_MIB = 1024 * 1024
_START = 20.0  # seconds a process may take to say hello
_CHUNK = 250  # reviews of one question to the process
_KEPT = 200_000  # answers that are remembered
_PAUSE = 60.0  # seconds that a program is left alone for once it ended too many processes
_MOST_PROGRAMS = 500  # that a process holds before another one takes its place
_NO_TIME = "Rego took too much time in all, so what was left was not asked"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process gets: seconds for one question of up to 250 reviews, and for all of one exchange; bytes.

    `ends` is how many processes a program may end before it is left alone for a minute. `walls` is False in tests
    only.
    """

    deadline: float = 5.0
    total: float = 60.0
    memory: int = 512 * _MIB
    output: int = 16 * _MIB
    ends: int = 2
    walls: bool = True


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question: which of its reviews (by their place in the question) are still to be answered."""

    question: int
    places: tuple[int, ...]


class WalledRego:
    """`bot.policy.gatekeeper.rego.Rego` in a process of its own, started when first needed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._memory: dict[tuple[bytes, bytes], Said] = {}
        self._ended: dict[bytes, list[float]] = {}
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._child: process.Child | None = None
        self._prints: IO[bytes] | None = None
        self._sent: set[str] = set()  # the programs that the process has
        self._inventory = b""
        self.version, self._hello = "", ""

    @property
    def absent(self) -> str:
        """Why there is no engine here; nothing is started to find out."""
        return "" if find_spec("regorus") else f"{ABSENT}: {INSTALL}"

    def words(self) -> str:
        """Start the engine, and say in one line which it is, or why there is none."""
        if self.absent:
            return f"none ({self.absent})"
        with self._lock:
            problem = self._start()
            return f"none ({problem})" if problem else f"regorus {self.version}"

    def ask(
        self, questions: Sequence[Question], reviews: Sequence[bytes], inventory: bytes = b"{}"
    ) -> Sequence[Answer]:
        """Answer every question, from memory as far as it goes; see the protocol."""
        if self.absent:
            return [Answer(trouble=Trouble("not evaluable here", self.absent)) for _ in questions]
        with self._lock:
            return _Exchange(self, questions, reviews, inventory).answers()

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._pid == os.getpid() and self._child is not None:
            self._child.close()
        if self._prints is not None:
            self._prints.close()
        self._reset()

    def __enter__(self) -> WalledRego:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> str:
        """See that a process runs; return why none does."""
        if self._pid != os.getpid():
            self._inherited = self._child  # kept, so that nothing here ends the process of another one
            self._reset()
        if self._child is not None and self._child.status() is None:
            return ""
        self.close()
        limits = self._limits
        self._prints = tempfile.TemporaryFile(prefix="lockkeeper-rego-")  # noqa: SIM115 - lives as the process
        settings = {"deadline": limits.deadline, "memory": limits.memory, "walls": limits.walls}
        self._child = process.spawn(
            [sys.executable, "-P", "-s", "-m", "bot.adapters.rego.engine", orjson.dumps(settings).decode()],
            cwd=Path("/"),
            env={
                "PATH": "/nonexistent",
                "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stderr=self._prints,
        )
        try:
            hello = orjson.loads(self._receive(time.monotonic() + _START))
        except (wire.LateError, wire.ClosedError, wire.TooLargeError):
            said = self.printed()
            self.close()
            return f"the Rego engine does not start: {said}"
        self.version, self._hello = hello["version"], hello["absent"]
        return f"{ABSENT}: {self._hello}" if self._hello else ""

    def send(self, request: Mapping[str, Any]) -> str:
        """Send a request; return why it cannot be sent."""
        problem = self._start()
        if problem or self._child is None:
            return problem
        try:
            wire.send(self._child.stdin.fileno(), orjson.dumps(request))
        except wire.ClosedError:
            return "the Rego engine died before it was asked"
        return ""

    def _receive(self, deadline: float) -> bytes:
        if self._child is None:
            raise wire.ClosedError
        return wire.receive(self._child.stdout.fileno(), limit=self._limits.output, deadline=deadline)

    def receive(self, left: float) -> dict[str, Any] | str:
        """Return the next answer, or why there will be none; then the process is gone."""
        limits = self._limits
        deadline = min(limits.deadline, max(left, 0.1))
        try:
            found: dict[str, Any] = orjson.loads(self._receive(time.monotonic() + deadline))
            return found
        except wire.LateError:
            words = f"it took longer than {deadline:.2g} s and was stopped"
        except wire.TooLargeError:
            words = "its answer is too large"
        except wire.ClosedError:
            words = self._obituary()
        except BaseException:
            self.close()  # half a conversation: the next question must not read the rest of this answer
            raise
        self.close()
        return words

    def _obituary(self) -> str:
        status = self._child.close() if self._child is not None else 0
        said = self.printed()
        if "memory allocation" in said or "MemoryError" in said or status == -6:
            return f"it needs more than {self._limits.memory // _MIB} MB of memory"
        if status == -11:
            return "it ended the engine: perhaps a function of it calls itself without end"
        return f"it ended the engine: {said or f'status {status}'}"

    def printed(self) -> str:
        """Return the last line that the process printed."""
        if self._prints is None:
            return ""
        lines = os.pread(self._prints.fileno(), 64 * 1024, 0).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


class _Exchange:
    """One exchange: questions, what is known of their answers, and what is still to be asked."""

    def __init__(
        self, engine: WalledRego, questions: Sequence[Question], reviews: Sequence[bytes], inventory: bytes
    ) -> None:
        self._engine, self._questions, self._reviews, self._inventory = engine, questions, reviews, inventory
        self._limits = engine._limits
        self._until = time.monotonic() + self._limits.total
        self._marks = [_digest(one) for one in reviews]
        around = _digest(inventory)
        names: dict[Program, str] = {}
        self._names = [names.setdefault(one.program, _named(one.program)) for one in questions]
        self._keys = [
            _digest(name.encode(), one.parameters, around if one.program.inventory else b"")
            for name, one in zip(self._names, questions, strict=True)
        ]
        self._said: list[list[Said | None]] = []
        self._trouble: dict[int, Trouble] = {}

    def answers(self) -> Sequence[Answer]:
        """Ask what is not known, and return all answers."""
        parts = list(self._parts())
        while parts:
            parts = self._round(parts)
        return [
            Answer(trouble=self._trouble[at]) if at in self._trouble else Answer(tuple(one or Said() for one in said))
            for at, said in enumerate(self._said)
        ]

    def _parts(self) -> Iterator[_Part]:
        """Fill in what is known; yield what is to be asked."""
        memory = self._engine._memory
        for at, question in enumerate(self._questions):
            key = self._keys[at]
            said = [memory.get((key, self._marks[review])) for review in question.reviews]
            self._said.append(said)
            missing = [place for place, one in enumerate(said) if one is None]
            if not question.reviews and (key, b"") not in memory:
                yield _Part(at, ())
            for start in range(0, len(missing), _CHUNK):
                yield _Part(at, tuple(missing[start : start + _CHUNK]))

    def _round(self, parts: list[_Part]) -> list[_Part]:
        """Ask; return what is left to be asked again, because the process ended before its turn came."""
        parts = [one for one in parts if one.question not in self._trouble and not self._is_left_alone(one)]
        if not parts:
            return []
        problem = self._engine.send(self._request(parts))
        if problem:
            self._fail(parts, Trouble("not evaluable here", problem))
            return []
        for done, part in enumerate(parts):
            if time.monotonic() > self._until:
                self._engine.close()
                self._fail(parts[done:], Trouble("error", _NO_TIME))
                return []
            answer = self._engine.receive(self._until - time.monotonic())
            if isinstance(answer, str):
                self._end(part, answer)
                return parts[done + 1 :]
            self._take(part, answer)
        return []

    def _request(self, parts: Sequence[_Part]) -> Mapping[str, Any]:
        """Put together what the process needs and has not."""
        engine = self._engine
        if len(engine._sent) > _MOST_PROGRAMS:
            engine.close()
        engine._start()
        numbers: dict[int, int] = {}
        asked = []
        for part in parts:
            question = self._questions[part.question]
            wanted = [question.reviews[place] for place in part.places]
            asked.append(
                {
                    "program": self._names[part.question],
                    "parameters": question.parameters.decode(),
                    "reviews": [numbers.setdefault(one, len(numbers)) for one in wanted],
                }
            )
        programs = {self._names[one.question]: self._questions[one.question].program for one in parts}
        new = {name: _written(program) for name, program in programs.items() if name not in engine._sent}
        engine._sent.update(new)
        around = any(program.inventory for program in programs.values()) and engine._inventory != self._inventory
        if around:
            engine._inventory = self._inventory
        return {
            "programs": new,
            "reviews": [self._reviews[one].decode() for one in numbers],
            "inventory": self._inventory.decode() if around else None,
            "questions": asked,
        }

    def _take(self, part: _Part, answer: Mapping[str, Any]) -> None:
        if "broken" in answer:
            self._trouble[part.question] = Trouble("error", answer["broken"])
            return
        memory, key = self._engine._memory, self._keys[part.question]
        if len(memory) > _KEPT:
            memory.clear()
        reviews = self._questions[part.question].reviews
        for place, found in zip(part.places, answer["said"], strict=True):
            said = (
                Said(tuple(found)) if isinstance(found, list) else Said(trouble=Trouble(found["kind"], found["text"]))
            )
            self._said[part.question][place] = said
            memory[key, self._marks[reviews[place]]] = said
        if not part.places:
            memory[key, b""] = Said()

    def _fail(self, parts: Sequence[_Part], trouble: Trouble) -> None:
        for part in parts:
            self._trouble.setdefault(part.question, trouble)

    def _end(self, part: _Part, words: str) -> None:
        """Note that a question ended the process."""
        self._trouble[part.question] = Trouble("error", words)
        ended = self._engine._ended
        if len(ended) > 1000:
            ended.clear()
        ended.setdefault(self._keys[part.question], []).append(time.monotonic())

    def _is_left_alone(self, part: _Part) -> bool:
        """Say whether a program has just ended too many processes to be tried again; then note that."""
        since = time.monotonic() - _PAUSE
        recent = [one for one in self._engine._ended.get(self._keys[part.question], ()) if one > since]
        if len(recent) < self._limits.ends:
            return False
        words = f"it ended the engine {len(recent)} times, so it is left alone for a minute"
        self._trouble[part.question] = Trouble("error", words)
        return True


def _digest(*parts: bytes) -> bytes:
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def _named(program: Program) -> str:
    parts = (program.package, str(program.v1), *(text for module in program.modules for text in module))
    return _digest(*(one.encode() for one in parts)).hex()


def _written(program: Program) -> Mapping[str, Any]:
    return {
        "package": program.package,
        "modules": program.modules,
        "v1": program.v1,
        "inventory": program.inventory,
        "bytes": 4 * sum(len(text) for _, text in program.modules) + 1024,
    }
