"""Which promotions stand after rollbacks, rollbacks of rollbacks, and branches that were set back?"""

from __future__ import annotations

import pytest

from bot.promotion.standing import Came, WentBack, in_force, standing

LINE = "abcdefghij"  # commits of the target's branch, each with those before it


def holds(one: str, other: str) -> bool:
    return bool(other) and LINE.index(one) <= LINE.index(other)


A, C, E, G = (Came(number, commit) for number, commit in ((1, "a"), (3, "c"), (5, "e"), (7, "g")))


@pytest.mark.parametrize(
    ("name", "promotions", "rollbacks", "head", "expected"),
    [
        ("nothing was promoted", [], [], "a", []),
        ("nothing was rolled back", [E, C, A], [], "e", [E, C, A]),
        ("the newest was rolled back", [E, C, A], [WentBack(6, "f", "d")], "f", [C, A]),
        ("what came directly since changes nothing", [E, C, A], [WentBack(6, "f", "d")], "j", [C, A]),
        ("a rollback to the very commit of a promotion", [E, C, A], [WentBack(6, "f", "c")], "f", [C, A]),
        ("two were rolled back", [E, C, A], [WentBack(6, "f", "b")], "f", [A]),
        ("all were rolled back", [C], [WentBack(4, "d", "b")], "d", []),
        ("promoted again since", [G, E, C, A], [WentBack(6, "f", "d")], "h", [G, C, A]),
        ("rolled back again", [G, E, C, A], [WentBack(8, "h", "f"), WentBack(6, "f", "d")], "h", [C, A]),
        ("rolled back behind a rollback", [G, E, C, A], [WentBack(8, "h", "b"), WentBack(6, "f", "d")], "h", [A]),
        ("the rollback was rolled back", [E, C, A], [WentBack(8, "h", "e"), WentBack(6, "f", "d")], "h", [E, C, A]),
        ("a rollback that is merged later counts later", [E, C, A], [WentBack(6, "f", "d")], "e", [E, C, A]),
        ("the branch was set back by force", [E, C, A], [], "d", [C, A]),
        ("the branch was set back behind the rollback", [E, C, A], [WentBack(6, "f", "b")], "e", [E, C, A]),
    ],
)
def test_standing(
    name: str, promotions: list[Came], rollbacks: list[WentBack], head: str, expected: list[Came]
) -> None:
    assert standing(promotions, rollbacks, head, holds) == tuple(expected), name


def test_in_force_is_the_newest_that_the_branch_holds() -> None:
    old, new = WentBack(6, "f", "d"), WentBack(8, "h", "b")
    assert in_force([new, old], "j", holds) == new
    assert in_force([new, old], "g", holds) == old
    assert in_force([new, old], "e", holds) is None
