"""What can a rule say about a resource it applies to?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.policy.kyverno.subject import Subject


@dataclass(frozen=True, slots=True)
class Failure:
    """One place where the resource breaks the rule; `field` is empty where the rule names none.

    `absent` when the field is not there at all; `value` is what is there, where that can be shown to anyone.
    `said` is the rule's message with its variables filled in, empty where the message as written says it all.
    """

    field: str
    absent: bool = False
    value: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one resource; `failures` are there exactly when the state is fail.

    `why` says, as the end of a sentence, why a rule is in error, skipped or not evaluable here.
    """

    state: Literal["pass", "fail", "skip", "error", "not evaluable here"]
    failures: tuple[Failure, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unevaluable:
    """Why a rule is not evaluated here."""

    why: str


Check = Callable[[Subject], Verdict]

PASS, SKIP = Verdict("pass"), Verdict("skip")


def error(why: str) -> Verdict:
    """Return the verdict of a rule that could not be evaluated, which is its own mistake or the resource's."""
    return Verdict("error", (), why)


def unknown(why: str) -> Verdict:
    """Return the verdict of a rule that asks for what nobody here knows."""
    return Verdict("not evaluable here", (), why)
