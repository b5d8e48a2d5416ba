"""What a process keeps of git's answers from job to job stays small, and keeps what is used."""

from __future__ import annotations

from bot.flows.memory import Facts
from bot.model.repository import Commit


def test_what_was_not_used_for_longest_goes_first() -> None:
    facts = Facts(most=4_000)
    for name in "abc":
        facts.keep((name,), name.encode() * 1_000)
    assert facts.get(("a",)) == b"a" * 1_000
    facts.keep(("d",), b"d" * 1_000)
    kept = [name for name in "abcd" if facts.get((name,)) is not None]
    assert kept == ["a", "c", "d"]


def test_large_answers_are_not_kept_and_small_ones_are() -> None:
    facts = Facts()
    answers = {
        "file": b"x" * 200_000,
        "paths": ["a" * 100] * 1_000,
        "commits": [Commit("a" * 40, "m" * 10_000, "ann")] * 11,
        "no": False,
        "few": [Commit("a" * 40, "a change", "ann", ("b" * 40,))] * 50,
    }
    for name, answer in answers.items():
        facts.keep((name,), answer)
    assert {name: facts.get((name,)) for name in answers} == {
        "file": None, "paths": None, "commits": None, "no": False, "few": answers["few"],
    }  # fmt: skip


def test_an_answer_that_comes_again_is_counted_once() -> None:
    facts = Facts(most=4_000)
    facts.keep(("other",), b"y" * 1_000)
    for _ in range(10):
        facts.keep(("file",), b"x" * 1_000)
    assert facts.get(("other",)) is not None
