"""Where is GitHub's own OpenAPI description wrong, so that agreeing with it would be unfaithful?

Each entry says why. `test_allowed.py` proves each one needed: GitHub's real traffic breaks the description.
"""

from __future__ import annotations

from tests.referee.complaint import Allowance

ALLOWANCES: tuple[Allowance, ...] = ()
