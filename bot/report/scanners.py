"""How does a scanner read that an environment's configuration chooses?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.environment import Blocks


@dataclass(frozen=True, slots=True)
class ScannerUse:
    """A scanner that is chosen for an environment, and whether it is enabled on this machine."""

    name: str
    blocks: Blocks
    enabled: bool

    @property
    def words(self) -> str:
        worth = "only warns" if self.blocks == "never" else f"blocks from severity {self.blocks} on"
        return f"a scanner; {worth}{'' if self.enabled else '; not enabled here'}"


Scanning = Mapping[str, Sequence[ScannerUse]]  # by environment
NOTHING_SCANNED: Scanning = {}
