"""One exchange with the Rego process: what is known of the answers, and what is still to be asked?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from bot.adapters.rego.child import RegoChild
from bot.policy.gatekeeper.rego import Answer, Program, Question, Said, Trouble

_CHUNK = 250  # reviews of one question to the process
_KEPT = 200_000  # answers that are remembered
_KEPT_CHARACTERS = 20_000_000  # of all their messages
_PAUSE = 60.0  # seconds that a program is left alone for once it ended too many processes
_MOST_PROGRAMS = 500  # that a process holds before another one takes its place
_NO_TIME = "Rego took too much time in all, so what was left was not asked"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question: which of its reviews (by their place in the question) are still to be answered."""

    question: int
    places: tuple[int, ...]


@dataclass(slots=True)
class Memory:
    """What was answered before, by question and review; and when a question ended a process."""

    answers: dict[tuple[bytes, bytes], Said] = field(default_factory=dict)
    ended: dict[bytes, list[float]] = field(default_factory=dict)
    characters: int = 0

    def keep(self, question: bytes, review: bytes, said: Said) -> None:
        """Remember an answer."""
        if len(self.answers) >= _KEPT or self.characters >= _KEPT_CHARACTERS:
            self.answers.clear()
            self.characters = 0
        self.characters += sum(map(len, said.messages))
        self.answers[question, review] = said

    def note_end(self, question: bytes) -> None:
        """Remember that a question ended its process just now."""
        if len(self.ended) > 1000:
            self.ended.clear()
        self.ended.setdefault(question, []).append(time.monotonic())

    def ends(self, question: bytes) -> int:
        """Return how many processes a question ended lately."""
        since = time.monotonic() - _PAUSE
        return sum(1 for one in self.ended.get(question, ()) if one > since)


class Exchange:
    """One exchange: questions, what is known of their answers, and what is still to be asked."""

    def __init__(
        self,
        child: RegoChild,
        memory: Memory,
        questions: Sequence[Question],
        reviews: Sequence[bytes],
        inventory: bytes,
    ) -> None:
        self._child, self._memory = child, memory
        self._questions, self._reviews, self._inventory = questions, reviews, inventory
        self._until = time.monotonic() + child.limits.total
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
        memory = self._memory.answers
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
        problem = self._child.send(self._request(parts))
        if problem:
            self._fail(parts, Trouble("not evaluable here", problem))
            return []
        for done, part in enumerate(parts):
            if time.monotonic() > self._until:
                self._child.close()
                self._fail(parts[done:], Trouble("error", _NO_TIME))
                return []
            answer = self._child.receive(self._until - time.monotonic())
            if isinstance(answer, str):
                self._end(part, answer)
                return parts[done + 1 :]
            self._take(part, answer)
        return []

    def _request(self, parts: Sequence[_Part]) -> Mapping[str, Any]:
        """Put together what the process needs and has not."""
        child = self._child
        if len(child.programs) > _MOST_PROGRAMS:
            child.close()
        child.start()
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
        new = {name: _written(program) for name, program in programs.items() if name not in child.programs}
        child.programs.update(new)
        around = any(program.inventory for program in programs.values()) and child.inventory != self._inventory
        if around:
            child.inventory = self._inventory
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
        key = self._keys[part.question]
        reviews = self._questions[part.question].reviews
        for place, found in zip(part.places, answer["said"], strict=True):
            said = (
                Said(tuple(found)) if isinstance(found, list) else Said(trouble=Trouble(found["kind"], found["text"]))
            )
            self._said[part.question][place] = said
            self._memory.keep(key, self._marks[reviews[place]], said)
        if not part.places:
            self._memory.keep(key, b"", Said())

    def _fail(self, parts: Sequence[_Part], trouble: Trouble) -> None:
        for part in parts:
            self._trouble.setdefault(part.question, trouble)

    def _end(self, part: _Part, words: str) -> None:
        """Note that a question ended the process."""
        self._trouble[part.question] = Trouble("error", words)
        self._memory.note_end(self._keys[part.question])

    def _is_left_alone(self, part: _Part) -> bool:
        """Say whether a program has just ended too many processes to be tried again; then note that."""
        ends = self._memory.ends(self._keys[part.question])
        if ends < self._child.limits.ends:
            return False
        words = f"it ended the engine {ends} times, so it is left alone for a minute"
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
        "forgiving": program.forgiving,
        "v1": program.v1,
        "inventory": program.inventory,
        "bytes": 4 * sum(len(text) for _, text in (*program.modules, *program.forgiving)) + 1024,
    }
