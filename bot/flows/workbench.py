"""What does rendering and judging work with, at the desk as on GitHub?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.checks.remote import NOTHING, NotFetched, RemoteChart, Remotes
from bot.flows.surveyed import Survey
from bot.model.scanner import NotScanned
from bot.model.source import Source
from bot.model.tree import Tree
from bot.policy.gatekeeper import NO_REGO, Rego
from bot.ports import Renderer, Scanners

PackFiles = Callable[[str], Mapping[str, bytes] | None]
MOST_SURVEYS = 32
MOST_MENTIONS = 200_000


@dataclass(slots=True)
class Memory:
    """What is known of trees already, from job to job; nothing in it ever becomes wrong.

    `surveys` are kept by all that decided them, `mentions` by the object id of a file.
    """

    surveys: MutableMapping[tuple[object, ...], Survey] = field(default_factory=dict)
    mentions: MutableMapping[tuple[str, str], bool] = field(default_factory=dict)

    def keep(self, key: tuple[object, ...], survey: Survey) -> Survey:
        """Remember a survey unless it may be another one later, and forget the oldest one when there are too many."""
        if any(problem.passing for one in survey.applications for problem in one.problems):
            return survey
        while len(self.surveys) >= MOST_SURVEYS:
            del self.surveys[next(iter(self.surveys))]
        self.surveys[key] = survey
        return survey

    def mentioned(self, blob: str, what: str, look: Callable[[], bool]) -> bool:
        """Say whether the file with this object id mentions something; `look` reads it where that is not known."""
        if (blob, what) not in self.mentions:
            if len(self.mentions) >= MOST_MENTIONS:
                self.mentions.clear()
            self.mentions[blob, what] = look()
        return self.mentions[blob, what]


class NoScanners:
    """Implements `bot.ports.Scanners` where none is enabled."""

    def scan(self, name: str, files: Mapping[str, bytes]) -> NotScanned:  # noqa: ARG002 - none is read
        return NotScanned(f"there is no scanner `{name}` here, so nothing was scanned", here=True)


NO_SCANNERS = NoScanners()


@dataclass(frozen=True, slots=True)
class Workbench:
    """The engines, what is remembered, and how to reach the packs and other trees.

    `builtin_pack` returns the files of a pack in `policies/` by name, None when there is none. `other_tree` opens the
    tree that a source names by repository and revision, None when it cannot be had here. `remotes` fetches what is
    allowed and pinned. `rego` evaluates Gatekeeper's Rego. `clock` tells the time to policies that ask for it;
    `scanners` are the operator's.
    """

    renderer: Renderer
    builtin_pack: PackFiles
    other_tree: Callable[[Source], Tree | None] = lambda _: None
    memory: Memory = field(default_factory=Memory)
    remotes: Remotes = NOTHING
    rego: Rego = NO_REGO
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    scanners: Scanners = NO_SCANNERS

    def tree_of(self, source: Source, here: Tree) -> Tree | None:
        """Return the tree a source is rendered from: the one at hand unless it names another, None if not to be had."""
        if "://" in source.repository:
            found = self.remotes.chart(RemoteChart.named(source.repository, source.revision))
            return None if isinstance(found, NotFetched) else found
        return self.other_tree(source) if source.repository or source.revision else here
