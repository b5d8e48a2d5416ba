"""How does a merged change travel on?"""

from __future__ import annotations

import pytest

from tests.flows.repository import SETTINGS, settings
from tests.flows.world import PROMOTION, Town


def merged(town: Town, branch: str = "brown", *, method: str = "squash", **data: str) -> int:
    """Merge a change of the settings into main and let the bot see it; return its number."""
    number = town.propose(branch, {SETTINGS: settings(**{"level": "info", "colour": branch, **data})})
    town.settle()
    town.merge(number, method=method)  # type: ignore[arg-type]  # a parameter of tests
    town.settle()
    return number


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_opens_the_promotion_and_its_merge_ends_it(town: Town, method: str) -> None:
    number = merged(town, method=method)
    pull = town.promotion("staging")
    assert f"#{number}" in pull.issue.title
    assert f"| #{number} | Change brown | ann |" in town.body(pull.number)
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    assert town.conclusion(pull.head_sha, PROMOTION) == "success"

    town.merge(pull.number, "quinn", method)  # type: ignore[arg-type]
    town.settle()
    assert town.promotions() == []
    assert "brown" in (town.file("staging", SETTINGS) or "")
    deployed = [(one.environment, one.sha) for one in town.world.repository("acme/shop").deployments]
    assert deployed == [("staging", town.head("staging"))]
    assert "this change is in **staging**" in town.said(number, "journey")[0].body
