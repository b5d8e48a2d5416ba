"""Which records count for one promotion pull request?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.flows.facts import _locks
from bot.model.repository import Repository
from bot.promotion.gates.facts import EPOCH
from bot.promotion.locks import Kept, Lock
from tests.promotion.facts import pull

REPOSITORY = Repository("Acme", "shop")
OWN = Lock("hold", "production", "ann", "", EPOCH, "", "acme/Shop#9")
OTHER = replace(OWN, pull="acme/shop#8")
ELSEWHERE = replace(OWN, pull="acme/env#9")
ALL = replace(OWN, pull="")


@pytest.mark.parametrize(
    ("number", "expected"), [(9, (OWN, ALL)), (8, (OTHER, ALL)), (7, (ALL,)), (0, (ALL,))], ids=str
)
def test_a_hold_of_one_pull_request_counts_for_no_other(number: int, expected: tuple[Lock, ...]) -> None:
    kept = Kept((OWN, OTHER, ELSEWHERE, ALL))
    assert _locks(kept, REPOSITORY, pull(number) if number else None) == expected
