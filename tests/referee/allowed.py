"""Where is GitHub's own OpenAPI description wrong, so that agreeing with it would be unfaithful?

Each entry says why. `test_allowed.py` proves each one needed: without it, real traffic or the tour complains.
"""

from __future__ import annotations

from tests.referee.complaint import Allowance, Side

_SENT: tuple[Side, ...] = ("response", "delivery")
_STATUSES: tuple[tuple[Side, str], ...] = (
    ("response", r"\w+ /repos/.*/deployments/\{deployment_id\}/statuses"),
    ("delivery", r"deployment_status\.created"),
)
_VIEW = "recorded accounts carry user_view_type since 2024; copies of the account in the description lack it"
_CLIENT = "Apps and installations carry client_id; copies of them in the description lack it"
_ONLY = r"\w+ properties are not allowed \('{}' was unexpected\)"

ALLOWANCES: tuple[Allowance, ...] = (
    Allowance(
        side="request",
        rule="undeclared parameter",
        at=r"per_page|page",
        where=r"GET /repos/.*/(?:git/matching-refs/\{ref\}|pulls/\{pull_number\}/requested_reviewers)",
        reason="PyGithub asks for pages of every list; GitHub ignores parameters that it does not know",
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
        where="GET /app/installations",
        side="response",
        rule="required",
        at=r"/\d+/account",
        reason="the description asks for a user and an enterprise at once, where it means one of them",
    ),
    Allowance(
        where="GET /app/installations",
        side="response",
        rule="unevaluatedProperties",
        at=r"/\d+/account",
        message=_ONLY.format("user_view_type"),
        reason=_VIEW,
        recorded=False,
    ),
    Allowance(
        side="delivery",
        rule="additionalProperties",
        message=_ONLY.format("user_view_type"),
        reason=_VIEW,
        recorded=False,
    ),
    Allowance(
        where="GET /app/installations",
        side="response",
        rule="additionalProperties",
        at=r"/\d+",
        message=_ONLY.format("client_id"),
        reason=_CLIENT,
        recorded=False,
    ),
    Allowance(
        where=r"GET /repos/[^/]+/[^/]+/statuses/[0-9a-f]{40}",
        side="request",
        rule="undeclared operation",
        reason="the older address of a commit's statuses, which PyGithub still asks and GitHub still answers",
    ),
    Allowance(
        where=r"GET /organizations/\d+/team/\d+(?:/members|/memberships/[^/]+)?",
        side="request",
        rule="undeclared operation",
        reason="the addresses that GitHub's own teams carry in `url` and `members_url`, which clients follow",
    ),
    *(
        Allowance(
            side=side,
            rule="format",
            at=r".*/(?:author|committer)/email",
            message=r'"[^"]*\[bot\]@[^"]*" is not a "email"',
            reason="the addresses that GitHub gives to bots have brackets, which no formal address may have",
        )
        for side in _SENT
    ),
    *(
        Allowance(
            where=where,
            side=side,
            rule="format",
            at=r".*/(?:environment|log|target)_url",
            message=r'"" is not a "uri"',
            reason="the description itself gives the empty text as the default of these addresses",
            recorded=side == "delivery",
        )
        for side, where in _STATUSES
    ),
    Allowance(
        where=r"\w+ /repos/.*/pulls.*",
        side="response",
        rule="type",
        at=r".*/labels/\d+/description",
        message="null is not .*",
        reason="a label may lack a description, as the description's own `label` says; its copy forgets it",
        recorded=False,
    ),
)
