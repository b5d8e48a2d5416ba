"""Can a gate be opened by those who may not?"""

from __future__ import annotations

import pytest

from bot.model.environment import Environment
from bot.model.gates import GateRules
from bot.model.promotion import Hop
from bot.model.repository import CheckState, Conclusion
from bot.promotion.gates import GateFacts, checks

HOP = Hop(
    Environment("development", "main"), Environment("staging", "staging", gates=GateRules(checks=("integration",)))
)


def check(conclusion: Conclusion | None, app_id: int | None) -> CheckState:
    return CheckState("integration", "completed" if conclusion else "in_progress", conclusion, app_id)


@pytest.mark.parametrize(
    ("first", "state"),
    [(check("failure", 5), "fail"), (check(None, 5), "wait"), (check("success", 5), "pass")],
)
def test_a_status_of_the_same_name_does_not_speak_for_a_check_run(first: CheckState, state: str) -> None:
    facts = GateFacts(HOP, "a" * 40, "b" * 40, True, (first, check("success", None)), (), (), (), "", 1)
    assert checks(facts).state == state
