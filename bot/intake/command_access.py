"""May this person use this command here?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.intake.commands import CommandSpec
from bot.model.environment import Environment
from bot.model.repository import PERMISSION_ORDER, Permission
from bot.promotion.gates import people_names


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What is required, what the person has, and what they can do next."""

    required: str
    has: str
    next: str


def authorise(
    spec: CommandSpec,
    *,
    environment: Environment | None,
    permission: Permission,
    is_promoter: bool,
    is_author: bool = False,
) -> Allowed | Refused:
    """Decide by repository permission, or by the environment's promoters where it names some.

    Administrators are no exception: who may promote is written down where everyone can read it.
    """
    has = f"{permission} permission" if permission != "none" else "no permission on this repository"
    if spec.promotes and environment is not None and environment.promoters:
        if is_promoter:
            return Allowed()
        who = people_names(environment.promoters)
        return Refused(
            f"to be one of {who}, who may promote to {environment.name}",
            f"{has}, but you are not one of them",
            f"ask one of them to comment `/{spec.name} {environment.name}`",
        )
    if is_author and spec.author_may and permission != "none":
        return Allowed()
    if PERMISSION_ORDER.index(permission) >= PERMISSION_ORDER.index(spec.permission):
        return Allowed()
    author = ", or to be the author of this pull request" if spec.author_may else ""
    return Refused(
        f"{spec.permission} permission on this repository{author}",
        has,
        "ask somebody with that permission, or an administrator for access",
    )
