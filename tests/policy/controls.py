"""Which engines are wrong on purpose, so that tests can show that they would notice?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.model.finding import Finding
from bot.policy.gatekeeper.rego import Answer, Question, Said
from bot.policy.kyverno import CompiledPolicy, CompiledRule, evaluate
from bot.policy.kyverno.check import PASS, Failure, Unevaluable, Verdict
from bot.policy.kyverno.subject import Subject

_FAILED = Verdict("fail", (Failure("spec"),))

Broken = Callable[[CompiledPolicy], CompiledPolicy]


def _always(verdict: Verdict) -> Broken:
    def check(_: Subject) -> Verdict:
        return verdict

    def answered(rule: CompiledRule) -> CompiledRule:
        return rule if isinstance(rule.check, Unevaluable) else replace(rule, check=check)

    return lambda policy: replace(policy, rules=tuple(map(answered, policy.rules)))


def _no_autogen(policy: CompiledPolicy) -> CompiledPolicy:
    """Only what is written: derived rules come after their origin and have its name."""
    written = {rule.name: rule for rule in reversed(policy.rules)}
    return replace(policy, rules=tuple(rule for rule in policy.rules if rule is written[rule.name]))


CONTROLS: dict[str, Broken] = {
    "everything passes": _always(PASS),
    "everything fails": _always(_FAILED),
    "no autogen": _no_autogen,
    "nothing applies": lambda policy: replace(policy, rules=()),
}


REGO_CONTROLS: dict[str, tuple[str, ...]] = {"every constraint is kept": (), "every constraint is broken": ("no",)}


class _AlwaysRego:
    """A Rego engine that says the same of everything."""

    absent = ""

    def __init__(self, messages: tuple[str, ...]) -> None:
        self._said = Said(messages)

    def ask(self, questions: Sequence[Question], reviews: Sequence[bytes], inventory: bytes = b"{}") -> list[Answer]:
        return [Answer(tuple(self._said for _ in one.reviews)) for one in questions]


@contextmanager
def broken_engine(control: str) -> Iterator[None]:
    """Let tests of policies run with an engine of CONTROLS or REGO_CONTROLS."""

    def judge(policies: Iterable[CompiledPolicy], *rest: Any, **options: Any) -> tuple[Finding, ...]:
        return evaluate(list(map(CONTROLS[control], policies)), *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        if control in CONTROLS:
            patch.setattr("bot.policy.testing.kyverno.evaluate", judge)
        else:
            patch.setattr("bot.desk.policy_test._rego", lambda: _AlwaysRego(REGO_CONTROLS[control]))
        yield
