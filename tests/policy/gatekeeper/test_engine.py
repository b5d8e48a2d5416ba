"""Does whatever Rego does end, and harm nothing but its own answer?

Each bomb has a control: the same, small enough to be survived, goes off where the wall is not there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.rego import Limits, WalledRego
from bot.adapters.rego.child import RegoChild
from bot.adapters.rego.exchange import Memory
from bot.policy.gatekeeper.program import compile_program
from bot.policy.gatekeeper.rego import Answer, Program, Question, Said
from tests.policy.gatekeeper.written import rule

MIB = 1024 * 1024
REVIEWS = [b'{"name": "a"}', b'{"name": "b"}']
SOUND = compile_program(rule("msg := input.review.name"), [], "rego")


def program(body: str, before: str = "") -> Program:
    return compile_program(rule(body, before), [], "rego")


def said(answer: Answer) -> list[tuple[str, ...]]:
    assert answer.trouble is None, answer
    return [one.messages for one in answer.said]


TRIPLES = "count([1 | a := n[_]; b := n[_]; c := n[_]; a > b + c])"
PAIRS = "count([1 | a := n[_]; b := n[_]; a == b])"
NO_END = "it ended the engine: perhaps a function of it calls itself without end"
ENDLESS = program("msg := f(input.review.name)", "f(x) = y { y := f(x) }")
BOMBS = [
    (
        "an endless comprehension",
        program(f'n := numbers.range(1, 5000)\nmsg := sprintf("%v", [{TRIPLES}])'),
        "it took longer than 1 s and was stopped",
    ),
    (
        "a huge array",
        program('msg := sprintf("%v", [numbers.range(1, 1000000000)])'),
        "it needs more than 512 MB of memory",
    ),
    ("a function that calls itself", ENDLESS, NO_END),
    ("deep brackets", program(f'x := {"[" * 20_000}{"]" * 20_000}\nmsg := "x"'), NO_END),
]


@pytest.mark.parametrize(("bomb", "words"), [one[1:] for one in BOMBS], ids=[one[0] for one in BOMBS])
def test_a_bomb_costs_its_own_answer(bomb: Program, words: str) -> None:
    questions = [Question(SOUND, b"{}", (0, 1)), Question(bomb, b"{}", (0,)), Question(SOUND, b"{}", (1,))]
    with WalledRego(Limits(deadline=1)) as rego:
        started = time.monotonic()
        first, broken, last = rego.ask(questions, REVIEWS)
        assert time.monotonic() - started < 10
    assert broken.trouble is not None
    assert (broken.trouble.kind, broken.trouble.text) == ("error", words)
    assert (said(first), said(last)) == ([("a",), ("b",)], [("b",)])


def test_what_is_slow_but_ends_is_answered() -> None:
    """The control of the deadline: nothing but the deadline ends what is slow."""
    slow = program(f'n := numbers.range(1, 700)\nmsg := sprintf("%v", [{PAIRS}])')
    for deadline, expected in [(0.05, None), (60.0, [("700",)])]:
        with WalledRego(Limits(deadline=deadline)) as rego:
            (answer,) = rego.ask([Question(slow, b"{}", (0,))], REVIEWS)
        assert (None if answer.trouble else said(answer)) == expected


def test_memory_is_bounded_by_the_walls() -> None:
    """The control of the memory: without walls the same program gets what it asks for."""
    large = program('msg := sprintf("%v", [count([sprintf("%v%v", [x, x]) | x := numbers.range(1, 400000)[_]])])')
    with WalledRego(Limits(deadline=60, memory=64 * MIB)) as rego:
        (answer,) = rego.ask([Question(large, b"{}", (0,))], REVIEWS)
    assert answer.trouble is not None
    assert answer.trouble.text == "it needs more than 64 MB of memory"
    with WalledRego(Limits(deadline=60, memory=64 * MIB, walls=False)) as rego:
        (answer,) = rego.ask([Question(large, b"{}", (0,))], REVIEWS)
    assert said(answer) == [("400000",)]


@pytest.mark.skipif(not Path("/proc/self/ns/net").exists(), reason="namespaces are Linux's")
def test_no_network_and_no_files() -> None:
    """The control: a process without walls shares our network, and has reasons to tell."""
    reasons = {}
    for walls in (True, False):
        child = RegoChild(Limits(walls=walls))
        assert child.start() == ""
        reasons[walls] = child.reason
        child.close()
    assert reasons[False] == "no walls, as it was asked to"
    if reasons[True]:
        pytest.skip(f"this kernel offers no walls: {reasons[True]}")


def test_what_ends_the_engine_again_and_again_is_left_alone() -> None:
    bomb = Question(ENDLESS, b"{}", (0,))
    with WalledRego() as rego:
        words = [
            answer.trouble.text if answer.trouble else "" for _ in range(4) for answer in rego.ask([bomb], REVIEWS)
        ]
        started = time.monotonic()
        rego.ask([bomb] * 50, REVIEWS)
        assert time.monotonic() - started < 1
    left = "it ended the engine 2 times, so it is left alone for a minute"
    assert words == [NO_END, NO_END, left, left]


def test_all_questions_together_have_an_end() -> None:
    slow = [program(f'n := numbers.range(1, 5000)\nmsg := sprintf("%v of {at}", [{PAIRS}])') for at in range(6)]
    with WalledRego(Limits(deadline=1, total=2)) as rego:
        started = time.monotonic()
        answers = rego.ask([Question(one, b"{}", (0,)) for one in slow], REVIEWS)
        assert time.monotonic() - started < 8
    texts = [one.trouble.text if one.trouble else "" for one in answers]
    assert texts[-1] == "Rego took too much time in all, so what was left was not asked"


def test_a_process_that_somebody_kills_is_replaced() -> None:
    with WalledRego() as rego:
        assert said(rego.ask([Question(SOUND, b"{}", (0,))], REVIEWS)[0]) == [("a",)]
        child = rego._child._child
        assert child is not None
        os.kill(child.pid, 9)
        child._process.wait()
        assert said(rego.ask([Question(SOUND, b"{}", (1,))], REVIEWS)[0]) == [("b",)]


def test_what_was_answered_is_not_asked_again() -> None:
    """Parameters, the review, and for those who read it the inventory make the question."""
    counts = 'msg := sprintf("%v %v %v", [input.review.name, input.parameters.x, count(data.inventory)])'
    reading, plain = program(counts), program('msg := sprintf("%v %v", [input.review.name, input.parameters.x])')
    with WalledRego() as rego:

        def ask(one: Program, parameters: bytes, inventory: bytes) -> list[tuple[str, ...]]:
            return said(rego.ask([Question(one, parameters, (0, 1))], REVIEWS, inventory)[0])

        assert ask(reading, b'{"x":1}', b"{}") == [("a 1 0",), ("b 1 0",)]
        assert ask(plain, b'{"x":1}', b"{}") == [("a 1",), ("b 1",)]
        assert ask(reading, b'{"x":1}', b'{"cluster":{}}') == [("a 1 1",), ("b 1 1",)]
        assert ask(reading, b'{"x":2}', b"{}") == [("a 2 0",), ("b 2 0",)]
        rego.close()
        rego._child.send = lambda _: "nobody may be asked"  # type: ignore[method-assign]
        assert ask(plain, b'{"x":1}', b'{"cluster":{}}') == [("a 1",), ("b 1",)]
        assert ask(reading, b'{"x":1}', b"{}") == [("a 1 0",), ("b 1 0",)]
        (answer,) = rego.ask([Question(plain, b'{"x":3}', (0,))], REVIEWS)
        assert answer.trouble is not None
        assert answer.trouble.text == "nobody may be asked"


def test_what_is_remembered_has_a_bound() -> None:
    """Whoever writes manifests that break a rule at great length fills no worker's memory."""
    memory = Memory()
    for at in range(100_000):
        memory.keep(b"q", b"%d" % at, Said(("x" * 1000,)))
        assert sum(len(one.messages[0]) for one in memory.answers.values()) <= 21_000_000 if at % 9000 == 0 else True
    assert memory.answers[b"q", b"99999"] == Said(("x" * 1000,))


def test_many_reviews() -> None:
    many = [b'{"name": "%d"}' % at for at in range(1000)]
    with WalledRego() as rego:
        (answer,) = rego.ask([Question(SOUND, b"{}", tuple(range(1000)))], many)
    assert said(answer) == [(str(at),) for at in range(1000)]


def test_several_threads() -> None:
    answers: list[Sequence[Answer]] = []
    with WalledRego() as rego:
        ask = lambda at: answers.append(rego.ask([Question(SOUND, b'{"x":%d}' % at, (0, 1))], REVIEWS))  # noqa: E731
        threads = [threading.Thread(target=ask, args=(at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [said(one) for (one,) in answers] == [[("a",), ("b",)]] * 8


def test_a_fork_has_an_engine_of_its_own() -> None:
    with WalledRego() as rego:
        rego.ask([Question(SOUND, b"{}", (0,))], REVIEWS)
        parent = rego._child._child
        assert parent is not None
        pid = os.fork()
        if pid == 0:
            rego.close()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert parent.status() is None, "a fork that asks nothing ended the engine of its parent"
        pid = os.fork()
        if pid == 0:
            answer = rego.ask([Question(SOUND, b"{}", (1,))], REVIEWS)[0]
            rego.close()
            os._exit(0 if answer.said[0].messages == ("b",) else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert parent.status() is None, "the fork ended the engine of its parent"
        assert said(rego.ask([Question(SOUND, b"{}", (1,))], REVIEWS)[0]) == [("b",)]


def test_words() -> None:
    with WalledRego() as rego:
        assert rego.words().startswith("regorus 0.")
