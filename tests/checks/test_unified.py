"""A diff of lines is the one difflib makes, however it came about."""

from __future__ import annotations

import difflib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks import unified as module
from bot.checks.unified import unified


def by_difflib(base: list[str], head: list[str], context: int = 3) -> str:
    return "\n".join(list(difflib.unified_diff(base, head, n=context, lineterm=""))[2:])


def lines(text: str) -> list[str]:
    return text.split()


NUMBERED = [str(number) for number in range(40)]
LONG = [*(str(number) if number % 4 else "often" for number in range(240))]
CASES: dict[str, tuple[list[str], list[str]]] = {
    "nothing": ([], []),
    "all is new": ([], lines("a b")),
    "all goes": (lines("a b"), []),
    "the same": (NUMBERED, NUMBERED),
    "one line": (NUMBERED, [*NUMBERED[:20], "x", *NUMBERED[21:]]),
    "the first and the last line": (NUMBERED, ["x", *NUMBERED[1:-1], "y"]),
    "changes that share their context": (NUMBERED, [*NUMBERED[:10], "x", *NUMBERED[11:17], "y", *NUMBERED[18:]]),
    "changes that do not": (NUMBERED, [*NUMBERED[:10], "x", *NUMBERED[11:18], "y", *NUMBERED[19:]]),
    "the same line again, where a common beginning must not be cut off": (lines("a b"), lines("a c a b")),
    "a line doubled": (lines("a b b c"), lines("a b b b c")),
    "two blocks that changed places": (NUMBERED, [*NUMBERED[20:], *NUMBERED[:20]]),
    "a block moved over lines that are there twice": (lines("p q x x 1 2 3 y y"), lines("1 2 3 p q x x y y")),
    "a longer text with a line that is there all the time": (LONG, [*LONG[:101], "x", "often", *LONG[103:]]),
    "the same, changed next to that line": (LONG, [*LONG[:100], "x", *LONG[100:]]),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_difflib_says(name: str) -> None:
    base, head = CASES[name]
    assert unified(base, head, 3) == by_difflib(base, head)
    assert unified(head, base, 3) == by_difflib(head, base)


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Return some lines, few or many different ones, and the same after some edits, moves among them."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    different, length = draw(st.sampled_from([2, 4, 12, 60, 400])), draw(st.sampled_from([3, 8, 30, 120, 260, 400]))
    base = [str(chance.randrange(different)) for _ in range(chance.randrange(length))]
    head = list(base)
    for _ in range(chance.randrange(5)):
        start = chance.randrange(len(head) + 1)
        taken = head[start : start + chance.randrange(6)]
        del head[start : start + len(taken)]
        if chance.random() < 0.3:
            start = chance.randrange(len(head) + 1)
            head[start:start] = taken
        else:
            head[start:start] = [str(chance.randrange(2 * different)) for _ in range(chance.randrange(4))]
    return base, head


@given(edited(), st.sampled_from([0, 1, 3]))
@settings(max_examples=1500, deadline=None)
def test_it_is_what_difflib_says_of_any_lines(both: tuple[list[str], list[str]], context: int) -> None:
    assert unified(*both, context) == by_difflib(*both, context)


def test_an_ordinary_change_does_not_need_difflib(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(Exception):
        pass

    def ask(*_arguments: object, **_options: object) -> None:
        raise Asked

    monkeypatch.setattr(module, "SequenceMatcher", ask)
    assert unified(NUMBERED, [*NUMBERED[:20], "x", *NUMBERED[21:]], 1) == "@@ -20,3 +20,3 @@\n 19\n-20\n+x\n 21"
    with pytest.raises(Asked):
        unified(NUMBERED, [*NUMBERED[20:], *NUMBERED[:20]], 3)
