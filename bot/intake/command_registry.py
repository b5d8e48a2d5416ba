"""Which commands are there, what do they take, what do they do, and who may use them?

This registry drives the parser, the answer to `/help` and docs/commands.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.repository import Permission

ALIAS = "lockkeeper"  # `/lockkeeper promote staging`, where other bots listen to the same words

Argument = Literal["environment", "sha"]
_USAGE: dict[Argument, str] = {"environment": "[environment]", "sha": "[--sha SHA]"}


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: how it is written, what it does, and who may use it.

    All arguments are optional: "environment" is the name of one, "sha" the option `--sha` with 7 to 40
    hexadecimal digits. `permission` is the least repository permission; `author_may` lets the pull request's
    author use the command with less; `promotes` says that an environment's `promoters` have to agree, where it
    names some. `since` is the version that has it first.
    """

    name: str
    summary: str
    who: str
    example: str
    permission: Permission
    arguments: tuple[Argument, ...] = ()
    author_may: bool = False
    promotes: bool = False
    since: str = "0.1.0"

    @property
    def usage(self) -> str:
        """The command with its arguments, as one writes it."""
        return " ".join((f"/{self.name}", *(_USAGE[one] for one in self.arguments)))

    def takes(self, argument: Argument) -> bool:
        """Say whether the command has this argument."""
        return argument in self.arguments


COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "promote",
        "Opens or moves on the promotion into an environment; without a name, the one after the environment this "
        "pull request goes into. `--sha` pins it to that commit of the source branch. On a pull request that is "
        "not merged yet it is remembered, and happens with the merge.",
        "write permission; where the environment names promoters, only they",
        "/promote staging",
        "write",
        arguments=("environment", "sha"),
        promotes=True,
    ),
    CommandSpec(
        "status",
        "Shows where every environment stands, and which gate waits for whom.",
        "read permission",
        "/status",
        "read",
    ),
    CommandSpec(
        "diff",
        "Shows what this pull request changes in the rendered manifests of one environment, or of all.",
        "read permission",
        "/diff production",
        "read",
        arguments=("environment",),
    ),
    CommandSpec(
        "check",
        "Renders and checks this pull request again.",
        "write permission, or being the author of the pull request",
        "/check",
        "write",
        author_may=True,
    ),
    CommandSpec(
        "help",
        "Lists the commands, and the environments as they are configured.",
        "read permission",
        "/help",
        "read",
    ),
)

# Names kept for later versions: on their own they stay unanswered, after the alias we say so.
PLANNED = ("why", "rollback", "lock", "unlock", "freeze", "unfreeze", "hold", "resume", "approve", "override")

_SPECS = {spec.name: spec for spec in COMMANDS}
NAMES: tuple[str, ...] = tuple(_SPECS)


def spec_of(name: str) -> CommandSpec:
    """Return the registry's entry; KeyError for a name that is not in it."""
    return _SPECS[name]
