"""`Remotes` for tests of the core: what may be had is written down, and what was asked for is, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.checks.remote import OFFLINE, NotFetched, RemoteBase, RemoteChart
from bot.model.address import is_allowed
from bot.model.tree import Tree
from tests.applications.trees import MemoryTree

SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = f"sha256:{'5' * 64}"


@dataclass
class Written:
    """Bases by "url@commit", charts by "repository name@version@digest"."""

    trees: Mapping[str, Mapping[str, str | bytes] | NotFetched] = field(default_factory=dict)
    allowed: tuple[str, ...] = ("https://github.com/acme", "https://charts.example.com", "oci://registry.example.com")
    asked: list[str] = field(default_factory=list)

    def allows(self, url: str) -> bool:
        return is_allowed(url, self.allowed)

    def base(self, base: RemoteBase) -> Tree | NotFetched:
        return self._found(f"{base.url}@{base.commit}")

    def chart(self, chart: RemoteChart) -> Tree | NotFetched:
        return self._found(f"{chart.repository} {chart.revision}")

    def _found(self, key: str) -> Tree | NotFetched:
        self.asked.append(key)
        found = self.trees.get(key, OFFLINE)
        return found if isinstance(found, NotFetched) else MemoryTree(found)
