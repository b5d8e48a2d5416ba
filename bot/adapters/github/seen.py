"""What has this job read of GitHub already, so that it asks nothing twice?

Each call counts against the installation's limit, and one job asks the same things often: whether there is a pull
request, which checks a commit carries, what was said. What is kept are the lists as PyGithub holds them; our own writes
are noted in them, so that a job reads what it wrote. After a write that failed nothing is believed any more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")
Question = tuple[Hashable, ...]


class Seen:
    """The answers of one job, by question. One that does not keep asks each time: for whoever holds a client long."""

    def __init__(self, keeps: bool = False) -> None:
        self.keeps = keeps
        self._answers: dict[Question, object] = {}

    def once(self, question: Question, read: Callable[[], T]) -> T:
        """Return the answer to a question; read it where it is not known."""
        if question in self._answers:
            return cast(T, self._answers[question])
        answer = read()
        self.note(question, answer)
        return answer

    def note(self, question: Question, answer: object) -> None:
        """Take an answer that something else brought with it."""
        if self.keeps:
            self._answers[question] = answer

    def add(self, question: Question, one: object) -> None:
        """Put what we made at the end of a list, where that is known."""
        known = self._answers.get(question)
        if isinstance(known, list):
            known.append(one)

    def remove(self, question: Question, one: object) -> None:
        """Take what we removed out of a list, where that is known."""
        known = self._answers.get(question)
        if isinstance(known, list) and one in known:
            known.remove(one)

    def knows(self, question: Question) -> bool:
        return question in self._answers

    def forget(self) -> None:
        """Believe nothing any more: the next question goes to GitHub."""
        self._answers.clear()
