"""Facts about one hop to test gates and plans with: staging to production, everything in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.model.environment import Approvers, Environment, People
from bot.model.gates import GateRules
from bot.model.promotion import Change, Hop
from bot.model.repository import Actor, CheckState, Conclusion, PullRequest
from bot.promotion.gates import OWN_CHECKS, Approval, GateFacts

SOURCE, HEAD, OLD, TARGET = "5" * 40, "a" * 40, "b" * 40, "7" * 40
APP = 42
QA = Approvers(People(("quinn", "omar"), ("qa",)), required=1)


def hop(
    approvers: Approvers = QA, checks: tuple[str, ...] = (), gates: GateRules | None = None, **target: object
) -> Hop:
    staging = Environment("staging", "staging", "overlays/staging")
    production = Environment("production", "production", "overlays/production", ("staging",), approvers=approvers)
    production = replace(production, gates=gates or GateRules(checks=checks), **target)  # type: ignore[arg-type]  # words of a table
    return Hop(staging, production)


def check(
    name: str, conclusion: Conclusion | None = "success", app: int | None = APP, base: str = "production"
) -> CheckState:
    return CheckState(name, "completed" if conclusion else "in_progress", conclusion, app, f"base={base}")


def approval(login: str, *, approved: bool = True, sha: str = HEAD, eligible: bool = True) -> Approval:
    return Approval(login, approved, sha, eligible)


def change(number: int, author: str) -> Change:
    return Change(number, f"Change {number}", author, f"https://github.example/{number}", "c" * 40)


def facts(**changes: object) -> GateFacts:
    """Return facts under which every gate is open, but for what is changed."""
    given: dict[str, object] = {
        "hop": hop(),
        "head_sha": HEAD,
        "source_sha": SOURCE,
        "source_holds": True,
        "source_checks": (),
        "head_checks": tuple(check(name) for name in OWN_CHECKS),
        "approvals": (approval("quinn"),),
        "changes": (change(1, "ann"), change(2, "ben")),
        "requested_by": "",
        "app_id": APP,
    }
    return GateFacts(**{**given, **changes})  # type: ignore[arg-type]  # words of a table


def pull(number: int = 9, *, state: str = "open", head_sha: str = HEAD) -> PullRequest:
    return PullRequest(
        number=number,
        title="Promote to production",
        body="",
        author=Actor("lockkeeper[bot]", True),
        url="",
        state=state,  # type: ignore[arg-type]  # a word of a table
        draft=False,
        merged=False,
        merged_at=datetime(2026, 1, 2, tzinfo=UTC) if state == "merged" else None,
        merged_by=None,
        merge_commit=None,
        base_ref="production",
        base_sha=TARGET,
        head_ref="promote/staging-to-production",
        head_sha=head_sha,
        head_repository="acme/shop",
    )
