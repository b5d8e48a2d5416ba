"""Do policies give the results that their own tests expect?

`run_test` runs a file of Kyverno's test format; `tally` counts its rows, and those of any other format.
"""

from __future__ import annotations

from bot.policy.testing.form import is_test
from bot.policy.testing.kyverno import run_test
from bot.policy.testing.row import ELSEWHERE, MISSING, NO_RESPONSE, Row
from bot.policy.testing.tally import Count, Tally, tally

__all__ = ["ELSEWHERE", "MISSING", "NO_RESPONSE", "Count", "Row", "Tally", "is_test", "run_test", "tally"]
