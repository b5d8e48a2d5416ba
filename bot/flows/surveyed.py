"""What is known of the applications of one environment at one tree, and by which rules were they looked for?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.checks.inputs import Inputs, touching
from bot.model.environment import Configuration, Environment
from bot.model.source import Application, Source
from bot.model.tree import Tree

Trigger = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a survey stands on: an environment of a repository, by whose rules, and where declarations are read."""

    repository: str  # owner/name
    environment: Environment
    configuration: Configuration
    default_branch: str = ""
    host: str = "github.com"

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the other environments."""
        return tuple(one.name for one in self.configuration.environments if one.name != self.environment.name)

    @property
    def kubernetes(self) -> str:
        """The Kubernetes minor of the environment."""
        return self.environment.kubernetes or self.configuration.checks.kubernetes

    @property
    def identity(self) -> tuple[object, ...]:
        """All that a survey depends on, but the tree."""
        rules = self.configuration.render
        return (self.repository, self.environment, self.others, self.kubernetes, rules, self.default_branch, self.host)


@dataclass(frozen=True, slots=True)
class Survey:
    """The applications of one environment at one tree.

    `reads` says what each source of this tree reads, `index` which sources a path counts for. `declaring` are the
    sources whose resources declare applications, `listed` patterns of paths that decide what they declare.
    """

    tree: Tree
    applications: tuple[Application, ...] = ()
    reads: Mapping[Source, Inputs] = field(default_factory=dict)
    index: Mapping[Trigger, frozenset[Source]] = field(default_factory=dict)
    declaring: frozenset[Source] = frozenset()
    listed: tuple[str, ...] = ()

    def touched(self, changed: Collection[str]) -> frozenset[Source]:
        """Return the sources that a change of these paths touches."""
        found = [self.index[one] for one in touching(changed) if one in self.index]
        return frozenset().union(*found)
