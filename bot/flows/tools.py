"""What does a flow work with?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.checks.remote import NOTHING, Remotes
from bot.errors import UserError
from bot.flows.workbench import NO_SCANNERS, Memory, PackFiles, Workbench
from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.tree import Tree
from bot.policy.gatekeeper import NO_REGO, Rego
from bot.ports import Agent, CheckedHeads, Git, GitHub, Notes, Outputs, Renderer, Scanners, Told
from bot.promotion.seals import Seal, bound


def _now() -> datetime:
    return datetime.now(UTC)


def _sleep_on(_: str, __: datetime | None) -> None:
    """Wake nobody: where there is no queue, there is nobody to wake."""


class NoNotes:
    """Implements `bot.ports.Notes` where nothing outlives a job."""

    def read(self, key: str) -> str:  # noqa: ARG002 - nothing is noted
        return ""

    def write(self, key: str, text: str) -> None:
        """Note nothing."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The adapters of one job, behind their ports.

    `builtin_pack` returns the files of a pack in `policies/` by name, None when there is no such pack; `mark`
    asks for another job by key; `sealer` marks words as ours; `memory` is what is known of trees already, `notes` what
    GitHub said before; `host` is where repositories live; `remotes` fetches what is allowed and pinned; `trusted` says
    whether the engines are sandboxed well enough for forks. `rego` evaluates Gatekeeper's Rego; `scanners` are the
    operator's. `agent` is the GitOps agent's API where there is one. `wake` asks for a job by key at a time, None for
    no time; `clock` tells the time.
    """

    github: GitHub
    git: Git
    renderer: Renderer
    outputs: Outputs
    checked: CheckedHeads
    told: Told
    builtin_pack: PackFiles
    mark: Callable[[str], None]
    sealer: Seal
    notes: Notes = field(default_factory=NoNotes)
    memory: Memory = field(default_factory=Memory)
    host: str = "github.com"
    remotes: Remotes = NOTHING
    trusted: bool = True
    rego: Rego = NO_REGO
    scanners: Scanners = NO_SCANNERS
    agent: Agent | None = None
    wake: Callable[[str, datetime | None], None] = _sleep_on
    clock: Callable[[], datetime] = _now

    def seal(self, repository: Repository) -> Seal:
        """Return what marks words as ours that lie in a repository: there they count, and nowhere else."""
        return bound(self.sealer, self.github.repository_id(repository))

    def workbench(self, repository: Repository) -> Workbench:
        """Return what rendering and judging one repository works with."""

        def other_tree(source: Source) -> Tree | None:
            owner, _, name = source.repository.partition("/")
            place = Repository(owner, name) if name else repository
            try:
                if name:
                    self.git.fetch(place)
                return self.git.open(place, source.revision or self.github.default_branch(place))
            except UserError:
                return None

        return Workbench(
            self.renderer,
            self.builtin_pack,
            other_tree,
            self.memory,
            self.remotes,
            rego=self.rego,
            scanners=self.scanners,
        )
