"""What does Rego say? The one interface behind which its engine lives, whatever engine that is.

The core hands over questions and gets answers, all at once: where and how programs run, and what ends them when they
run too long, is an adapter's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

INSTALL = "install the package gordon-to-regorus (the extra `rego`: pip install 'lockkeeper[rego]')"
ABSENT = "the Rego engine is not installed here"

Kind = Literal["error", "not evaluable here"]


@dataclass(frozen=True, slots=True)
class Program:
    """Rego modules of one template, by name, with the package (dotted) whose rule `violation` is asked.

    `v1` is the version of the language. `forgiving` is the same program for a review in which a built-in function
    fails, which it leaves undefined. `inventory` says that it reads `data.inventory`, `user` that it asks who makes
    the change, `namespace` that it asks for the namespace's labels.
    """

    package: str
    modules: tuple[tuple[str, str], ...]
    v1: bool = False
    forgiving: tuple[tuple[str, str], ...] = ()
    inventory: bool = False
    user: bool = False
    namespace: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A program, the parameters of a constraint (JSON), and which of the reviews it is asked about.

    Without reviews it is only compiled.
    """

    program: Program
    parameters: bytes = b"{}"
    reviews: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer: the policy's mistake, or something that only a cluster knows. Ends a sentence."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a program says of one review: the messages of its violations, or why it says nothing."""

    messages: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program says of each review it was asked about, or why it does not run at all."""

    said: tuple[Said, ...] = ()
    trouble: Trouble | None = None


class Rego(Protocol):
    """An engine. Safe to use from several threads."""

    @property
    def absent(self) -> str:
        """Why there is no engine here, as the end of a sentence; empty when there is one."""
        ...

    def ask(
        self, questions: Sequence[Question], reviews: Sequence[bytes], inventory: bytes = b"{}"
    ) -> Sequence[Answer]:
        """Answer every question; `reviews` and `inventory` are JSON. Never raises for what a program does."""
        ...


@dataclass(frozen=True, slots=True)
class NoRego:
    """No engine: every question is not evaluable here."""

    absent: str = field(default=f"{ABSENT}: {INSTALL}")

    def ask(
        self,
        questions: Sequence[Question],
        reviews: Sequence[bytes],  # noqa: ARG002 - of the protocol
        inventory: bytes = b"{}",  # noqa: ARG002 - of the protocol
    ) -> Sequence[Answer]:
        """Say of each question that there is no engine."""
        return [Answer(trouble=Trouble("not evaluable here", self.absent)) for _ in questions]


NO_REGO = NoRego()
