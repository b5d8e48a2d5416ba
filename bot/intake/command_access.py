"""May this person use this command here?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.intake.command_registry import CommandSpec
from bot.model.environment import Environment
from bot.model.repository import PERMISSION_ORDER, Permission
from bot.promotion.gates import people_names


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What is required, what the person has, and what they can do next. Plain text."""

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
    """Decide by repository permission and, for a promotion, by the environment's promoters where it names some.

    Both have to agree. Administrators are no exception: who may promote is written down where everyone can
    read it. `is_promoter` says that the person is among `environment.promoters`; it counts for nothing where
    there are none. Authors of a pull request need no more than read permission for what `author_may` allows.
    """
    least = "read" if is_author and spec.author_may else spec.permission
    enough = PERMISSION_ORDER.index(permission) >= PERMISSION_ORDER.index(least)
    has = "no permission on this repository" if permission == "none" else f"{permission} permission"
    if spec.promotes and environment is not None and environment.promoters and not (enough and is_promoter):
        who = people_names(environment.promoters)
        listed = "you are among them" if is_promoter else "you are not among them"
        ask = f"ask one of them to comment `/{spec.name} {environment.name}`"
        mend = f"ask an administrator for {least} permission, or {ask}" if is_promoter else ask
        required = f"{least} permission, and to be one of those who may promote to {environment.name}: {who}"
        return Refused(required, f"{has}; {listed}", mend)
    if enough:
        return Allowed()
    author = ", or to be the author of this pull request" if spec.author_may and not is_author else ""
    example = f"/{spec.name} {environment.name}" if environment and spec.takes("environment") else f"/{spec.name}"
    return Refused(
        f"{least} permission on this repository{author}",
        has,
        f"ask somebody with {least} permission to comment `{example}`, or an administrator for access",
    )
