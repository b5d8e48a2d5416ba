"""May this person use this command here?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.intake.command_registry import CommandSpec
from bot.model.environment import Environment, People
from bot.model.repository import PERMISSION_ORDER, Permission
from bot.promotion.gates import people_names
from bot.promotion.rbac import Action

_MAY = {"promoters": "promote to", "approvers": "approve promotions to", "overriders": "override gates of"}


_ACTIONS: Mapping[str, Action] = {
    "promote": "promote",
    "approve": "approve",
    "override": "override",
    "rollback": "rollback",
    **dict.fromkeys(("lock", "unlock", "freeze", "unfreeze", "hold", "resume"), "lock"),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What is required, what the person has, and what they can do next. Plain text."""

    required: str
    has: str
    next: str


def action_of(command: str) -> Action | None:
    """Return what a command does in the words of `rbac`; None for one that changes no environment."""
    return _ACTIONS.get(command)


def named_people(spec: CommandSpec, environment: Environment | None) -> People:
    """Return the people of an environment who have to agree to a command; nobody where it names none."""
    match spec.named:
        case "promoters" if environment:
            return environment.promoters
        case "approvers" if environment:
            return environment.approvers.people
        case "overriders" if environment:
            return environment.overriders
        case _:
            return People()


def authorise(
    spec: CommandSpec,
    *,
    environment: Environment | None,
    permission: Permission,
    is_named: bool,
    is_author: bool = False,
) -> Allowed | Refused:
    """Decide by repository permission and, where an environment names people for a command, by those.

    Both have to agree. Administrators are no exception: who may promote is written down where everyone can
    read it. `is_named` says that the person is among `named_people`; it counts for nothing where there are none.
    Authors of a pull request need no more than read permission for what `author_may` allows.
    """
    least = "read" if is_author and spec.author_may else spec.permission
    enough = PERMISSION_ORDER.index(permission) >= PERMISSION_ORDER.index(least)
    has = "no permission on this repository" if permission == "none" else f"{permission} permission"
    people = named_people(spec, environment)
    if environment is not None and people and not (enough and is_named):
        listed = "you are among them" if is_named else "you are not among them"
        ask = f"ask one of them to comment `{_example(spec, environment)}`"
        mend = f"ask an administrator for {least} permission, or {ask}" if is_named else ask
        who = f"to be one of those who may {_MAY[spec.named]} {environment.name}: {people_names(people)}"
        return Refused(f"{least} permission, and {who}", f"{has}; {listed}", mend)
    if enough:
        return Allowed()
    author = ", or to be the author of this pull request" if spec.author_may and not is_author else ""
    return Refused(
        f"{least} permission on this repository{author}",
        has,
        f"ask somebody with {least} permission to comment `{_example(spec, environment)}`, or an administrator for "
        "access",
    )


def _example(spec: CommandSpec, environment: Environment | None) -> str:
    if spec.takes("gate"):
        return spec.example
    return f"/{spec.name} {environment.name}" if environment and spec.takes("environment") else f"/{spec.name}"
