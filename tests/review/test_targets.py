"""May what is good for one target go to another?

Check runs belong to commits. When all promotions shared one check name, the success of a promotion to staging let the
same commit into production, past production's approvers: by a second pull request, or by changing the first one's base.
"""

from __future__ import annotations

import pytest

from bot.sandbox.refusal import Refusal
from tests.flows.repository import PIPELINE
from tests.flows.world import REPOSITORY, Town

SETTINGS = "base/settings.yaml"


@pytest.fixture
def staged(town: Town) -> Town:
    """The branches require the gates of their own environment, and a promotion to staging is ready to merge."""
    for branch in ("staging", "production"):
        rule = (f"lockkeeper / promotion to {branch}", town.app.id)
        town.world.protect(REPOSITORY, branch, required_checks=[rule])
    town.land("change", {"overlays/development/note.txt": "a change\n"})
    assert town.conclusion(town.promotion("staging").head_sha, "lockkeeper / promotion to staging") == "success"
    return town


def refused(town: Town, number: int) -> None:
    with pytest.raises(Refusal, match="lockkeeper / promotion to production"):
        town.merge(number, "ben", "merge")


@pytest.mark.town(configuration=PIPELINE)
def test_a_second_pull_request_of_the_same_commit(staged: Town) -> None:
    head = staged.promotion("staging").head_ref
    other = staged.world.open_pull(REPOSITORY, "ben", head=head, base="production")
    refused(staged, other.number)
    staged.settle()
    refused(staged, other.number)


@pytest.mark.town(configuration=PIPELINE)
def test_the_promotion_itself_with_another_base(staged: Town) -> None:
    pull = staged.promotion("staging")
    staged.world.edit_pull(REPOSITORY, pull.number, "ben", base="production")
    refused(staged, pull.number)
    staged.settle()
    assert staged.pull(pull.number).issue.state == "closed", "what went astray is closed, with the reason"
    assert staged.said(pull.number, "closed")
