"""Is each allowance still needed? GitHub's own traffic is judged, and each must be used."""

from __future__ import annotations

import pytest

from tests.referee import fetch
from tests.referee.allowed import ALLOWANCES
from tests.referee.complaint import Allowance
from tests.referee.description import Description
from tests.referee.openapi import Referee
from tests.referee.payloads import examples
from tests.referee.plugin import need
from tests.referee.recordings import recordings

SINCE = 2018  # older recordings show an API that is gone


@pytest.fixture(scope="module")
def used(description: Description) -> frozenset[Allowance]:
    """The allowances that GitHub's recorded answers and deliveries fall under."""
    referee = Referee(description, ALLOWANCES)
    for recorded in recordings(need(fetch.RECORDINGS)):
        if recorded.year >= SINCE:
            referee.check_exchange(recorded)
    for example in examples(need(fetch.PAYLOADS)):
        referee.check_delivery(example)
    return frozenset(referee.used)


@pytest.mark.parametrize(
    "allowance", ALLOWANCES, ids=lambda each: f"{each.side}-{each.rule}-{each.reason[:40]}"
)
def test_each_allowance_is_needed(allowance: Allowance, used: frozenset[Allowance]) -> None:
    assert allowance in used, "GitHub's real traffic does not need this: take it out"


def test_each_allowance_says_why() -> None:
    assert all(len(allowance.reason) > 20 for allowance in ALLOWANCES)
