"""What does a flow work with?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.checks.remote import NOTHING, Remotes
from bot.errors import UserError
from bot.flows.workbench import NO_SCANNERS, Memory, PackFiles, Workbench
from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.tree import Tree
from bot.policy.gatekeeper import NO_REGO, Rego
from bot.ports import CheckedHeads, Git, GitHub, Outputs, Renderer, Scanners, Told
from bot.promotion.trailers import Seal


@dataclass(frozen=True, slots=True)
class Tools:
    """The adapters of one job, behind their ports.

    `builtin_pack` returns the files of a pack in `policies/` by name, None when there is no such pack; `mark`
    asks for another job by key; `seal` marks words as ours; `memory` is what is known of trees already; `host` is
    where repositories live; `remotes` fetches what is allowed and pinned; `trusted` says whether the engines are
    sandboxed well enough for forks. `rego` evaluates Gatekeeper's Rego; `scanners` are the operator's.
    """

    github: GitHub
    git: Git
    renderer: Renderer
    outputs: Outputs
    checked: CheckedHeads
    told: Told
    builtin_pack: PackFiles
    mark: Callable[[str], None]
    seal: Seal
    memory: Memory = field(default_factory=Memory)
    host: str = "github.com"
    remotes: Remotes = NOTHING
    trusted: bool = True
    rego: Rego = NO_REGO
    scanners: Scanners = NO_SCANNERS

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
