"""Is each allowance still needed? Real traffic, or else the tour, must fall under it."""

from __future__ import annotations

import pytest

from tests.referee import fetch
from tests.referee.allowed import ALLOWANCES
from tests.referee.complaint import Allowance
from tests.referee.conftest import Toured
from tests.referee.description import Description
from tests.referee.openapi import Referee
from tests.referee.payloads import examples
from tests.referee.plugin import need
from tests.referee.recordings import recordings


@pytest.fixture(scope="module")
def used(description: Description) -> frozenset[Allowance]:
    """The allowances that GitHub's recorded answers and deliveries fall under."""
    referee = Referee(description, ALLOWANCES)
    for recorded in recordings(need(fetch.RECORDINGS)):
        referee.check_exchange(recorded)
    for example in examples(need(fetch.PAYLOADS)):
        referee.check_delivery(example)
    return frozenset(referee.used)


@pytest.fixture(scope="module")
def used_by_tour(description: Description, toured: Toured) -> frozenset[Allowance]:
    referee = Referee(description, ALLOWANCES)
    for exchange in toured.exchanges:
        referee.check_exchange(exchange)
    for delivery in toured.deliveries:
        referee.check_delivery(delivery)
    return frozenset(referee.used)


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: f"{each.side}-{each.rule}")
def test_each_allowance_is_needed(
    allowance: Allowance, used: frozenset[Allowance], used_by_tour: frozenset[Allowance]
) -> None:
    evidence = used if allowance.recorded else used_by_tour
    assert allowance in evidence, "nothing needs this any more: take it out"


def test_each_allowance_says_why() -> None:
    assert all(len(allowance.reason) > 20 for allowance in ALLOWANCES)
