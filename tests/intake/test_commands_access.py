"""Who may use which command where: role, command, environment."""

from __future__ import annotations

from itertools import product

import pytest

from bot.intake.command_access import Allowed, Refused, authorise
from bot.intake.command_registry import COMMANDS, spec_of
from bot.model.environment import Environment, People
from bot.model.repository import PERMISSION_ORDER, Permission

OPEN = Environment("staging", "staging")
NAMED = Environment("production", "production", promoters=People(("ann",), ("platform-leads",)))

# command: the least permission of a stranger to the pull request, and of its author
LEAST: dict[str, tuple[Permission, Permission]] = {
    "promote": ("write", "write"),
    "status": ("read", "read"),
    "diff": ("read", "read"),
    **dict.fromkeys(("check", "assign-approvers"), ("write", "read")),
    "help": ("read", "read"),
    **dict.fromkeys(("why", "approve", "override"), ("read", "read")),
    **dict.fromkeys(("lock", "unlock", "freeze", "unfreeze", "hold", "resume", "rollback"), ("write", "write")),
}


def test_the_table_knows_every_command() -> None:
    assert set(LEAST) == {spec.name for spec in COMMANDS}


@pytest.mark.parametrize(("name", "permission", "is_author"), [*product(LEAST, PERMISSION_ORDER, (False, True))])
def test_by_repository_permission(name: str, permission: Permission, is_author: bool) -> None:
    least = LEAST[name][is_author]
    expected = PERMISSION_ORDER.index(permission) >= PERMISSION_ORDER.index(least)
    for environment in (None, OPEN):
        verdict = authorise(
            spec_of(name), environment=environment, permission=permission, is_named=False, is_author=is_author
        )
        assert isinstance(verdict, Allowed) is expected


@pytest.mark.parametrize(("permission", "is_named"), [*product(PERMISSION_ORDER, (False, True))])
@pytest.mark.parametrize("name", ["promote", "rollback"])
def test_where_promoters_are_named_only_they_change_it(name: str, permission: Permission, is_named: bool) -> None:
    verdict = authorise(spec_of(name), environment=NAMED, permission=permission, is_named=is_named)
    expected = is_named and permission in ("write", "maintain", "admin")
    assert isinstance(verdict, Allowed) is expected


@pytest.mark.parametrize("name", [name for name in LEAST if name not in ("promote", "rollback")])
def test_promoters_decide_nothing_else(name: str) -> None:
    verdict = authorise(spec_of(name), environment=NAMED, permission="write", is_named=False)
    assert verdict == Allowed()


@pytest.mark.parametrize("environment", [None, OPEN])
def test_to_be_a_promoter_elsewhere_is_worth_nothing(environment: Environment | None) -> None:
    verdict = authorise(spec_of("promote"), environment=environment, permission="read", is_named=True)
    assert isinstance(verdict, Refused)


@pytest.mark.parametrize(
    ("name", "environment", "permission", "is_named", "words"),
    [
        (
            "promote",
            NAMED,
            "admin",
            False,
            Refused(
                "write permission, and to be one of those who may promote to production: @ann, team platform-leads",
                "admin permission; you are not among them",
                "ask one of them to comment `/promote production`",
            ),
        ),
        (
            "promote",
            NAMED,
            "read",
            True,
            Refused(
                "write permission, and to be one of those who may promote to production: @ann, team platform-leads",
                "read permission; you are among them",
                "ask an administrator for write permission, or ask one of them to comment `/promote production`",
            ),
        ),
        (
            "promote",
            OPEN,
            "triage",
            False,
            Refused(
                "write permission on this repository",
                "triage permission",
                "ask somebody with write permission to comment `/promote staging`, or an administrator for access",
            ),
        ),
        (
            "check",
            None,
            "none",
            False,
            Refused(
                "write permission on this repository, or to be the author of this pull request",
                "no permission on this repository",
                "ask somebody with write permission to comment `/check`, or an administrator for access",
            ),
        ),
        (
            "status",
            None,
            "none",
            False,
            Refused(
                "read permission on this repository",
                "no permission on this repository",
                "ask somebody with read permission to comment `/status`, or an administrator for access",
            ),
        ),
    ],
)
def test_the_words_of_a_refusal(
    name: str, environment: Environment | None, permission: Permission, is_named: bool, words: Refused
) -> None:
    assert authorise(spec_of(name), environment=environment, permission=permission, is_named=is_named) == words
