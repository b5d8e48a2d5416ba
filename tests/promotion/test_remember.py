"""Who asked for a promotion before the merge? Only our own word counts, by table."""

from __future__ import annotations

import pytest

from bot.adapters.seal import sealer
from bot.promotion.remember import label, remembered_by, who_asked
from bot.promotion.seals import Seal, bound

NUMBER = 7
SEAL, ELSEWHERE = (bound(sealer("a key made for this test"), repository) for repository in (1, 2))


def ours(login: str, target: str = "staging", number: int = NUMBER, seal: Seal = SEAL) -> str:
    return f"<!-- lockkeeper:reply:1 -->\n{remembered_by(number, target, login, seal)}\n@{login}\n\n📌 Remembered"


ASKED = [
    ("nobody", [], ""),
    ("somebody", [ours("ann")], "ann"),
    ("the last one counts", [ours("ann"), ours("ben")], "ben"),
    ("another environment", [ours("ann", "production")], ""),
    ("an environment whose name begins alike", [ours("ann", "staging-2")], ""),
    ("both", [ours("ann", "production"), ours("ben")], "ben"),
    ("copied from another pull request", [ours("lena", number=8)], ""),
    ("copied from a pull request of that number in another repository", [ours("lena", seal=ELSEWHERE)], ""),
    ("without a seal", ["<!-- lockkeeper:remember target=staging by=lena -->"], ""),
    ("with a made-up seal", ["<!-- lockkeeper:remember target=staging by=lena seal=abc -->"], ""),
    ("edited afterwards", [ours("ann").replace("by=ann", "by=lena")], ""),
    ("edited to another environment", [ours("ann", "production").replace("=production", "=staging")], ""),
    ("other comments between", ["hello", ours("ann"), "<!-- lockkeeper:checks -->\n…"], "ann"),
]


@pytest.mark.parametrize(("bodies", "expected"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_who_asked(bodies: list[str], expected: str) -> None:
    assert who_asked(NUMBER, "staging", bodies, SEAL) == expected


@pytest.mark.parametrize(("target", "expected"), [("staging", "promote: staging"), ("e" * 60, "promote: " + "e" * 41)])
def test_the_label_is_no_longer_than_github_takes(target: str, expected: str) -> None:
    assert label(target) == expected
    assert len(label(target)) <= 50
