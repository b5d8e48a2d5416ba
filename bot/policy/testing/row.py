"""What does a test expect of one policy about one resource, and what came out?"""

from __future__ import annotations

from dataclasses import dataclass

NO_RESPONSE = "no response"
MISSING = "missing"
ELSEWHERE = "not evaluable here"


@dataclass(frozen=True, slots=True)
class Row:
    """One expected result for one resource. `kind` names the validate block (`pattern`), or what else it is.

    `test` is the path of the test file, `expected` what it says. `actual` is pass, fail, skip, warn, error, `not
    evaluable here`, `no response` (the rule does not apply) or `missing` (no file holds the resource or the policy);
    `why` explains it.
    """

    test: str
    policy: str
    rule: str
    kind: str
    resource: str
    expected: str
    actual: str
    why: str = ""

    @property
    def equal(self) -> bool:
        """Say whether the state is the expected one; that a rule does not apply counts as skip, and as nothing else."""
        if not self.evaluable:
            return False
        return self.actual == self.expected or (self.expected == "skip" and self.actual == NO_RESPONSE)

    @property
    def evaluable(self) -> bool:
        """Say whether the row could be evaluated at all."""
        return self.actual != ELSEWHERE

    @property
    def different(self) -> bool:
        """Say whether something else came out than was expected."""
        return self.evaluable and not self.equal
