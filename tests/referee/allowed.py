"""Where is GitHub's own OpenAPI description wrong, so that agreeing with it would be unfaithful?

Each entry says why. `test_allowed.py` proves each one needed: GitHub's real traffic breaks the description.
"""

from __future__ import annotations

from tests.referee.complaint import Allowance

ALLOWANCES: tuple[Allowance, ...] = (
    Allowance(
        side="request",
        rule="undeclared parameter",
        at=r"per_page|page",
        where=r"GET /repos/.*/(?:git/matching-refs/\{ref\}|pulls/\{pull_number\}/requested_reviewers)",
        reason="PyGithub asks for pages of every list; GitHub ignores parameters that it does not know",
    ),
    Allowance(
        side="response",
        rule="undeclared status",
        at="304",
        reason="GitHub answers 304 to a conditional GET of anything",
    ),
    Allowance(
        where=r"GET /repos/\{owner\}/\{repo\}/pulls/\{pull_number\}",
        side="response",
        rule="type",
        at=r"/head/(?:label|user|repo)",
        message=r"null is not .*",
        reason="the fork that a pull request came from may be gone",
    ),
    Allowance(
        where=r"GET /repos/\{owner\}/\{repo\}/pulls/\{pull_number\}/merge",
        side="response",
        rule="undeclared body",
        message="status 404 .*",
        reason="GitHub's 404 carries its message here too",
    ),
)
