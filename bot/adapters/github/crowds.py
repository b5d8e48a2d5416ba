"""Which repositories have more pull requests than one list holds, and what will a job want to know of them?

Pull requests are never fewer than they were, so a crowd stays one; that much is remembered from job to job. What is
foreseen is only what to ask: the answers are read afresh by every job.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a look will ask about: pull requests by (head, base) branch, and those merged into `sources`."""

    ways: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()


class Crowds:
    """The crowds that one process has met, and what was foreseen of each last."""

    def __init__(self) -> None:
        self._met: dict[Repository, Foreseen] = {}

    def __contains__(self, repository: Repository) -> bool:
        return repository in self._met

    def foreseen(self, repository: Repository) -> Foreseen:
        return self._met.get(repository, Foreseen())

    def meet(self, repository: Repository) -> None:
        """Take a repository for a crowd from now on."""
        self._met.setdefault(repository, Foreseen())

    def foresee(self, repository: Repository, wanted: Foreseen) -> None:
        """Remember of a crowd what to ask about at once next time."""
        self._met[repository] = wanted
