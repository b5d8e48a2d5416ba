"""Which commands are there, what do they take, what do they do, and who may use them?

This registry drives the parser, the answer to `/help` and docs/commands.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.repository import Permission

ALIAS = "lockkeeper"  # `/lockkeeper promote staging`, where other bots listen to the same words

Argument = Literal["environment", "environments", "sha", "gate", "to", "reason"]
Named = Literal["", "promoters", "approvers", "overriders"]
_USAGE: dict[Argument, str] = {
    "environment": "environment",
    "environments": "environments",
    "sha": "--sha SHA",
    "gate": "gate",
    "to": "to REF or #PR",
    "reason": "reason",
}


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: how it is written, what it does, and who may use it.

    "environment" is the name of one, "environments" of any number; "sha" the option `--sha` with 7 to 40 hexadecimal
    digits, "gate" a gate's name, "to" the word `to` with a ref or the number of a pull request, "reason" what is left
    of the line. Arguments are optional but for those `required`. `permission` is the least repository permission;
    `author_may` lets the pull request's author use the command with less; `named` are the people of an environment who
    have to agree, where it names some. `shared` says that other bots listen to the same word: then it is ours only
    where it makes sense for us. `since` is the version that has it first.
    """

    name: str
    summary: str
    who: str
    example: str
    permission: Permission
    arguments: tuple[Argument, ...] = ()
    required: tuple[Argument, ...] = ()
    author_may: bool = False
    named: Named = ""
    shared: bool = False
    since: str = "0.1.0"

    @property
    def usage(self) -> str:
        """The command with its arguments, as one writes it; those in brackets may be left out."""
        written = (
            f"<{_USAGE[one]}>" if one in self.required and one != "sha" else f"[{_USAGE[one]}]"
            for one in self.arguments
        )
        return " ".join((f"/{self.name}", *written))

    def takes(self, argument: Argument) -> bool:
        """Say whether the command has this argument."""
        return argument in self.arguments


COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "promote",
        "Opens or moves on the promotion into an environment; without a name, the one after the environment this "
        "pull request goes into. `--sha` pins it to that commit of the source branch. On a pull request that is "
        "not merged yet it is remembered, and happens with the merge. What is proposed already stays as it is: who "
        "asked first did.",
        "write permission; where the environment names promoters, only they",
        "/promote staging",
        "write",
        arguments=("environment", "sha"),
        named="promoters",
    ),
    CommandSpec(
        "status",
        "Shows where every environment stands, which gate waits for whom, and what is locked, frozen or on hold.",
        "read permission",
        "/status",
        "read",
    ),
    CommandSpec(
        "why",
        "Shows every gate on the way into an environment: what it says, who can move it, the next step, when it is "
        "looked at again, and which rule of the configuration asks for it.",
        "read permission",
        "/why production",
        "read",
        arguments=("environment",),
    ),
    CommandSpec(
        "diff",
        "Shows what this pull request changes in the rendered manifests of one environment, or of all. Once it is "
        "merged: what the promotion into an environment would change there.",
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
        "approve",
        "Approves the promotion into an environment, as a review of its pull request does; on that pull request the "
        "name may be left out. The approval is for the commit that you have seen: when it has moved on, you are asked "
        "for `--sha`.",
        "the environment's approvers; neither who asked for the promotion nor who wrote all of it",
        "/approve staging",
        "read",
        arguments=("environment", "sha"),
        shared=True,
    ),
    CommandSpec(
        "override",
        "Opens a gate of one promotion commit, where the configuration allows it. Who and why is told on the pull "
        "request, in the merge commit where Lockkeeper merges, in the log, and in the line of all records.",
        "those named in the environment's `gates.override`",
        "/override soak production the fix cannot wait",
        "read",
        arguments=("gate", "environment", "sha", "reason"),
        required=("gate", "reason"),
        shared=True,
    ),
    CommandSpec(
        "lock",
        "Locks an environment: nothing is promoted into it until it is unlocked. There is one lock of each; whoever "
        "comes second is told who holds it, since when and why.",
        "write permission",
        "/lock production load test until noon",
        "write",
        arguments=("environment", "reason"),
        required=("environment",),
        shared=True,
    ),
    CommandSpec(
        "unlock",
        "Takes the lock of an environment away.",
        "whoever locked it, with write permission; for somebody else's lock, maintain permission",
        "/unlock production",
        "write",
        arguments=("environment",),
        required=("environment",),
        shared=True,
    ),
    CommandSpec(
        "freeze",
        "Freezes all environments, or those named: no promotion into them merges until they are unfrozen.",
        "write permission",
        "/freeze staging production stocktaking",
        "write",
        arguments=("environments", "reason"),
    ),
    CommandSpec(
        "unfreeze",
        "Ends the freeze of all environments, or of those named. What freezes by a date in the configuration stays.",
        "whoever froze it, with write permission; for somebody else's freeze, maintain permission",
        "/unfreeze",
        "write",
        arguments=("environments",),
    ),
    CommandSpec(
        "hold",
        "Holds this promotion pull request, or all promotions into an environment: it is kept up to date, but its gate "
        "`lock` stays shut until it is resumed.",
        "write permission",
        "/hold production waiting for the data team",
        "write",
        arguments=("environment", "reason"),
        shared=True,
    ),
    CommandSpec(
        "resume",
        "Ends the hold of this promotion pull request, or of an environment.",
        "write permission",
        "/resume production",
        "write",
        arguments=("environment",),
        shared=True,
    ),
    CommandSpec(
        "rollback",
        "Brings an environment back to what it held before its newest promotion, or at a promotion, commit or tag that "
        "you name: by a pull request with the same gates, or by a new tag. Promotions into it are on hold then, until "
        "`/resume` or `/promote`.",
        "write permission; where the environment names promoters, only they",
        "/rollback production to #12",
        "write",
        arguments=("environment", "to", "reason"),
        required=("environment",),
        named="promoters",
        shared=True,
    ),
    CommandSpec(
        "assign-approvers",
        "Asks for the reviews that this pull request needs and that nobody is asked for yet, and assigns whom the "
        "configuration names; also those who could not be asked before.",
        "write permission, or the author of the pull request",
        "/assign-approvers",
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
PLANNED: tuple[str, ...] = ()

_SPECS = {spec.name: spec for spec in COMMANDS}
NAMES: tuple[str, ...] = tuple(_SPECS)


def spec_of(name: str) -> CommandSpec:
    """Return the registry's entry; KeyError for a name that is not in it."""
    return _SPECS[name]
