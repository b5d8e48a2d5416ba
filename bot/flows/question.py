"""What is to be evaluated, between which trees, and by whose rules?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.checks.scope import CONFIGURATION
from bot.flows.environments import Reached
from bot.flows.packs import Packs
from bot.model.environment import Configuration
from bot.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Sides:
    """The trees of base and head, the paths in which they differ, and whether this is a promotion of ours."""

    base: Tree
    head: Tree
    touched: Sequence[str]
    promotion: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be evaluated, by whose rules. `repository` is "owner/name", `host` where it lives.

    `whole` asks for everything that there is, touched or not. `progress` hears how many applications of how many are
    done.
    """

    repository: str
    configuration: Configuration
    packs: Packs
    reached: Sequence[Reached]
    sides: Sides
    default_branch: str = ""
    host: str = "github.com"
    whole: bool = False
    progress: Callable[[int, int], None] = lambda _done, _all: None

    @property
    def always(self) -> tuple[str, ...]:
        """The paths whose change makes everything be looked at again."""
        packs = (pack.path for pack in self.configuration.policies if pack.path)
        return (CONFIGURATION, *packs, *self.configuration.checks.crds)
