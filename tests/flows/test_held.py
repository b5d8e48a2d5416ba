"""Which records count for one promotion pull request?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.flows.content import Content
from bot.flows.facts import Ground, Setting, _locks
from bot.model.promotion import Record
from bot.model.repository import Repository
from bot.promotion.gates.facts import EPOCH
from bot.promotion.locks import Kept, Lock
from bot.promotion.places import Place
from tests.promotion.facts import hop, pull

PLACE = Place(Repository("Acme", "shop"), "production")
OWN = Lock("hold", "production", "ann", "", EPOCH, "", "acme/Shop#9")
OTHER = replace(OWN, pull="acme/shop#8")
ELSEWHERE = replace(OWN, pull="acme/env#9")
ALL = replace(OWN, pull="")


@pytest.mark.parametrize(
    ("number", "expected"), [(9, (OWN, ALL)), (8, (OTHER, ALL)), (7, (ALL,)), (0, (ALL,))], ids=str
)
def test_a_hold_of_one_pull_request_counts_for_no_other(number: int, expected: tuple[Lock, ...]) -> None:
    ground = Ground(
        Setting(PLACE.repository, kept=Kept((OWN, OTHER, ELSEWHERE, ALL))),
        hop(),
        PLACE,
        PLACE,
        source_head="",
        target_head="",
        content=Content("none", Record("a" * 40)),
        pull=pull(number) if number else None,
    )
    assert _locks(ground) == expected
