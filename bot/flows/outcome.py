"""How does one hop stand after a look or a run?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import UserError
from bot.model.promotion import Gate, Hop
from bot.promotion.plan import Decision, Snapshot


@dataclass(frozen=True, slots=True)
class HopOutcome:
    """How one hop stands after converging: the open pull request's number (0 for none), gates, and the reason.

    `refusal` is what GitHub would not let us do, or what somebody has to mend; what comes after it was not tried.
    """

    hop: Hop
    decision: Decision
    pull: int = 0
    gates: tuple[Gate, ...] = ()
    snapshot: Snapshot | None = None
    refusal: UserError | None = None
