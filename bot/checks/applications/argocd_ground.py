"""Where do the files lie that a source of Argo CD names, and may they be read?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.checks.applications.place import Place
from bot.model.quoting import quoted
from bot.model.tree import Tree

_RANGE = re.compile(r"[*^~]|^[<>=!]|^v?\d+(?:\.\d+)*\.[xX]")  # constraints of github.com/Masterminds/semver


@dataclass(frozen=True, slots=True)
class Ground:
    """Files of a repository ('' is this one) at a revision ('' is the tree at hand); `tree` is None out of reach."""

    repository: str = ""
    revision: str = ""
    tree: Tree | None = None

    @property
    def at_hand(self) -> bool:
        """Whether these are the files of the tree at hand."""
        return not self.repository and not self.revision

    def same(self, other: Ground) -> bool:
        """Say whether two grounds are the same files."""
        return (self.repository, self.revision) == (other.repository, other.revision)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why files cannot be read, and what to do about it."""

    message: str
    how: str
    remote: bool = True


def ground(url: str, revision: str, place: Place) -> Ground | Refused:
    """Return the files that a repository's URL and a revision mean.

    Source: docs/user-guide/tracking_strategies.md of argoproj/argo-cd.
    """
    if url.startswith("oci://"):
        return Refused(
            f"it lies in the registry {quoted(url, 100)}, and nothing is fetched",
            "commit a copy to this repository and name its directory as `path`",
        )
    if place.is_here(url):
        if place.is_current(revision):
            return Ground(tree=place.tree)
        return _elsewhere("", revision, place)
    other = place.other(url)
    if other is None:
        return Refused(
            f"its repository {quoted(url, 100)} is neither this one nor configured",
            "list it among the repositories that may be read beside this one (`render.repositories`)",
        )
    return _elsewhere(other, revision or "HEAD", place)


def _elsewhere(repository: str, revision: str, place: Place) -> Ground | Refused:
    if _RANGE.search(revision):
        return Refused(
            f"its revision {quoted(revision)} is a range of tags, and which is newest shows on the cluster only",
            "name one tag, branch or commit as `targetRevision`",
        )
    if place.trees is None:
        return Ground(repository, revision)
    tree = place.trees(repository, revision)
    if tree is None:
        where = f" of {quoted(repository, 100)}" if repository else ""
        return Refused(
            f"its revision {quoted(revision)}{where} cannot be read",
            "name a branch, tag or commit that exists as `targetRevision`",
        )
    return Ground(repository, revision, tree)
